//! What the draw promises, tried on many lists.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::file;
use super::lots::{Class, List, Outcome, Person, Wish, draw};

fn class(id: i64, places: usize, newcomers: usize, course: i64, day: i32, from: i32) -> Class {
    Class {
        id, places, newcomers, course, hours: (day, from, from + 90), name: format!("{id} 班")
    }
}

fn person(nth: usize, most: usize, lots: u32, wishes: &[i64]) -> Person {
    let wish = |class: &i64| Wish { class: *class, lots, newcomer: false, own: false };
    let wishes = wishes.iter().map(wish).collect();
    Person { number: format!("{nth:04}"), most, lost: 0, wishes }
}

fn list(classes: Vec<Class>, people: Vec<Person>) -> List {
    List { term: "春季班".to_owned(), source: "排列5".to_owned(), classes, people }
}

/// Lists of up to 6 classes and 25 people, full of shortages, clashes and newcomers.
fn lists() -> impl Strategy<Value = List> {
    let classes =
        prop::collection::vec((0_usize..6, 0_usize..4, 1_i64..5, 1_i32..3, 0_i32..3), 1..7);
    let wish = (any::<prop::sample::Index>(), 1_u32..7, any::<bool>(), any::<bool>());
    let wishes = prop::collection::vec(wish, 0..5);
    let people = prop::collection::vec((0_usize..4, 0_u32..4, wishes), 0..26);
    (classes, people).prop_map(|(classes, people)| {
        let classes: Vec<Class> = classes
            .into_iter()
            .zip(1..)
            .map(|((places, new, course, day, slot), id)| {
                class(id, places, new.min(places), course, day, 480 + slot * 60)
            })
            .collect();
        let people = people.into_iter().zip(1..).map(|((most, lost, wishes), nth)| {
            let mut of_class = BTreeMap::new();
            let mut kept = Vec::new();
            for (index, lots, newcomer, own) in wishes {
                let class = index.get(&classes).id;
                if of_class.insert(class, ()).is_none() {
                    kept.push(Wish { class, lots, newcomer, own });
                }
            }
            Person { number: format!("{nth:04}"), most, lost, wishes: kept }
        });
        let people = people.collect();
        list(classes, people)
    })
}

fn won<'a>(list: &'a List, outcome: &Outcome, number: &str) -> Vec<&'a Class> {
    let inside = |class: &&Class| outcome.classes[&class.id].placed.iter().any(|one| one == number);
    list.classes.iter().filter(inside).collect()
}

fn clash(one: &Class, other: &Class) -> bool {
    let ((day, from, to), (other_day, other_from, other_to)) = (one.hours, other.hours);
    one.course == other.course || (day == other_day && from < other_to && other_from < to)
}

fn newcomer(list: &List, number: &str, class: i64) -> bool {
    let person = list.people.iter().find(|person| person.number == number);
    person
        .is_some_and(|person| person.wishes.iter().any(|wish| wish.class == class && wish.newcomer))
}

proptest! {
    #[test]
    fn the_order_of_the_lines_does_not_matter(list in lists(), seed in "[0-9]{5}", turn in 0_usize..25) {
        let mut other = list.clone();
        other.classes.reverse();
        let middle = turn.min(other.people.len());
        other.people.rotate_left(middle);
        prop_assert_eq!(draw(&list, &seed), draw(&other, &seed));
        prop_assert_eq!(file::print(&list), file::print(&other));
    }

    #[test]
    fn nobody_gets_more_than_allowed_and_no_class_is_over_full(list in lists(), seed in "[0-9]{5}") {
        let outcome = draw(&list, &seed);
        for class in &list.classes {
            let drawn = &outcome.classes[&class.id];
            prop_assert!(drawn.placed.len() <= class.places);
            let wished = list.people.iter().filter(|person| person.wishes.iter().any(|wish| wish.class == class.id));
            prop_assert_eq!(drawn.order.len(), wished.count());
            prop_assert!(drawn.waiting.iter().all(|number| !drawn.placed.contains(number)));
        }
        for person in &list.people {
            let won = won(&list, &outcome, &person.number);
            let waits = outcome.classes.values().filter(|drawn| drawn.waiting.contains(&person.number)).count();
            prop_assert!(won.len() + waits <= person.most);
            for (index, class) in won.iter().enumerate() {
                prop_assert!(person.wishes.iter().any(|wish| wish.class == class.id));
                prop_assert!(won[..index].iter().all(|other| !clash(class, other)));
            }
            prop_assert_eq!(outcome.lost.contains(&person.number), won.is_empty());
        }
    }

    /// With one class each: who is not in a class they like better finds it full of people
    /// before them in its order, or of newcomers whose places are kept.
    #[test]
    fn nobody_is_left_out_for_somebody_behind_them(mut list in lists(), seed in "[0-9]{5}") {
        for person in &mut list.people {
            person.most = 1;
        }
        let outcome = draw(&list, &seed);
        for person in &list.people {
            let got = won(&list, &outcome, &person.number).first().map(|class| class.id);
            for wish in person.wishes.iter().take_while(|wish| Some(wish.class) != got) {
                let class = list.classes.iter().find(|class| class.id == wish.class).expect("listed");
                let drawn = &outcome.classes[&class.id];
                prop_assert_eq!(drawn.placed.len(), class.places, "a better class stayed empty");
                let at = |number: &String| drawn.order.iter().position(|one| one == number);
                let behind: Vec<_> = drawn.placed.iter().filter(|one| at(one) > at(&person.number)).collect();
                let new = drawn.placed.iter().filter(|one| newcomer(&list, one, class.id)).count();
                let protected = |one: &&String| newcomer(&list, one, class.id) && new <= class.newcomers && !wish.newcomer;
                prop_assert!(behind.iter().all(protected), "{:?} before {}", behind, person.number);
            }
        }
    }

    /// With one class each, no other order of the same wishes brings anything better.
    #[test]
    fn the_truth_is_the_best_answer(mut list in lists(), seed in "[0-9]{5}", who in any::<prop::sample::Index>(), turn in 1_usize..4, back in any::<bool>()) {
        for person in &mut list.people {
            person.most = 1;
        }
        prop_assume!(!list.people.is_empty());
        let who = who.index(list.people.len());
        let truth = list.people[who].clone();
        let rank = |outcome: &Outcome| {
            let got = won(&list, outcome, &truth.number).first().map(|class| class.id);
            truth.wishes.iter().position(|wish| Some(wish.class) == got).unwrap_or(usize::MAX)
        };
        let honest = rank(&draw(&list, &seed));
        let mut lying = list.clone();
        let wishes = &mut lying.people[who].wishes;
        if back {
            wishes.reverse();
        } else {
            let turn = turn.min(wishes.len());
            wishes.rotate_left(turn);
        }
        prop_assert!(honest <= rank(&draw(&lying, &seed)));
    }

    #[test]
    fn a_printed_list_reads_back_the_same(list in lists(), seed in "[0-9]{5}") {
        let text = file::print(&list);
        prop_assert_eq!(file::read(&text), Ok(list.clone()));
        let outcome = draw(&list, &seed);
        let result = file::print_result(&text, &seed, &outcome);
        prop_assert_eq!(file::read_outcome(&result), outcome);
        let verdict = file::verify(&result).expect("readable");
        prop_assert!(verdict.agrees);
        prop_assert_eq!(verdict.list_hash, file::hash(&text));
        prop_assert_eq!(verdict.seed, seed);
    }
}

/// How often, of 3000 seeds, the first number is in the class.
fn wins(list: &List) -> usize {
    (0..3000)
        .filter(|seed| {
            draw(list, &seed.to_string()).classes[&1].placed.contains(&"0001".to_owned())
        })
        .count()
}

#[test]
fn three_lots_are_three_times_the_chance_of_one() {
    let one = |lots| {
        let people = vec![person(1, 1, lots, &[1]), person(2, 1, 1, &[1])];
        wins(&list(vec![class(1, 1, 0, 1, 1, 540)], people))
    };
    // Four standard deviations of 3000 draws are 110.
    assert!((1390..=1610).contains(&one(1)), "{}", one(1));
    assert!((2140..=2360).contains(&one(3)), "{}", one(3));
    let mut crowd: Vec<Person> = (1..=9).map(|nth| person(nth, 1, 1, &[1])).collect();
    crowd[0].wishes[0].lots = 2;
    let wins = wins(&list(vec![class(1, 1, 0, 1, 1, 540)], crowd));
    assert!((510..=690).contains(&wins), "2 of 10 lots: {wins}");
}

#[test]
fn places_for_newcomers_are_kept_and_go_to_the_others_where_none_comes() {
    let mut people: Vec<Person> = (1..=20).map(|nth| person(nth, 1, 1, &[1])).collect();
    for newcomer in &mut people[..4] {
        newcomer.wishes[0].newcomer = true;
    }
    let with_newcomers = list(vec![class(1, 10, 3, 1, 1, 540)], people.clone());
    for seed in 0..200 {
        let placed = draw(&with_newcomers, &seed.to_string()).classes[&1].placed.clone();
        let new = placed.iter().filter(|number| newcomer(&with_newcomers, number, 1)).count();
        assert!(new >= 3 && placed.len() == 10, "{new} of {}", placed.len());
    }
    let others = list(vec![class(1, 10, 3, 1, 1, 540)], people[4..].to_vec());
    assert_eq!(draw(&others, "1").classes[&1].placed.len(), 10);
}

#[test]
fn everybody_gets_one_class_before_anybody_gets_two() {
    let classes = vec![class(1, 2, 0, 1, 1, 540), class(2, 2, 0, 2, 2, 540)];
    let people = (1..=4).map(|nth| person(nth, 2, 1, &[1, 2])).collect();
    let list = list(classes, people);
    for seed in 0..50 {
        assert_eq!(draw(&list, &seed.to_string()).lost, Vec::<String>::new());
    }
}

#[test]
fn who_is_left_out_waits_in_the_order_that_was_drawn() {
    let people: Vec<Person> = (1..=5).map(|nth| person(nth, 2, 1, &[1])).collect();
    let drawn = draw(&list(vec![class(1, 2, 0, 1, 1, 540)], people), "12345").classes[&1].clone();
    assert_eq!([drawn.placed, drawn.waiting].concat(), drawn.order);
}

#[test]
fn an_altered_result_is_found_out() {
    let people = (1..=3).map(|nth| person(nth, 1, 1, &[1])).collect();
    let list = list(vec![class(1, 1, 0, 1, 1, 540)], people);
    let text = file::print(&list);
    let result = file::print_result(&text, "12345", &draw(&list, "12345"));
    assert!(file::verify(&result).expect("readable").agrees);
    assert!(!file::verify(&result.replace("种子 12345", "种子 12346")).expect("readable").agrees);
    let altered =
        result.replace("号 0003 最多 1 落选 0 志愿 1*1", "号 0003 最多 1 落选 0 志愿 1*9");
    let verdict = file::verify(&altered).expect("readable");
    assert_ne!(verdict.list_hash, file::hash(&text), "the list is another one");
    assert!(file::verify(&text).is_err(), "a list alone is no result");
    assert_eq!(
        file::verify(&result.replace("班 1 名额", "班 1 位子")),
        Err("班 1 位子 1 新学员 0 课程 1 时间 1 540 630 名称 1 班".to_owned())
    );
}
