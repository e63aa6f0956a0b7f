//! The service as a process of its own, killed in the middle of its work.

use std::collections::HashMap;
use std::sync::Mutex;

use entity::kinds::{NoticeKind, WechatAccount};
use entity::{callback, follower, subscription, wechat_identity};
use futures_util::StreamExt;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, EntityTrait, PaginatorTrait};

use crate::on_both_databases;
use crate::support::callbacks::{self, Delivery};
use crate::support::process::Process;
use crate::support::{TestApp, fixtures};

const CALLBACKS: u64 = 1_000;

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

/// The nth callback: a third asks, a third follows, a third allows a message.
fn message(nth: u64, at: i64) -> (&'static str, String) {
    match nth % 3 {
        0 => ("official", callbacks::text("oAsker", 24_000_000 + nth, at, "报名")),
        1 => ("official", callbacks::event(&format!("oFollower{nth}"), at, "subscribe", "")),
        _ => {
            let list = "<SubscribeMsgPopupEvent><List><TemplateId>PLACED</TemplateId>\
                <SubscribeStatusString>accept</SubscribeStatusString><PopupScene>0</PopupScene>\
                </List></SubscribeMsgPopupEvent>";
            // Each in a second of its own: a person answers one question at a time.
            let at = at + i64::try_from(nth).unwrap();
            ("mini", callbacks::event("mPerson", at, "subscribe_msg_popup_event", list))
        }
    }
}

on_both_databases! {
    async fn a_thousand_callbacks_each_thrice_and_out_of_order_take_effect_once_over_a_restart(app: TestApp) {
        let person = fixtures::person(&app, fixtures::school(&app).await.community, 1).await;
        let openid = wechat_identity::ActiveModel {
            resident_id: Set(person.id),
            account: Set(WechatAccount::Mini),
            openid: Set("mPerson".to_owned()),
            created_at: Set(app.now()),
            ..Default::default()
        };
        openid.insert(app.app.db.writer()).await.unwrap();

        let process = Mutex::new(start(&app));
        let address = process.lock().unwrap().address.clone();
        let at = app.now().timestamp();
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

        let db = app.app.db.read();
        // A question that everybody is answered alike changes nothing, and leaves no row.
        let questions = CALLBACKS.div_ceil(3);
        assert_eq!(callback::Entity::find().count(db).await.unwrap(), CALLBACKS - questions);
        assert_eq!(follower::Entity::find().count(db).await.unwrap(), CALLBACKS / 3);
        let kept = subscription::Entity::find().one(db).await.unwrap().unwrap();
        assert_eq!((kept.kind, kept.balance), (NoticeKind::Placed, 333));
        // A repeat gets the first answer, sealed anew: what is inside is the same.
        let mut said: HashMap<u64, String> = HashMap::new();
        for (nth, answer) in answers {
            assert_eq!(said.entry(nth).or_insert_with(|| answer.clone()), &answer, "callback {nth}");
            assert_eq!(nth % 3 == 2, answer == "success", "callback {nth}: {answer}");
        }
    }
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
