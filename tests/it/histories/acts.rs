//! What people, staff and jobs do in a history.

use std::sync::Mutex;

use chrono::TimeDelta;
use entity::ids::{ClassId, EnrolmentId, ResidentId};
use entity::kinds::{ActorKind, DelegatedScope, DelegationWay, EnrolmentStatus, Kinship};
use entity::{class, enrolment, enrolment_change};
use fastrand::Rng;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};
use shangxue::app::App;
use shangxue::courses::{self, ClassChange, Offer};
use shangxue::enrolment::{
    Actor, Outcome, SignUpOptions, accept, change_class, decline, sign_up, withdraw,
    withdraw_at_counter,
};
use shangxue::error::Result;
use shangxue::family::{self, Entry, Terms};
use shangxue::worker;

use super::world::World;
use super::{Guard, PEOPLE, Played};

/// One thing that somebody does.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    SignUp {
        who: usize,
        class: usize,
        wait: bool,
        key: Option<u8>,
    },
    /// The next one signs up for this one, if they may.
    ByFamily {
        who: usize,
        class: usize,
    },
    /// Staff enter, or the person ends, that the next one acts for this one.
    Family {
        who: usize,
        begin: bool,
    },
    AtCounter {
        who: usize,
        class: usize,
    },
    Withdraw {
        who: usize,
        class: usize,
        by_staff: bool,
    },
    Change {
        who: usize,
        from: usize,
        to: usize,
    },
    Accept {
        who: usize,
        class: usize,
    },
    Decline {
        who: usize,
        class: usize,
    },
    Capacity {
        class: usize,
        to: i32,
        overbooked: bool,
    },
    /// Two days pass, or an hour.
    Time {
        hours: i64,
    },
    Jobs,
    /// The instance is gone, another starts on the same database.
    Restart,
}

pub fn act(rng: &mut Rng) -> Act {
    let (who, class) = (rng.usize(..PEOPLE), rng.usize(..3));
    match rng.u8(..100) {
        0..6 => Act::ByFamily { who, class },
        6..9 => Act::Family { who, begin: rng.u8(..3) > 0 },
        9..38 => {
            let key = rng.bool().then(|| rng.u8(..4));
            Act::SignUp { who, class, wait: rng.u8(..4) > 0, key }
        }
        38..48 => Act::AtCounter { who, class },
        48..53 => Act::Change { who, from: class, to: rng.usize(..3) },
        53..64 => Act::Withdraw { who, class, by_staff: rng.u8(..4) == 0 },
        64..72 => Act::Accept { who, class },
        72..77 => Act::Decline { who, class },
        77..82 => Act::Capacity { class, to: rng.i32(1..=4), overbooked: rng.bool() },
        82..86 => Act::Time { hours: if rng.bool() { 48 } else { 1 } },
        86..96 => Act::Jobs,
        _ => Act::Restart,
    }
}

/// Who was told what of which class.
pub type Told = (ResidentId, ClassId, Outcome);

impl Act {
    /// The sign-up that it is, if it is one.
    pub fn signs_up(self, world: &World) -> Option<(ResidentId, usize)> {
        match self {
            Self::SignUp { who, class, .. }
            | Self::ByFamily { who, class }
            | Self::AtCounter { who, class } => Some((world.people[who], class)),
            _ => None,
        }
    }
}

/// Does it with this instance; what a sign-up was told.
pub async fn try_to(
    app: &App,
    world: &World,
    played: &Mutex<Played>,
    act: Act,
    guard: Guard,
) -> Result<Option<Told>> {
    let class = |nth: usize| played.lock().unwrap().classes[nth];
    if let (Guard::Off, Some((who, nth))) = (guard, act.signs_up(world)) {
        unguarded(app, who, class(nth)).await;
        return Ok(None);
    }
    match act {
        Act::SignUp { who, class: nth, wait, key } => {
            let who = world.people[who];
            let options = SignUpOptions {
                join_waitlist: wait,
                actor: Actor::Resident(who),
                request_key: key.map(|key| format!("key {key}")),
            };
            return signed_up(app, who, class(nth), options).await;
        }
        Act::ByFamily { who: nth, class: of } => {
            let (learner, delegate) = world.family(nth);
            let actor = Actor::Delegate { learner, delegate };
            let options = SignUpOptions { join_waitlist: true, actor, request_key: None };
            return signed_up(app, learner, class(of), options).await;
        }
        Act::AtCounter { who, class: nth } => {
            let actor = Actor::Staff(world.staff.id);
            let options = SignUpOptions { join_waitlist: true, actor, request_key: None };
            return signed_up(app, world.people[who], class(nth), options).await;
        }
        Act::Family { who, begin } => family_act(app, world, who, begin).await?,
        Act::Withdraw { who, class: nth, by_staff } => {
            let who = world.people[who];
            let Some(id) = latest(app, who, class(nth)).await else { return Ok(None) };
            if by_staff {
                withdraw_at_counter(app, &world.staff, id, None, Some("家里有事")).await?;
            } else {
                withdraw(app, Actor::Resident(who), id, None).await?;
            }
        }
        Act::Change { who, from, to } => {
            let who = world.people[who];
            let Some(id) = latest(app, who, class(from)).await else { return Ok(None) };
            change_class(app, Actor::Resident(who), id, class(to)).await?;
        }
        Act::Accept { who, class: nth } | Act::Decline { who, class: nth } => {
            let who = world.people[who];
            let Some(id) = latest(app, who, class(nth)).await else { return Ok(None) };
            if matches!(act, Act::Accept { .. }) {
                accept(app, Actor::Resident(who), id).await?;
            } else {
                decline(app, Actor::Resident(who), id).await?;
            }
        }
        Act::Capacity { class: nth, to, overbooked } => {
            let id = class(nth);
            {
                let mut played = played.lock().unwrap();
                let most = played.most_places.entry(id).or_default();
                *most = Ord::max(to, *most);
            }
            let change = ClassChange {
                name: "班".to_owned(),
                room: "201教室".to_owned(),
                capacity: to,
                teacher_id: world.school.teacher,
                overbooked_for: overbooked.then(|| "小教室".to_owned()),
                held_percent: None,
                offer: Offer::default(),
            };
            courses::update_class(app, &world.staff, id, &change).await?;
        }
        Act::Time { hours } => app.clock.advance(TimeDelta::hours(hours)),
        Act::Jobs => {
            worker::run_due(app).await?;
        }
        Act::Restart => unreachable!("nothing that an instance does"),
    }
    Ok(None)
}

async fn signed_up(
    app: &App,
    who: ResidentId,
    class: ClassId,
    options: SignUpOptions,
) -> Result<Option<Told>> {
    let outcome = sign_up(app, who, class, options).await?.outcome;
    Ok(Some((who, class, outcome)))
}

async fn family_act(app: &App, world: &World, nth: usize, begin: bool) -> Result<()> {
    let (learner, delegate) = world.family(nth);
    if begin {
        let entry = Entry {
            learner,
            delegate_number: format!("2026{:06}", (nth + 1) % PEOPLE),
            delegate_name: None,
            relation: Kinship::Other,
            terms: Terms::checked(app, vec![DelegatedScope::Enrolment], None)?,
            way: DelegationWay::Phone,
            agreed: true,
        };
        family::enter(app, &world.staff, entry).await?;
    } else if let Some((row, _)) = family::family(app, learner).await?.delegates.first() {
        family::end(app, delegate, row.id).await?;
    }
    Ok(())
}

/// The last enrolment of a person in a class.
async fn latest(app: &App, who: ResidentId, class: ClassId) -> Option<EnrolmentId> {
    let rows = enrolment::Entity::find()
        .filter(enrolment::Column::ResidentId.eq(who))
        .filter(enrolment::Column::ClassId.eq(class))
        .all(app.db.read())
        .await
        .ok()?;
    rows.into_iter().map(|row| row.id).max()
}

/// A sign-up as the service writes it (the place is counted, the enrolment and its history
/// are written, in one transaction), but without what guards a place:
/// 1. the look decides: nobody holds the class and reads it again in the transaction;
/// 2. the update takes the place without its condition `taken + 1 <= capacity`;
/// 3. the table's check of the same is off (`World::new`, `Instance::start`).
///
/// The unique indexes, and the transaction itself, are still there.
async fn unguarded(app: &App, who: ResidentId, id: ClassId) {
    let Ok(Some(class)) = class::Entity::find_by_id(id).one(app.db.read()).await else { return };
    if class.taken >= class.capacity {
        return;
    }
    let (Ok(tx), now) = (app.db.begin().await, app.clock.now()) else { return };
    let take = class::Entity::update_many()
        .col_expr(class::Column::Taken, Expr::col(class::Column::Taken).add(1))
        .filter(class::Column::Id.eq(id))
        .exec(&tx)
        .await;
    let row = enrolment::ActiveModel {
        resident_id: Set(who),
        class_id: Set(id),
        course_id: Set(class.course_id),
        term_id: Set(class.term_id),
        status: Set(EnrolmentStatus::Placed),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    // Who is in already is kept out by the indexes, with the guard or without.
    let (Ok(_), Ok(row)) = (take, row.insert(&tx).await) else { return };
    let line = enrolment_change::ActiveModel {
        enrolment_id: Set(row.id),
        from_status: Set(None),
        to_status: Set(row.status),
        actor_kind: Set(ActorKind::Resident),
        actor_id: Set(Some(who.0)),
        at: Set(now),
        ..Default::default()
    };
    if line.insert(&tx).await.is_ok() {
        let _lost = tx.commit().await;
    }
}
