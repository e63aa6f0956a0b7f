//! A platform of which every fifth call fails, for an hour of its time: nothing is
//! lost, nothing is sent twice, and staff are told the truth.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use entity::ids::ResidentId;
use entity::kinds::{JobState, NoticeKind, NoticeState, Role};
use entity::{job, notice};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use shangxue::notices::{self, NewNotice, Values};
use shangxue::sandbox::{Fault, RandomFaults, User};

use crate::on_both_databases_with_wechat;
use crate::support::fixtures;
use crate::support::platform::World;

const MINUTES: i64 = 60;
const PEOPLE: usize = 6;

/// Every fifth call fails in one of the ways in which calls fail.
pub fn storm(seed: u64) -> RandomFaults {
    // A lost answer and a call that never arrives look the same from here.
    let faults = vec![
        Fault::Errcode(-1),
        Fault::Errcode(40001),
        Fault::Http500,
        Fault::Garbage,
        Fault::Timeout,
        Fault::Lost,
    ];
    RandomFaults { seed, percent: 20, faults }
}

async fn tell(world: &World, resident: ResidentId, minute: i64) {
    let new = NewNotice {
        resident,
        kind: NoticeKind::Placed,
        dedup_key: format!("storm:{minute}"),
        title: "报名成功".to_owned(),
        body: "您已报上“智在指尖”。".to_owned(),
        page: "/classes/3".to_owned(),
        values: Values {
            class: format!("智在指尖{minute}班"),
            time: "2026年9月1日 09:00".to_owned(),
            place: "社区教育中心".to_owned(),
            note: "请带手机".to_owned(),
        },
    };
    let tx = world.app.app.db.begin().await.unwrap();
    notices::notify(&tx, &new, world.app.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// What arrived on the phones, by the class it speaks of.
fn arrived(world: &World, people: &[(User, ResidentId)]) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for (user, _) in people {
        for message in world.platform.service_notices(user) {
            *count.entry(message.data["thing1"].clone()).or_default() += 1;
        }
    }
    count
}

on_both_databases_with_wechat! {
    async fn an_hour_of_failures_loses_nothing_and_doubles_nothing(world: World) {
        let placed = world.app.app.config.wechat.templates.placed.id.clone();
        let mut people = Vec::new();
        for _ in 0..PEOPLE {
            let user = world.platform.add_user("王秀英");
            let id = ResidentId(world.sign_in(&user).await["me"]["id"].as_i64().unwrap());
            people.push((user, id));
        }
        let staff = fixtures::clerk(&world.app, "zhongxin", Role::Centre, None).await;

        world.platform.fail_at_random(Some(storm(2026)));
        for minute in 0..MINUTES {
            world.advance(TimeDelta::minutes(1));
            let (user, id) = &people[usize::try_from(minute).unwrap() % PEOPLE];
            world.platform.subscribe(user, &[(placed.as_str(), true)]).await.unwrap();
            tell(&world, *id, minute).await;
            world.app.run_jobs().await;
            // What waits is what staff are told.
            let said = world.app.get("/api/staff/status").by(&staff).send().await.ok();
            let db = world.app.app.db.read();
            for (state, word) in [(JobState::Ready, "jobs_ready"), (JobState::Dead, "jobs_dead")] {
                let there = job::Entity::find().filter(job::Column::State.eq(state)).count(db).await.unwrap();
                assert_eq!(said[word], there, "minute {minute}");
            }
        }
        world.platform.fail_at_random(None);
        for _ in 0..40 {
            world.advance(TimeDelta::minutes(10));
            world.app.run_jobs().await;
        }

        let db = world.app.app.db.read();
        let left = job::Entity::find().filter(job::Column::State.ne(JobState::Done)).count(db).await.unwrap();
        assert_eq!(left, 0, "nothing is given up, nothing waits for ever");
        let notices = notice::Entity::find().all(db).await.unwrap();
        assert_eq!(notices.len(), usize::try_from(MINUTES).unwrap(), "each stands in “消息”");
        let arrived = arrived(&world, &people);
        let mut unknown = 0;
        for notice in &notices {
            let values: Values = serde_json::from_str(&notice.values).unwrap();
            let times = arrived.get(&values.class).copied().unwrap_or_default();
            match notice.state {
                NoticeState::Sent => assert_eq!(times, 1, "{}", values.class),
                // The platform never said; it is not sent again.
                NoticeState::Unknown => {
                    unknown += 1;
                    assert!(times <= 1, "{}", values.class);
                }
                other => panic!("{}: {other:?}", values.class),
            }
        }
        assert!(unknown > 0 && unknown < MINUTES / 3, "{unknown} of {MINUTES} unknown");
        let said = world.app.get("/api/staff/status").by(&staff).send().await.ok();
        assert_eq!(said["notices_unsent"], unknown);
    }
}
