//! Notices: kept in “消息”, and at most one subscription message for one consent.

use chrono::TimeDelta;
use entity::ids::{NoticeId, ResidentId};
use entity::kinds::{JobState, NoticeKind, NoticeState};
use entity::{job, notice, subscription};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use shangxue::error::Kind;
use shangxue::notices::{self, NewNotice, Values};
use shangxue::sandbox::{Fault, User};

use crate::support::fixtures::{person, school};
use crate::support::platform::World;
use crate::support::{Backend, TestApp};
use crate::{on_both_databases, on_both_databases_with_wechat};

mod ways;

const SEND: &str = "/cgi-bin/message/subscribe/send";
const KIND: NoticeKind = NoticeKind::Placed;

/// A person with the mini-program, signed in.
struct Learner {
    user: User,
    id: ResidentId,
}

async fn learner(world: &World) -> Learner {
    let user = world.platform.add_user("王秀英");
    let id = ResidentId(world.sign_in(&user).await["me"]["id"].as_i64().unwrap());
    Learner { user, id }
}

fn new(resident: ResidentId, key: &str) -> NewNotice {
    NewNotice {
        resident,
        kind: KIND,
        dedup_key: key.to_owned(),
        title: "报名成功".to_owned(),
        body: "您已报上“智在指尖”。".to_owned(),
        page: "/classes/3".to_owned(),
        values: Values {
            class: "智在指尖：智能手机从入门到熟练使用的第一步和第二步".to_owned(),
            time: "2026年9月1日 09:00".to_owned(),
            place: "社区教育中心201教室".to_owned(),
            note: "请带\n手机".to_owned(),
        },
    }
}

async fn notify(app: &TestApp, resident: ResidentId, key: &str) -> NoticeId {
    let tx = app.app.db.begin().await.unwrap();
    notices::notify(&tx, &new(resident, key), app.now()).await.unwrap();
    tx.commit().await.unwrap();
    let row = notice::Entity::find().filter(notice::Column::DedupKey.eq(key));
    row.one(app.app.db.read()).await.unwrap().unwrap().id
}

async fn state(app: &TestApp, id: NoticeId) -> notice::Model {
    notice::Entity::find_by_id(id).one(app.app.db.read()).await.unwrap().unwrap()
}

async fn balance(app: &TestApp, resident: ResidentId) -> i32 {
    let row = subscription::Entity::find()
        .filter(subscription::Column::ResidentId.eq(resident))
        .filter(subscription::Column::Kind.eq(KIND));
    row.one(app.app.db.read()).await.unwrap().map_or(0, |row| row.balance)
}

/// What we count, without the platform knowing.
async fn count_consent(app: &TestApp, resident: ResidentId) {
    let tx = app.app.db.begin().await.unwrap();
    notices::consent_given(&tx, resident, KIND, app.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// The person taps 允许; the platform tells us.
async fn allow(world: &World, learner: &Learner) {
    // Two events of one person in one second are one event told twice.
    world.advance(TimeDelta::seconds(1));
    let template = world.app.app.config.wechat.templates.placed.id.clone();
    world.platform.subscribe(&learner.user, &[(&template, true)]).await.unwrap();
}

/// Jobs of ours: signing in has left one of its own.
async fn jobs(app: &TestApp, state: JobState) -> u64 {
    job::Entity::find()
        .filter(job::Column::Kind.eq("send_notice"))
        .filter(job::Column::State.eq(state))
        .count(app.app.db.read())
        .await
        .unwrap()
}

on_both_databases_with_wechat! {
    async fn a_notice_with_consent_reaches_the_phone_once(world: World) {
        let (app, learner) = (&world.app, learner(&world).await);
        allow(&world, &learner).await;
        assert_eq!(balance(app, learner.id).await, 1);
        let id = notify(app, learner.id, "placed:1").await;
        // The same again is the same notice.
        assert_eq!(notify(app, learner.id, "placed:1").await, id);
        assert_eq!(jobs(app, JobState::Ready).await, 1);
        app.run_jobs().await;

        let got = world.platform.service_notices(&learner.user);
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].page.as_deref(), Some("pages/web/index?to=/classes/3"));
        assert_eq!(got[0].data["time2"], "2026年9月1日 09:00");
        assert_eq!(got[0].data["thing1"].chars().count(), 20, "cut to what WeChat takes");
        assert_eq!(got[0].data["thing4"], "请带 手机");
        let row = state(app, id).await;
        assert_eq!((row.state, row.sent_at, row.failure), (NoticeState::Sent, Some(app.now()), None));
        assert_eq!(balance(app, learner.id).await, 0);
        // A job that is run twice sends nothing twice.
        notices::deliver(&app.app, id).await.unwrap();
        assert_eq!((world.calls(SEND), jobs(app, JobState::Done).await), (1, 1));
        assert_eq!(world.platform.unexpected(), Vec::<String>::new());
    }

    async fn without_consent_nothing_is_sent_until_one_comes_within_a_day(world: World) {
        let (app, learner) = (&world.app, learner(&world).await);
        let old = notify(app, learner.id, "placed:old").await;
        app.run_jobs().await;
        assert_eq!(state(app, old).await.state, NoticeState::NoConsent);
        world.advance(TimeDelta::hours(20));
        let (first, second) = (notify(app, learner.id, "placed:1").await, notify(app, learner.id, "placed:2").await);
        app.run_jobs().await;
        assert_eq!(world.calls(SEND), 0);
        world.advance(TimeDelta::hours(5));
        // The person answers WeChat's question, once.
        count_consent(app, learner.id).await;
        world.platform.set_service_url("");
        allow(&world, &learner).await;
        app.run_jobs().await;
        let states = [state(app, old).await.state, state(app, first).await.state, state(app, second).await.state];
        assert_eq!(states, [NoticeState::NoConsent, NoticeState::Sent, NoticeState::NoConsent]);
        assert_eq!((world.calls(SEND), balance(app, learner.id).await), (1, 0));
    }

    async fn the_mini_program_tells_of_consents_in_json(world: World) {
        let (app, learner) = (&world.app, learner(&world).await);
        let template = app.app.config.wechat.templates.placed.id.clone();
        // One entry comes as an object, several as a list.
        allow(&world, &learner).await;
        assert_eq!(balance(app, learner.id).await, 1);
        world.advance(TimeDelta::seconds(1));
        let other = app.app.config.wechat.templates.offered.id.clone();
        world.platform.subscribe(&learner.user, &[(&template, true), (&other, false)]).await.unwrap();
        assert_eq!(balance(app, learner.id).await, 2);
        world.advance(TimeDelta::seconds(1));
        world.platform.refuse(&learner.user, &template).await.unwrap();
        assert_eq!(balance(app, learner.id).await, 0);
        let told = world.platform.callbacks();
        let told: Vec<_> = told.iter().filter(|call| call.what.starts_with("subscribe_msg")).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told.iter().all(|call| call.status == Some(200) && call.body.starts_with('{')), "{told:?}");
    }

    async fn a_consent_that_wechat_does_not_know_is_forgotten(world: World) {
        let (app, learner) = (&world.app, learner(&world).await);
        count_consent(app, learner.id).await;
        count_consent(app, learner.id).await;
        let id = notify(app, learner.id, "placed:1").await;
        app.run_jobs().await;
        let row = state(app, id).await;
        assert_eq!((row.state, row.failure), (NoticeState::NoConsent, None));
        assert_eq!((balance(app, learner.id).await, world.calls(SEND)), (0, 1));
        assert_eq!(jobs(app, JobState::Done).await, 1);
    }

    async fn when_the_answer_is_lost_it_is_not_sent_again(world: World) {
        let (app, learner) = (&world.app, learner(&world).await);
        // It arrived twice out of four; without the platform's reports nobody can know which.
        world.platform.set_service_url("");
        for (round, fault) in [Fault::Timeout, Fault::Lost, Fault::Http500, Fault::Garbage].into_iter().enumerate() {
            allow(&world, &learner).await;
            count_consent(app, learner.id).await;
            world.platform.fail_next(SEND, fault, 1);
            let id = notify(app, learner.id, &format!("placed:{round}")).await;
            app.run_jobs().await;
            world.advance(TimeDelta::hours(1));
            app.run_jobs().await;
            let row = state(app, id).await;
            assert_eq!(row.state, NoticeState::Unknown);
            assert!(row.failure.unwrap().contains("不再发送"));
            assert_eq!((balance(app, learner.id).await, world.calls(SEND)), (0, round + 1));
        }
        assert_eq!(world.platform.service_notices(&learner.user).len(), 2);
        assert_eq!((jobs(app, JobState::Ready).await, jobs(app, JobState::Dead).await), (0, 0));
    }

    async fn a_sender_that_died_after_taking_the_consent_sends_nothing_twice(world: World) {
        let (app, learner) = (&world.app, learner(&world).await);
        allow(&world, &learner).await;
        let id = notify(app, learner.id, "placed:1").await;
        // As the first of the two transactions leaves it.
        let taken = notice::ActiveModel { id: Set(id), state: Set(NoticeState::Unknown), ..Default::default() };
        taken.update(app.app.db.writer()).await.unwrap();
        app.run_jobs().await;
        assert_eq!((world.calls(SEND), state(app, id).await.state), (0, NoticeState::Unknown));
    }

    async fn what_passes_by_itself_is_tried_again_with_the_same_consent(world: World) {
        let (app, learner) = (&world.app, learner(&world).await);
        allow(&world, &learner).await;
        world.platform.fail_next(SEND, Fault::Errcode(-1), 1);
        world.platform.fail_next(SEND, Fault::Errcode(40037), 1);
        let id = notify(app, learner.id, "placed:1").await;
        for _ in 0..2 {
            app.run_jobs().await;
            assert_eq!((state(app, id).await.state, balance(app, learner.id).await), (NoticeState::Pending, 1));
            world.advance(TimeDelta::minutes(1));
        }
        app.run_jobs().await;
        assert_eq!((state(app, id).await.state, balance(app, learner.id).await), (NoticeState::Sent, 0));
        assert_eq!(world.platform.service_notices(&learner.user).len(), 1);
    }

    async fn what_wechat_refuses_for_good_is_said_in_words(world: World) {
        let (app, learner) = (&world.app, learner(&world).await);
        allow(&world, &learner).await;
        world.platform.fail_next(SEND, Fault::Errcode(47003), 1);
        let id = notify(app, learner.id, "placed:1").await;
        app.run_jobs().await;
        let row = state(app, id).await;
        assert_eq!(row.state, NoticeState::Failed);
        assert!(row.failure.unwrap().contains("和模板的格式不合"));
        assert_eq!((balance(app, learner.id).await, world.calls(SEND)), (1, 1), "the consent was not used up");
    }

    async fn deliveries_at_once_send_one_message(world: World) {
        let (app, learner) = (&world.app, learner(&world).await);
        for _ in 0..3 {
            allow(&world, &learner).await;
        }
        let id = notify(app, learner.id, "placed:1").await;
        let deliver = || notices::deliver(&app.app, id);
        let outcomes = tokio::join!(deliver(), deliver(), deliver(), deliver());
        assert!(outcomes.0.is_ok() && outcomes.1.is_ok() && outcomes.2.is_ok() && outcomes.3.is_ok());
        assert_eq!((world.calls(SEND), balance(app, learner.id).await), (1, 2));
        app.run_jobs().await;
        assert_eq!(world.calls(SEND), 1);
    }

    async fn a_consent_and_the_notice_that_waits_for_it_do_not_miss_each_other(world: World) {
        let (app, learner) = (&world.app, learner(&world).await);
        // The platform knows of them; we are told by hand, at the worst moment.
        world.platform.set_service_url("");
        for round in 0..25 {
            allow(&world, &learner).await;
            let id = notify(app, learner.id, &format!("placed:{round}")).await;
            let (delivered, ()) = tokio::join!(notices::deliver(&app.app, id), count_consent(app, learner.id));
            delivered.unwrap();
            app.run_jobs().await;
            assert_eq!(state(app, id).await.state, NoticeState::Sent, "round {round}");
            assert_eq!(balance(app, learner.id).await, 0);
        }
    }

    async fn a_withdrawn_consent_empties_the_balance(world: World) {
        let (app, learner) = (&world.app, learner(&world).await);
        allow(&world, &learner).await;
        let tx = app.app.db.begin().await.unwrap();
        notices::consent_withdrawn(&tx, learner.id, NoticeKind::Offered, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(balance(app, learner.id).await, 1, "of another kind");
        let tx = app.app.db.begin().await.unwrap();
        notices::consent_withdrawn(&tx, learner.id, KIND, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        let id = notify(app, learner.id, "placed:1").await;
        app.run_jobs().await;
        assert_eq!((state(app, id).await.state, world.calls(SEND)), (NoticeState::NoConsent, 0));
    }

    async fn the_templates_to_ask_for_are_those_that_are_set_up(world: World) {
        let list = world.app.get("/api/subscription-templates").send().await.ok();
        let templates = &world.app.app.config.wechat.templates;
        assert_eq!(list["total"], 4);
        assert_eq!(
            list["items"][0],
            json!({ "kind": "placed", "template_id": templates.placed.id, "title": "报名成功" })
        );
        let of = |id: &str| notices::kind_of_template(templates, id);
        assert_eq!(of(&templates.meeting_changed.id), Some(NoticeKind::MeetingChanged));
        assert_eq!((of("strange"), of("")), (None, None));
    }
}

on_both_databases! {
    async fn residents_read_their_own_messages(app: TestApp) {
        let community = school(&app).await.community;
        let (mine, other) = (person(&app, community, 1).await, person(&app, community, 2).await);
        let first = notify(&app, mine.id, "placed:1").await;
        let second = notify(&app, mine.id, "placed:2").await;
        let foreign = notify(&app, other.id, "placed:3").await;
        let list = || async { app.get("/api/me/notices").bearer(&mine.token).send().await.ok() };
        let read = |id: NoticeId| app.post(&format!("/api/me/notices/{id}/read"), &json!({})).bearer(&mine.token).send();
        let all = list().await;
        assert_eq!(all["total"], 2);
        assert_eq!((&all["items"][0]["id"], &all["items"][1]["id"]), (&json!(second.0), &json!(first.0)), "newest first");
        let expected = json!({
            "id": second.0, "kind": "placed", "title": "报名成功", "body": "您已报上“智在指尖”。",
            "page": "/classes/3", "created_at": "2026-09-01T01:00:00+00:00", "time_text": "9月1日（周二）9:00", "read": false,
        });
        assert_eq!(all["items"][0], expected);
        assert_eq!(read(first).await.status, 204);
        app.advance(TimeDelta::hours(1));
        read(first).await.ok();
        assert_eq!(state(&app, first).await.read_at, Some(app.now() - TimeDelta::hours(1)), "the first time counts");
        assert_eq!((&list().await["items"][1]["read"], &list().await["items"][0]["read"]), (&json!(true), &json!(false)));
        read(foreign).await.refused(404, "no_notice");
        assert_eq!(state(&app, foreign).await.read_at, None);
        read(NoticeId(999)).await.refused(404, "no_notice");
        app.get("/api/me/notices").send().await.refused(401, "unauthenticated");

        // Nobody to send to: no mini-program, no template.
        app.run_jobs().await;
        assert_eq!(state(&app, first).await.state, NoticeState::NoConsent);
        let none = app.get("/api/subscription-templates").send().await.ok();
        assert_eq!(none, json!({ "items": [], "total": 0 }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_cannot_be_reached_is_tried_later_with_the_same_consent() {
    let world = World::start(Backend::Sqlite).await;
    let learner = learner(&world).await;
    allow(&world, &learner).await;
    let id = notify(&world.app, learner.id, "placed:1").await;
    world.platform.stop().await;
    let failed = notices::deliver(&world.app.app, id).await.unwrap_err();
    assert_eq!((failed.kind, failed.code), (Kind::Upstream, "wechat_unavailable"));
    let row = state(&world.app, id).await;
    assert_eq!((row.state, balance(&world.app, learner.id).await), (NoticeState::Pending, 1));
}
