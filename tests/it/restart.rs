//! The service as a process of its own, killed in the middle of its work.

use std::collections::HashMap;
use std::sync::Mutex;

use entity::ids::ResidentId;
use entity::kinds::{DeliveryOutcome, NoticeKind, NoticeState, NoticeWay, WechatAccount};
use entity::{
    callback, delivery, follower, help_message, help_thread, notice, subscription, wechat_identity,
};
use futures_util::StreamExt;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, EntityTrait, PaginatorTrait};
use shangxue::clock::Clock;

use crate::on_both_databases;
use crate::support::callbacks::{self, Delivery};
use crate::support::process::Process;
use crate::support::{TestApp, fixtures};

const CALLBACKS: u64 = 1_000;

/// Who writes to staff.
const WRITER: &str = "oWriter";

/// A service on the database of `app`.
fn start(app: &TestApp) -> Process {
    let mut settings: Vec<(String, String)> = vec![
        ("database.url".into(), app.database_url().to_owned()),
        ("wechat.timestamp_window_s".into(), "0".into()),
        ("wechat.mini.format".into(), "xml".into()),
        ("wechat.templates.placed.id".into(), "PLACED".into()),
    ];
    settings.extend(callbacks::settings("official", "safe"));
    settings.extend(callbacks::settings("mini", "safe"));
    Process::start(&settings)
}

/// What the nth callback is. Of eight two ask, two follow, two allow a message, one asks for
/// a person, and one tells staff something; of the latter each fifth is the end of a
/// template message instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Asks,
    Follows,
    Allows,
    WantsSomebody,
    TellsStaff,
    TemplateEnded,
}

impl Kind {
    fn of(nth: u64) -> Self {
        match nth % 8 {
            0 | 4 => Self::Asks,
            1 | 5 => Self::Follows,
            2 | 6 => Self::Allows,
            3 => Self::WantsSomebody,
            _ if nth % 40 == 7 => Self::TemplateEnded,
            _ => Self::TellsStaff,
        }
    }

    /// How many of all callbacks.
    fn count(self) -> usize {
        (0..CALLBACKS).filter(|nth| Self::of(*nth) == self).count()
    }
}

/// What somebody tells staff.
fn told(nth: u64) -> String {
    format!("第{nth}件事：教室太冷了，能不能把空调开一下")
}

/// The nth callback and its account.
fn message(nth: u64, at: i64) -> (&'static str, String) {
    let id = 24_000_000 + nth;
    match Kind::of(nth) {
        Kind::Asks => ("official", callbacks::text("oAsker", id, at, "报名")),
        Kind::Follows => {
            ("official", callbacks::event(&format!("oFollower{nth}"), at, "subscribe", ""))
        }
        Kind::Allows => {
            let list = "<SubscribeMsgPopupEvent><List><TemplateId>PLACED</TemplateId>\
                <SubscribeStatusString>accept</SubscribeStatusString><PopupScene>0</PopupScene>\
                </List></SubscribeMsgPopupEvent>";
            // Each in a second of its own: a person answers one question at a time.
            let at = at + i64::try_from(nth).unwrap();
            ("mini", callbacks::event("mPerson", at, "subscribe_msg_popup_event", list))
        }
        Kind::WantsSomebody => ("official", callbacks::text(WRITER, id, at, "人工")),
        Kind::TellsStaff => ("official", callbacks::text(WRITER, id, at, &told(nth))),
        Kind::TemplateEnded => {
            let ended =
                format!("<MsgID>{nth}</MsgID><Status><![CDATA[failed: system failed]]></Status>");
            ("official", callbacks::event("oPerson", at, "TEMPLATESENDJOBFINISH", &ended))
        }
    }
}

/// A template message that was sent to the person, under the number of its end.
async fn sent(app: &TestApp, person: ResidentId, nth: u64) {
    let (db, now) = (app.app.db.writer(), app.now());
    let row = notice::ActiveModel {
        resident_id: Set(person),
        kind: Set(NoticeKind::Placed),
        dedup_key: Set(format!("restart:{nth}")),
        title: Set("报名成功".to_owned()),
        body: Set("您已报上“智在指尖”。".to_owned()),
        page: Set("/mine".to_owned()),
        values: Set("{}".to_owned()),
        state: Set(NoticeState::Sent),
        way: Set(Some(NoticeWay::Template)),
        tried_at: Set(Some(now)),
        sent_at: Set(Some(now)),
        created_at: Set(now),
        ..Default::default()
    };
    let row = row.insert(db).await.unwrap();
    let number = delivery::ActiveModel {
        account: Set(WechatAccount::Official),
        msg_id: Set(nth.to_string()),
        notice_id: Set(Some(row.id)),
        created_at: Set(now),
        ..Default::default()
    };
    number.insert(db).await.unwrap();
}

on_both_databases! {
    async fn a_thousand_callbacks_each_thrice_and_out_of_order_take_effect_once_over_a_restart(app: TestApp) {
        let person = fixtures::person(&app, fixtures::school(&app).await.community, 1).await;
        for (account, openid) in [(WechatAccount::Mini, "mPerson"), (WechatAccount::Official, "oPerson")] {
            let openid = wechat_identity::ActiveModel {
                resident_id: Set(person.id),
                account: Set(account),
                openid: Set(openid.to_owned()),
                created_at: Set(app.now()),
                ..Default::default()
            };
            openid.insert(app.app.db.writer()).await.unwrap();
        }
        for nth in (0..CALLBACKS).filter(|nth| Kind::of(*nth) == Kind::TemplateEnded) {
            sent(&app, person.id, nth).await;
        }

        let process = Mutex::new(start(&app));
        let address = process.lock().unwrap().address.clone();
        // By the clock of the service: who asks for a person is listened to for half an hour.
        let at = Clock::System.now().timestamp();
        // Whatever order the rest comes in, somebody listens.
        let asks = callbacks::text(WRITER, 1, at, "人工");
        assert_ne!(deliver(&app.http, &address, "official", at, 0, &asks).await, "success");
        // Three rounds in orders of their own, laid into each other.
        let mut order: Vec<u64> = (0..3 * CALLBACKS).map(|turn| turn * 1_009 % (3 * CALLBACKS)).collect();
        order.rotate_left(17);
        let done = std::sync::atomic::AtomicU64::new(0);
        let answers: Vec<(u64, String)> = futures_util::stream::iter(order)
            .map(|turn| {
                let (address, done, process, http) = (&address, &done, &process, &app.http);
                async move {
                    let nth = turn % CALLBACKS;
                    let (account, body) = message(nth, at);
                    let answer = deliver(http, address, account, at, turn, &body).await;
                    if done.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 3 * CALLBACKS / 2 {
                        process.lock().unwrap().kill_and_start_again();
                    }
                    (nth, answer)
                }
            })
            .buffer_unordered(16)
            .collect()
            .await;

        each_took_effect_once(&app).await;
        // A repeat gets the first answer, sealed anew: what is inside is the same.
        let mut said: HashMap<u64, String> = HashMap::new();
        for (nth, answer) in answers {
            assert_eq!(said.entry(nth).or_insert_with(|| answer.clone()), &answer, "callback {nth}");
            let silent = matches!(Kind::of(nth), Kind::Allows | Kind::TemplateEnded);
            assert_eq!(silent, answer == "success", "callback {nth}: {answer}");
        }
    }
}

async fn each_took_effect_once(app: &TestApp) {
    let db = app.app.db.read();
    // A question that everybody is answered alike changes nothing, and leaves no row; the
    // first “人工” came before all others.
    let rows = callback::Entity::find().count(db).await.unwrap();
    assert_eq!(rows, CALLBACKS + 1 - Kind::Asks.count() as u64);
    // Who writes follows too.
    let followers = follower::Entity::find().count(db).await.unwrap();
    assert_eq!(followers, Kind::Follows.count() as u64 + 1);
    let kept = subscription::Entity::find().one(db).await.unwrap().unwrap();
    assert_eq!(kept.kind, NoticeKind::Placed);
    assert_eq!(usize::try_from(kept.balance).unwrap(), Kind::Allows.count());
    // One thread, and in it each thing that was told, once.
    let threads = help_thread::Entity::find().all(db).await.unwrap();
    assert_eq!((threads.len(), threads[0].openid.as_deref()), (1, Some(WRITER)));
    let written = help_message::Entity::find().all(db).await.unwrap();
    let mut written: Vec<_> = written.into_iter().map(|message| message.text).collect();
    let all = (0..CALLBACKS).filter(|nth| Kind::of(*nth) == Kind::TellsStaff).map(told);
    let mut all: Vec<_> = all.collect();
    written.sort_unstable();
    all.sort_unstable();
    assert_eq!(written, all);
    // And each end of a template message.
    let notices = notice::Entity::find().all(db).await.unwrap();
    assert_eq!(notices.len(), Kind::TemplateEnded.count());
    assert!(notices.iter().all(|notice| notice.state == NoticeState::Failed), "{notices:?}");
    let ends = delivery::Entity::find().all(db).await.unwrap();
    assert_eq!(ends.len(), notices.len());
    assert!(ends.iter().all(|end| end.outcome == Some(DeliveryOutcome::Failed)), "{ends:?}");
}

/// Posts until there is an answer, as WeChat would but for its patience; the answer in the clear.
async fn deliver(
    http: &reqwest::Client,
    address: &str,
    account: &str,
    at: i64,
    nonce: u64,
    body: &str,
) -> String {
    for _ in 0..2_000 {
        let Delivery { query, body } = callbacks::deliver("safe", at, nonce, body);
        let url = format!("http://{address}/wechat/{account}?{query}");
        if let Ok(answer) = http.post(url).body(body).send().await
            && answer.status().is_success()
            && let Ok(text) = answer.text().await
        {
            return callbacks::open(&text);
        }
        // It is starting.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("no answer in 40 s");
}
