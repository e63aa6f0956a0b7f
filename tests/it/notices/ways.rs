//! The ways of a notice, and what WeChat reports of each message.

use chrono::TimeDelta;
use entity::ids::NoticeId;
use entity::kinds::{DeliveryOutcome, JobState, NoticeState, NoticeWay, Role, WechatAccount};
use entity::{delivery, notice};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, QueryOrder};
use serde_json::Value;
use shangxue::sandbox::{Extra, Fault, NoticeOutcome, Order};

use super::{KIND, Learner, SEND, allow, balance, count_consent, jobs, learner, notify, state};
use crate::on_both_databases_with_wechat;
use crate::support::fixtures::clerk;
use crate::support::platform::World;

const TEMPLATE: &str = "/cgi-bin/message/template/send";

/// A person who follows the account as well, which is known to be theirs.
async fn follower(world: &World) -> Learner {
    let learner = learner(world).await;
    world.platform.follow(&learner.user).await.unwrap();
    world.app.run_jobs().await;
    learner
}

/// A template message in the chat with the account: its lines, and where it leads.
type Shown = (Vec<(String, String)>, Option<String>);

fn shown(world: &World, learner: &Learner) -> Vec<Shown> {
    let chat = world.platform.chat(&learner.user);
    let templates = chat.into_iter().filter_map(|line| match line.extra {
        Some(Extra::Template { lines, link, .. }) => Some((lines, link)),
        _ => None,
    });
    templates.collect()
}

/// A notice that waited in vain for a consent.
async fn due(world: &World, learner: &Learner, key: &str) -> NoticeId {
    let id = notify(&world.app, learner.id, key).await;
    world.app.run_jobs().await;
    world.advance(TimeDelta::seconds(61));
    id
}

async fn outcomes(world: &World) -> Vec<Option<DeliveryOutcome>> {
    let rows = delivery::Entity::find().order_by_asc(delivery::Column::Id);
    let rows = rows.all(world.app.app.db.read()).await.unwrap();
    rows.into_iter().filter(|row| row.notice_id.is_some()).map(|row| row.outcome).collect()
}

async fn seen_by_staff(world: &World, learner: &Learner) -> Value {
    let centre = clerk(&world.app, "centre", Role::Centre, None).await;
    let path = format!("/api/staff/residents/{}/notices", learner.id);
    world.app.get(&path).by(&centre).send().await.ok()["items"].clone()
}

fn stands(row: &notice::Model) -> (NoticeState, Option<NoticeWay>) {
    (row.state, row.way)
}

on_both_databases_with_wechat! {
    async fn who_allowed_nothing_but_follows_gets_a_template_message(world: World) {
        let (app, learner) = (&world.app, follower(&world).await);
        let id = due(&world, &learner, "placed:1").await;
        assert_eq!((state(app, id).await.state, world.calls(TEMPLATE)), (NoticeState::NoConsent, 0));
        app.run_jobs().await;
        world.platform.settle().await;
        let got = shown(&world, &learner);
        assert_eq!((got.len(), world.calls(SEND)), (1, 0));
        assert_eq!(got[0].0[1], ("上课时间".to_owned(), "2026年9月1日 09:00".to_owned()));
        assert_eq!(got[0].1.as_deref(), Some("pages/web/index?to=/classes/3"));
        let row = state(app, id).await;
        assert_eq!(stands(&row), (NoticeState::Sent, Some(NoticeWay::Template)));
        assert_eq!((row.sent_at, row.failure), (Some(app.now()), None));
        assert_eq!(outcomes(&world).await, [Some(DeliveryOutcome::Delivered)]);
        let seen = seen_by_staff(&world, &learner).await;
        assert_eq!((&seen[0]["state_text"], &seen[0]["way_text"]), (&"已送到微信".into(), &"公众号模板消息".into()));
        // A consent that comes later is for the next one.
        allow(&world, &learner).await;
        app.run_jobs().await;
        assert_eq!((shown(&world, &learner).len(), world.calls(SEND)), (1, 0));
        let second = notify(app, learner.id, "placed:2").await;
        app.run_jobs().await;
        assert_eq!(stands(&state(app, second).await), (NoticeState::Sent, Some(NoticeWay::Subscription)));
        assert_eq!((world.calls(TEMPLATE), world.calls(SEND)), (1, 1));
        assert_eq!(world.platform.unexpected(), Vec::<String>::new());
    }

    async fn what_wechat_refuses_as_a_subscription_goes_as_a_template_message(world: World) {
        let (app, learner) = (&world.app, follower(&world).await);
        count_consent(app, learner.id).await;
        count_consent(app, learner.id).await;
        let id = notify(app, learner.id, "placed:1").await;
        app.run_jobs().await;
        assert_eq!(stands(&state(app, id).await), (NoticeState::Sent, Some(NoticeWay::Template)));
        assert_eq!((balance(app, learner.id).await, world.calls(SEND), shown(&world, &learner).len()), (0, 1, 1));
    }

    async fn who_follows_no_longer_finds_it_in_messages_and_may_still_allow_it(world: World) {
        let (app, learner) = (&world.app, follower(&world).await);
        world.platform.unfollow(&learner.user).await.unwrap();
        let id = due(&world, &learner, "placed:1").await;
        app.run_jobs().await;
        assert_eq!(state(app, id).await.state, NoticeState::NoConsent);
        assert_eq!(world.calls(TEMPLATE), 1);
        allow(&world, &learner).await;
        app.run_jobs().await;
        assert_eq!(stands(&state(app, id).await), (NoticeState::Sent, Some(NoticeWay::Subscription)));
    }

    async fn a_template_message_whose_answer_is_lost_is_asked_for_again_and_sent_once(world: World) {
        let (app, learner) = (&world.app, follower(&world).await);
        world.platform.hold_callbacks();
        // It arrives; the answer does not.
        world.platform.fail_next(TEMPLATE, Fault::Garbage, 1);
        let id = due(&world, &learner, "placed:1").await;
        app.run_jobs().await;
        let row = state(app, id).await;
        assert_eq!(row.state, NoticeState::Unknown);
        assert!(row.failure.unwrap().contains("不再发送"));
        // A consent meanwhile doubles nothing.
        count_consent(app, learner.id).await;
        world.platform.fail_next(TEMPLATE, Fault::Errcode(-1), 1);
        world.advance(TimeDelta::seconds(5));
        app.run_jobs().await;
        assert_eq!(state(app, id).await.state, NoticeState::Unknown);
        world.advance(TimeDelta::minutes(1));
        app.run_jobs().await;
        assert_eq!(stands(&state(app, id).await), (NoticeState::Sent, Some(NoticeWay::Template)));
        assert_eq!((world.calls(TEMPLATE), shown(&world, &learner).len(), world.calls(SEND)), (3, 1, 0));
        world.platform.settle().await;
        world.platform.release(Order::AsTheyCame, 2).await;
        assert_eq!(outcomes(&world).await, [Some(DeliveryOutcome::Delivered)]);

        // When the platform may have forgotten the id, nobody asks again.
        world.platform.fail_next(TEMPLATE, Fault::Http500, 1);
        let tx = app.app.db.begin().await.unwrap();
        shangxue::notices::consent_withdrawn(&tx, learner.id, KIND, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        let late = due(&world, &learner, "placed:2").await;
        app.run_jobs().await;
        world.advance(TimeDelta::minutes(9));
        app.run_jobs().await;
        assert_eq!((state(app, late).await.state, world.calls(TEMPLATE)), (NoticeState::Unknown, 4));
        assert_eq!(jobs(app, JobState::Ready).await, 0);
    }

    async fn a_report_that_comes_before_the_answer_is_not_lost(world: World) {
        let (app, learner) = (&world.app, follower(&world).await);
        let mut ids = Vec::new();
        for number in 0..3 {
            ids.push(notify(app, learner.id, &format!("placed:{number}")).await);
        }
        app.run_jobs().await;
        world.platform.fail_next(TEMPLATE, Fault::Http500, 2);
        world.platform.fail_next(TEMPLATE, Fault::Garbage, 1);
        world.advance(TimeDelta::seconds(61));
        app.run_jobs().await;
        world.platform.settle().await;
        // One has arrived and is reported of, and nobody can say which it is.
        let kept = delivery::Entity::find().all(app.app.db.read()).await.unwrap();
        assert_eq!((kept.len(), kept[0].notice_id), (1, None));
        for id in &ids {
            assert_eq!(state(app, *id).await.state, NoticeState::Unknown);
        }
        world.advance(TimeDelta::seconds(5));
        app.run_jobs().await;
        world.platform.settle().await;
        assert_eq!(outcomes(&world).await, [Some(DeliveryOutcome::Delivered); 3]);
        for id in ids {
            assert_eq!(state(app, id).await.state, NoticeState::Sent);
        }
        assert_eq!(shown(&world, &learner).len(), 3);
    }

    async fn reports_of_messages_that_nobody_here_sent_are_forgotten(world: World) {
        let (app, learner) = (&world.app, learner(&world).await);
        let ours = notify(app, learner.id, "placed:1").await;
        for (msg_id, notice_id) in [("1", Some(ours)), ("2", None)] {
            let row = delivery::ActiveModel {
                account: Set(WechatAccount::Mini),
                msg_id: Set(msg_id.to_owned()),
                notice_id: Set(notice_id),
                created_at: Set(app.now()),
                ..Default::default()
            };
            row.insert(app.app.db.writer()).await.unwrap();
        }
        for (days, left) in [(0, 2), (8, 1)] {
            world.advance(TimeDelta::days(days));
            shangxue::notices::prune(&app.app).await.unwrap();
            let kept = delivery::Entity::find().all(app.app.db.read()).await.unwrap();
            assert_eq!((kept.len(), kept[0].notice_id), (left, Some(ours)));
        }
    }

    async fn a_report_tells_what_the_lost_answer_did_not(world: World) {
        let (app, learner) = (&world.app, learner(&world).await);
        allow(&world, &learner).await;
        world.platform.fail_next(SEND, Fault::Garbage, 1);
        let id = notify(app, learner.id, "placed:1").await;
        app.run_jobs().await;
        world.platform.settle().await;
        let row = state(app, id).await;
        assert_eq!((stands(&row), row.failure), ((NoticeState::Sent, Some(NoticeWay::Subscription)), None));
        assert_eq!(outcomes(&world).await, [Some(DeliveryOutcome::Delivered)]);
    }

    async fn who_refused_loses_the_consents_that_were_counted_and_is_reached_another_way(world: World) {
        let (app, learner) = (&world.app, follower(&world).await);
        for _ in 0..3 {
            allow(&world, &learner).await;
        }
        world.platform.set_notice_outcome(NoticeOutcome::Refused);
        let id = notify(app, learner.id, "placed:1").await;
        app.run_jobs().await;
        world.platform.settle().await;
        // The event may come before the jobs of this run are all done, or after.
        assert_eq!(balance(app, learner.id).await, 0);
        app.run_jobs().await;
        world.platform.settle().await;
        // The account is refused as well: it waits in “消息”.
        assert_eq!(stands(&state(app, id).await), (NoticeState::NoConsent, Some(NoticeWay::Template)));
        assert_eq!((world.calls(SEND), world.calls(TEMPLATE), shown(&world, &learner).len()), (1, 1, 0));
        let seen = seen_by_staff(&world, &learner).await;
        assert_eq!(seen[0]["state_text"], "对方拒收，只放在“消息”里");
        assert_eq!(seen[0]["failure"], "对方不接收公众号的消息。");
        // Each event again: nothing moves.
        for record in world.platform.callbacks() {
            if record.what == "subscribe_msg_sent_event" || record.what == "TEMPLATESENDJOBFINISH" {
                world.platform.redeliver(record.number).await.unwrap();
            }
        }
        assert_eq!(state(app, id).await.state, NoticeState::NoConsent);

        world.platform.set_notice_outcome(NoticeOutcome::Failed);
        let id = due(&world, &learner, "placed:2").await;
        app.run_jobs().await;
        world.platform.settle().await;
        let row = state(app, id).await;
        assert_eq!((row.state, row.failure.as_deref()), (NoticeState::Failed, Some("微信系统出错，没有送到。")));
    }

    async fn a_template_that_the_account_does_not_have_is_staffs_to_mend(world: World) {
        let (app, learner) = (&world.app, follower(&world).await);
        world.platform.fail_next(TEMPLATE, Fault::Errcode(40037), 1);
        world.platform.fail_next(TEMPLATE, Fault::Errcode(47003), 1);
        let id = due(&world, &learner, "placed:1").await;
        app.run_jobs().await;
        assert_eq!((state(app, id).await.state, jobs(app, JobState::Ready).await), (NoticeState::Pending, 1));
        world.advance(TimeDelta::seconds(2));
        app.run_jobs().await;
        assert_eq!(state(app, id).await.state, NoticeState::Failed);
        // An account that may not at all is not asked twice.
        world.platform.fail_next(TEMPLATE, Fault::Errcode(48001), 1);
        for number in 2..4 {
            let id = due(&world, &learner, &format!("placed:{number}")).await;
            app.run_jobs().await;
            assert_eq!(state(app, id).await.state, NoticeState::NoConsent);
        }
        assert_eq!(world.calls(TEMPLATE), 3);
    }
}
