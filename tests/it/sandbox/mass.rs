//! Mass sends: quotas, the same id again, results.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shangxue::config::Mode;
use shangxue::sandbox::{AccountKind, MassOutcome};

use super::service::Service;
use super::{Platform, code};

const SEND_ALL: &str = "/cgi-bin/message/mass/sendall";

fn to_all(media_id: &str, id: &str) -> Value {
    json!({
        "filter": {"is_to_all": true},
        "msgtype": "mpnews",
        "mpnews": {"media_id": media_id},
        "send_ignore_reprint": 0,
        "clientmsgid": id,
    })
}

#[tokio::test]
async fn articles_come_into_the_chats_and_their_end_is_told() {
    let platform = Platform::start_with(|config| config.official.mode = Mode::Plain).await;
    let service = Service::start(&platform).await;
    let (user, other) = (platform.sandbox.add_user("王小明"), platform.sandbox.add_user("李小红"));
    platform.sandbox.follow(&user).await.expect("followed");
    let draft = platform.draft().await;
    let sent = platform.official(SEND_ALL, &to_all(&draft, "news-7-1")).await;
    assert!(code(&sent) == 0 && !sent["msg_data_id"].is_null());
    platform.sandbox.settle().await;
    let (.., body) = service.last();
    for part in [
        "MASSSENDJOBFINISH",
        "<![CDATA[send success]]>",
        "<TotalCount>1<",
        "<SentCount>1<",
        "<ErrorCount>0<",
        "<ArticleUrlResult><Count>1</Count>",
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }
    let chat = platform.sandbox.chat(&user);
    let card = &chat.last().expect("a line").articles[0];
    assert_eq!(card.title, "秋季班开课");
    let page = platform.http.get(&card.url).send().await.expect("an answer");
    assert_eq!(page.status(), 200);
    assert!(platform.sandbox.chat(&other).is_empty(), "not a follower");
    assert_eq!(platform.sandbox.articles().len(), 1, "in the history");
    let left = platform.official("/cgi-bin/draft/get", &json!({"media_id": draft})).await;
    assert_eq!(code(&left), 40007, "used up");
    let published =
        platform.official("/cgi-bin/freepublish/batchget", &json!({"offset": 0, "count": 1})).await;
    assert_eq!(published["total_count"], 0, "sent, not published");

    let which = json!({"msg_id": sent["msg_id"]});
    let state = platform.official("/cgi-bin/message/mass/get", &which).await;
    assert_eq!(state["msg_status"], "SEND_SUCCESS");
    assert_eq!(code(&platform.official("/cgi-bin/message/mass/delete", &which).await), 0);
    let page = platform.http.get(&card.url).send().await.expect("an answer");
    assert_eq!(page.status(), 404, "the card stays, its content goes");
    let strange = json!({"msg_id": 1});
    assert_eq!(code(&platform.official("/cgi-bin/message/mass/get", &strange).await), 40059);
}

#[tokio::test]
async fn the_same_clientmsgid_is_refused_with_the_earlier_msg_id() {
    let platform = Platform::start().await;
    let user = platform.sandbox.add_user("王小明");
    platform.sandbox.follow(&user).await.expect("followed");
    let draft = platform.draft().await;
    let first = platform.official(SEND_ALL, &to_all(&draft, "news-7-1")).await;
    assert_eq!(code(&platform.official(SEND_ALL, &to_all(&draft, "news-7-1")).await), 45066);
    platform.config.clock.advance(TimeDelta::minutes(1));
    let again = platform.official(SEND_ALL, &to_all(&draft, "news-7-1")).await;
    assert_eq!((code(&again), &again["msg_id"]), (45065, &first["msg_id"]));
    let long = "x".repeat(65);
    assert_eq!(code(&platform.official(SEND_ALL, &to_all(&draft, &long)).await), 45067);
    platform.config.clock.advance(TimeDelta::hours(24));
    assert_eq!(code(&platform.official(SEND_ALL, &to_all(&draft, "news-7-1")).await), 40007);
}

#[tokio::test]
async fn a_subscription_account_sends_once_a_day() {
    let platform = Platform::start_with(|config| config.kind = AccountKind::Subscription).await;
    let send = async |id: &str| {
        let draft = platform.draft().await;
        code(&platform.official(SEND_ALL, &to_all(&draft, id)).await)
    };
    assert_eq!((send("a").await, send("b").await), (0, 45028));
    platform.config.clock.advance(TimeDelta::days(1));
    assert_eq!(send("c").await, 0);
}

#[tokio::test]
async fn a_person_gets_four_a_month_of_a_service_account() {
    let platform = Platform::start().await;
    let user = platform.sandbox.add_user("王小明");
    platform.sandbox.follow(&user).await.expect("followed");
    let words = |id: &str| {
        json!({"filter": {"is_to_all": true}, "msgtype": "text", "text": {"content": "通知"},
            "clientmsgid": id})
    };
    for (id, errcode) in [("1", 0), ("2", 0), ("3", 0), ("4", 0), ("5", 45028)] {
        assert_eq!(code(&platform.official(SEND_ALL, &words(id)).await), errcode);
        platform.sandbox.settle().await;
    }
    let fresh = platform.sandbox.add_user("李小红");
    platform.sandbox.follow(&fresh).await.expect("followed");
    assert_eq!(code(&platform.official(SEND_ALL, &words("6")).await), 0, "one has some left");
    platform.sandbox.settle().await;
    let told = platform.sandbox.callbacks();
    let told = &told.last().expect("an event").body;
    assert!(told.contains("<SentCount>1<") && told.contains("<ErrorCount>1<"), "{told}");
    assert_eq!(platform.sandbox.chat(&user).len(), 4);
}

#[tokio::test]
async fn a_mass_send_can_be_refused_later_and_a_preview_keeps_the_draft() {
    let platform = Platform::start().await;
    let user = platform.sandbox.add_user("王小明");
    platform.sandbox.follow(&user).await.expect("followed");
    let draft = platform.draft().await;
    let preview = json!({"touser": user.official_openid, "msgtype": "mpnews",
        "mpnews": {"media_id": draft}});
    assert_eq!(code(&platform.official("/cgi-bin/message/mass/preview", &preview).await), 0);
    assert!(platform.sandbox.chat(&user)[0].text.contains("秋季班开课"));
    platform.sandbox.set_mass_outcome(MassOutcome::Refused(20013));
    let sent = platform.official(SEND_ALL, &to_all(&draft, "a")).await;
    platform.sandbox.settle().await;
    assert!(platform.sandbox.callbacks().last().is_some_and(|it| it.body.contains("err(20013)")));
    let state =
        platform.official("/cgi-bin/message/mass/get", &json!({"msg_id": sent["msg_id"]})).await;
    assert_eq!(state["msg_status"], "SEND_FAIL");
    assert_eq!(platform.sandbox.chat(&user).len(), 1);
    let one =
        json!({"touser": [user.official_openid], "msgtype": "text", "text": {"content": "x"}});
    assert_eq!(code(&platform.official("/cgi-bin/message/mass/send", &one).await), 40130);
}

#[tokio::test]
async fn with_protection_a_send_to_all_waits_for_the_administrator() {
    let platform = Platform::start_with(|config| config.official.mode = Mode::Plain).await;
    let service = Service::start(&platform).await;
    let user = platform.sandbox.add_user("王小明");
    platform.sandbox.follow(&user).await.expect("followed");
    let before = platform.sandbox.chat(&user).len();
    let control = |path: &str| format!("/sandbox/api/mass-protection{path}");
    platform.post(&control(""), &json!({"on": true})).await;
    for (number, (answer, status)) in
        [("confirm", "send success"), ("refuse", "err(40001)"), ("lapse", "err(40002)")]
            .into_iter()
            .enumerate()
    {
        let draft = platform.draft().await;
        let sent = platform.official(SEND_ALL, &to_all(&draft, &format!("news-{number}"))).await;
        assert_eq!(code(&sent), 0);
        platform.sandbox.settle().await;
        let held = platform.get(&control("")).await;
        assert_eq!((&held["on"], &held["held"][0]["title"]), (&json!(true), &json!("秋季班开课")));
        let which = json!({"msg_id": sent["msg_id"]});
        let state = platform.official("/cgi-bin/message/mass/get", &which).await;
        assert_eq!(state["msg_status"], "SENDING");
        if answer == "lapse" {
            // Nobody answers for half an hour.
            platform.post("/sandbox/api/clock", &json!({"advance_s": 1800})).await;
        } else {
            platform.post(&control("/answer"), &json!({"answer": answer})).await;
        }
        platform.sandbox.settle().await;
        assert!(service.last().2.contains(&format!("<![CDATA[{status}]]>")), "{status}");
        platform.config.clock.advance(TimeDelta::minutes(2));
    }
    assert_eq!(platform.sandbox.chat(&user).len(), before + 1, "only what was confirmed");
    let nothing = platform.post(&control("/answer"), &json!({"answer": "confirm"})).await;
    assert_eq!(nothing["code"], "nothing_held");
}
