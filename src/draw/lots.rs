//! The draw itself: a pure function of list and seed, in whole numbers alone, so
//! that any language repeats it. The rules in plain words: RULES.zh.txt.
//!
//! Each class gets an order by lots; then everybody knocks at the doors of their
//! wishes (deferred acceptance), for one class in each round. The outcome is the one
//! in which nobody is left out of a class that kept somebody behind them, and does
//! not depend on who knocks first.

use std::collections::{BTreeMap, VecDeque};

use sha2::{Digest, Sha256};

/// A class with so many places to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    pub id: i64,
    pub places: usize,
    /// Of these, kept for people who are new to the course, if so many come.
    pub newcomers: usize,
    /// One person gets one class of a course.
    pub course: i64,
    /// ISO, 1 = Monday; from and to in minutes after midnight.
    pub hours: (i32, i32, i32),
    pub name: String,
}

/// Somebody under a number that says nothing about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub number: String,
    /// How many classes they can get at most.
    pub most: usize,
    /// Draws in which they got nothing, since the last one in which they did.
    pub lost: u32,
    /// The dearest first.
    pub wishes: Vec<Wish>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub class: i64,
    /// How many lots they have in the urn of this class.
    pub lots: u32,
    pub newcomer: bool,
    /// The class is held in their own community.
    pub own: bool,
}

/// All that is published before the seed is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    pub term: String,
    /// Where the seed will come from.
    pub source: String,
    pub classes: Vec<Class>,
    pub people: Vec<Person>,
}

/// What came of one class. All numbers in the order that was drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    pub order: Vec<String>,
    pub placed: Vec<String>,
    pub waiting: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub classes: BTreeMap<i64, Drawn>,
    /// Who got nothing, by number.
    pub lost: Vec<String>,
}

/// Draws. The order of the lines of the list does not matter.
pub fn draw(list: &List, seed: &str) -> Outcome {
    let mut people: Vec<&Person> = list.people.iter().collect();
    people.sort_by(|one, other| one.number.cmp(&other.number));
    let mut doors: BTreeMap<i64, Door<'_>> =
        list.classes.iter().map(|class| (class.id, Door::new(class, &people, seed))).collect();
    let mut won: Vec<Vec<&Class>> = vec![Vec::new(); people.len()];
    let rounds = people.iter().map(|person| person.most).max().unwrap_or(0);
    for _ in 0..rounds {
        round(&people, &mut doors, &mut won);
    }
    for (index, person) in people.iter().enumerate() {
        for class in waits(person, &won[index], &doors) {
            if let Some(door) = doors.get_mut(&class) {
                door.waiting.push(index);
            }
        }
    }
    let lost = people.iter().zip(&won).filter(|(_, won)| won.is_empty());
    Outcome {
        lost: lost.map(|(person, _)| person.number.clone()).collect(),
        classes: doors.into_iter().map(|(id, door)| (id, door.drawn(&people))).collect(),
    }
}

/// One class while the draw goes on. People are indexes by number.
struct Door<'a> {
    class: &'a Class,
    /// Place in the order, from 0, and whether they are new to the course.
    order: BTreeMap<usize, (usize, bool)>,
    /// Who is in from the rounds before.
    placed: Vec<usize>,
    /// Who is in for now, by their place in the order.
    held: Vec<usize>,
    waiting: Vec<usize>,
}

impl<'a> Door<'a> {
    fn new(class: &'a Class, people: &[&Person], seed: &str) -> Self {
        let mut urn = Vec::new();
        for (index, person) in people.iter().enumerate() {
            if let Some(wish) = person.wishes.iter().find(|wish| wish.class == class.id) {
                urn.push((index, wish));
            }
        }
        let lots: Vec<u32> = urn.iter().map(|(_, wish)| wish.lots).collect();
        let order = order(&lots, seed, class.id);
        let order =
            order.into_iter().enumerate().map(|(at, nth)| (urn[nth].0, (at, urn[nth].1.newcomer)));
        let order = order.collect();
        Self { class, order, placed: Vec::new(), held: Vec::new(), waiting: Vec::new() }
    }

    fn is_new(&self, who: usize) -> bool {
        self.order.get(&who).is_some_and(|(_, newcomer)| *newcomer)
    }

    fn sort(&self, people: &mut [usize]) {
        people.sort_by_key(|who| self.order.get(who).map(|(at, _)| *at));
    }

    /// Somebody knocks. Comes back with whoever has to go, if the class is over full.
    fn knock(&mut self, who: usize) -> Option<usize> {
        let mut held = std::mem::take(&mut self.held);
        held.push(who);
        self.sort(&mut held);
        let free = self.class.places.saturating_sub(self.placed.len());
        let mut goes = None;
        if held.len() > free {
            let inside = self.placed.iter().filter(|who| self.is_new(**who)).count();
            let kept = self.class.newcomers.saturating_sub(inside).min(free);
            let new = held.iter().filter(|who| self.is_new(**who)).count();
            let mut last = held.len() - 1;
            if new <= kept {
                // The newcomers in here are all protected: the last of the others goes.
                last = held.iter().rposition(|who| !self.is_new(*who)).unwrap_or(last);
            }
            goes = Some(held.remove(last));
        }
        self.held = held;
        goes
    }

    fn drawn(self, people: &[&Person]) -> Drawn {
        let numbers = |mut who: Vec<usize>| {
            self.sort(&mut who);
            who.into_iter().map(|index| people[index].number.clone()).collect()
        };
        Drawn {
            order: numbers(self.order.keys().copied().collect()),
            placed: numbers(self.placed.clone()),
            waiting: numbers(self.waiting.clone()),
        }
    }
}

/// The order in which lots come out of the urn: of those that are left, the one that
/// `SHA-256("seed|class|draw") mod lots` falls on. Who came out takes all their lots along.
fn order(lots: &[u32], seed: &str, class: i64) -> Vec<usize> {
    let mut left: Vec<usize> = (0..lots.len()).collect();
    let mut all: u64 = lots.iter().map(|lots| u64::from(*lots)).sum();
    let mut order = Vec::with_capacity(lots.len());
    while all > 0 {
        let digest = Sha256::digest(format!("{seed}|{class}|{}", order.len() + 1));
        // The digest as one number, the first byte the highest.
        let mut hit = digest.iter().fold(0, |rest, byte| {
            ((u128::from(rest) * 256 + u128::from(*byte)) % u128::from(all)) as u64
        });
        let Some(at) = left.iter().position(|index| {
            let mine = u64::from(lots[*index]);
            let is_it = hit < mine;
            hit = hit.saturating_sub(mine);
            is_it
        }) else {
            break;
        };
        let who = left.remove(at);
        all -= u64::from(lots[who]);
        order.push(who);
    }
    order
}

/// Everybody who may get one more class knocks until nobody has to go on.
fn round<'a>(people: &[&Person], doors: &mut BTreeMap<i64, Door<'a>>, won: &mut [Vec<&'a Class>]) {
    let mut next = vec![0; people.len()];
    let mut outside: VecDeque<usize> =
        (0..people.len()).filter(|who| won[*who].len() < people[*who].most).collect();
    while let Some(who) = outside.pop_front() {
        while let Some(wish) = people[who].wishes.get(next[who]) {
            next[who] += 1;
            let Some(door) = doors.get_mut(&wish.class) else { continue };
            if !fits(door.class, &won[who]) {
                continue;
            }
            outside.extend(door.knock(who).filter(|goes| *goes != who));
            if door.held.contains(&who) {
                break;
            }
        }
    }
    for door in doors.values_mut() {
        for who in std::mem::take(&mut door.held) {
            door.placed.push(who);
            won[who].push(door.class);
        }
    }
}

/// Whether a class goes together with others: another course, another hour.
fn fits(class: &Class, others: &[&Class]) -> bool {
    others.iter().all(|other| {
        let ((day, from, to), (other_day, other_from, other_to)) = (class.hours, other.hours);
        class.id != other.id
            && class.course != other.course
            && (day != other_day || to <= other_from || other_to <= from)
    })
}

/// The classes whose lists somebody is on: their wishes in order, as many as they
/// could still get.
fn waits(person: &Person, won: &[&Class], doors: &BTreeMap<i64, Door<'_>>) -> Vec<i64> {
    let mut taken = won.to_vec();
    let mut waits = Vec::new();
    for wish in &person.wishes {
        let Some(door) = doors.get(&wish.class) else { continue };
        if taken.len() < person.most && fits(door.class, &taken) {
            taken.push(door.class);
            waits.push(wish.class);
        }
    }
    waits
}
