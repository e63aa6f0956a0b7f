//! Content checks: names, messages, pictures and recordings, judged by the platform or by
//! a person before others see them.

use std::io::Cursor;

use chrono::TimeDelta;
use entity::ids::{CheckId, ResidentId};
use entity::kinds::{CheckKind, CheckState, CheckSubject, MediaState, Role, WechatAccount};
use entity::{audit, check_verdict, content_check, help_media, help_message, wechat_identity};
use reqwest::Method;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use shangxue::sandbox::{Fault, Order, Said, User, Verdict};
use shangxue::wechat::message::{MediaCheck, MediaOutcome, Suggestion};
use shangxue::{helpdesk, safety};

use crate::support::fixtures::{self, Clerk, School};
use crate::support::platform::World;
use crate::support::stub::{Platform, refusal, token};
use crate::support::{Backend, TestApp};
use crate::{on_both_databases, on_both_databases_with_wechat};

const TEXT: &str = "/wxa/msg_sec_check";
const MEDIA: &str = "/wxa/media_check_async";

/// A resident who signed in by WeChat, agreed, and is linked to the account.
struct Member {
    user: User,
    id: ResidentId,
    token: String,
}

async fn member(world: &World, name: &str) -> Member {
    let user = world.platform.add_user(name);
    world.platform.follow(&user).await.unwrap();
    world.app.run_jobs().await;
    let session = world.sign_in(&user).await;
    world.app.run_jobs().await;
    let token = session["token"].as_str().unwrap().to_owned();
    let version = &world.app.app.config.members.consent_version;
    let agreed = json!({"kind": "privacy", "version": version});
    world.app.post("/api/me/consents", &agreed).bearer(&token).send().await.ok();
    Member { user, id: ResidentId(session["me"]["id"].as_i64().unwrap()), token }
}

async fn is_called(app: &TestApp, token: &str, school: &School, name: &str) -> Value {
    let community = school.community;
    let profile = json!({"name": name, "birth_date": "1956-03-01", "community_id": community});
    app.put("/api/me/profile", &profile).bearer(token).send().await.ok()
}

/// Asks for a person in the chat, and sends these.
async fn sends(world: &World, who: &Member, said: Said) {
    world.platform.say(&who.user, "人工").await.unwrap();
    world.platform.send(&who.user, said).await.unwrap();
}

fn png() -> Vec<u8> {
    let image = image::RgbImage::from_pixel(40, 30, image::Rgb([7, 90, 90]));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn tray(app: &TestApp, who: &Clerk) -> Vec<Value> {
    let list = app.get("/api/staff/checks").by(who).send().await.ok();
    let count = app.get("/api/staff/checks-count").by(who).send().await.ok();
    assert_eq!(list["total"], count["waiting"]);
    list["items"].as_array().unwrap().clone()
}

async fn decide(app: &TestApp, who: &Clerk, check: &Value, fit: bool) {
    let path = format!("/api/staff/checks/{}", check["id"]);
    app.post(&path, &json!({"fit": fit})).by(who).send().await.ok();
}

async fn checks(app: &TestApp) -> Vec<content_check::Model> {
    let mut rows = content_check::Entity::find().all(app.app.db.read()).await.unwrap();
    rows.sort_by_key(|row| row.id);
    rows
}

/// The newest line of the newest thread, as staff see it, and the thread's path.
async fn last_line(app: &TestApp, who: &Clerk) -> (String, Value) {
    let list = app.get("/api/staff/desk").by(who).send().await.ok();
    let path = format!("/api/staff/desk/{}", list["items"][0]["id"]);
    let view = app.get(&path).by(who).send().await.ok();
    (path, view["lines"].as_array().unwrap().last().unwrap().clone())
}

on_both_databases_with_wechat! {
    async fn a_name_is_masked_for_others_until_it_was_judged_and_nobody_waits_for_that(world: World) {
        let app = &world.app;
        let school = fixtures::school(app).await;
        let class = fixtures::class(app, &school, "一班", 10).await;
        let meeting = fixtures::meeting(app, &school, class, 1, TimeDelta::zero()).await;
        let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
        let who = member(&world, "王秀英").await;
        is_called(app, &who.token, &school, "王秀英").await;
        let enrol = format!("/api/classes/{class}/enrolments");
        app.post(&enrol, &json!({"join_waitlist": false})).bearer(&who.token).send().await.ok();
        let roll = async || {
            let roll = app.get(&format!("/api/staff/meetings/{meeting}/roll")).by(&centre).send().await.ok();
            roll["items"][0]["name"].as_str().unwrap().to_owned()
        };
        assert_eq!(roll().await, "王**");
        app.run_jobs().await;
        assert_eq!(roll().await, "王秀英");
        assert!(tray(app, &centre).await.is_empty());
        // The same name again is not asked about again.
        is_called(app, &who.token, &school, "王秀英").await;
        app.run_jobs().await;
        assert_eq!(world.calls(TEXT), 1);

        is_called(app, &who.token, &school, "王赌博").await;
        app.run_jobs().await;
        assert_eq!(roll().await, "王**");
        let learners = app.get(&format!("/api/staff/classes/{class}/enrolments")).by(&centre).send().await.ok();
        assert_eq!((&learners["items"][0]["name"], &learners["items"][0]["name_state"]), (&json!("王赌博"), &json!("unseen")));
        let risky = tray(app, &centre).await.remove(0);
        assert_eq!((&risky["text"], &risky["subject"]), (&json!("王赌博"), &json!("resident_name")));
        assert!(risky["state_text"].as_str().unwrap().contains("可能不合适：违法犯罪"), "{risky}");
        decide(app, &centre, &risky, false).await;
        assert!(tray(app, &centre).await.is_empty());
        let me = app.get("/api/me").bearer(&who.token).send().await.ok();
        assert_eq!(me["name_refused"], true);
        let done = app.get("/api/staff/checks?decided=true").by(&centre).send().await.ok();
        assert!(done["items"][0]["state_text"].as_str().unwrap().starts_with("不合适 · centre同志"), "{done}");
        let log = audit::Entity::find().all(app.app.db.read()).await.unwrap();
        assert!(log.iter().any(|row| row.action == "content.refused" && row.staff_id == Some(centre.id)));
        // Another thought, and another name.
        decide(app, &centre, &risky, true).await;
        assert_eq!(roll().await, "王赌博");
        let me = is_called(app, &who.token, &school, "王秀英").await;
        assert_eq!(me["name_refused"], false);
        assert_eq!(roll().await, "王**");
        app.run_jobs().await;
        assert_eq!(roll().await, "王秀英");
    }

    async fn a_name_that_the_platform_cannot_check_waits_for_a_person(world: World) {
        let app = &world.app;
        let school = fixtures::school(app).await;
        let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
        let officer = fixtures::clerk(app, "officer", Role::Officer, Some(school.community)).await;
        let who = member(&world, "王秀英").await;
        is_called(app, &who.token, &school, "王秀英").await;
        // 61010: longer than two hours out of the mini-program.
        world.advance(TimeDelta::hours(3));
        app.run_jobs().await;
        let waits = tray(app, &officer).await.remove(0);
        assert_eq!((&waits["state"], &waits["state_text"]), (&json!("not_checked"), &json!("平台没有检查，请人看")));
        decide(app, &officer, &waits, true).await;
        assert!(tray(app, &centre).await.is_empty());
        assert_eq!(checks(app).await[0].state, CheckState::Passed);
    }

    async fn while_the_platform_fails_it_is_asked_again_and_after_half_an_hour_a_person_looks(world: World) {
        let app = &world.app;
        let school = fixtures::school(app).await;
        let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
        let who = member(&world, "王秀英").await;
        world.platform.fail_next(TEXT, Fault::Errcode(-1), 1);
        is_called(app, &who.token, &school, "王秀英").await;
        app.run_jobs().await;
        assert_eq!(checks(app).await[0].state, CheckState::Waiting);
        assert!(tray(app, &centre).await.is_empty());
        world.advance(TimeDelta::seconds(5));
        app.run_jobs().await;
        assert_eq!(checks(app).await[0].state, CheckState::Passed);

        world.platform.fail_next(TEXT, Fault::Errcode(-1), 100);
        is_called(app, &who.token, &school, "王秀兰").await;
        app.run_jobs().await;
        world.advance(TimeDelta::minutes(30));
        // Whatever the job is waiting for.
        assert_eq!(tray(app, &centre).await[0]["state_text"], "平台没有回音，请人看");
        app.run_jobs().await;
        assert_eq!(tray(app, &centre).await[0]["state"], "not_checked");
    }

    async fn a_picture_is_brought_made_anew_and_covered_where_it_is_risky(world: World) {
        let app = &world.app;
        let school = fixtures::school(app).await;
        let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
        let elsewhere = fixtures::clerk(app, "elsewhere", Role::Officer, Some(school.community)).await;
        let teacher = fixtures::clerk(app, "teacher", Role::Teacher, None).await;
        let who = member(&world, "王秀英").await;
        world.platform.set_verdict(Verdict::Risky);
        world.platform.hold_callbacks();
        sends_held(&world, &who).await;
        let (path, line) = last_line(app, &centre).await;
        assert_eq!(line["media"], json!({"shown": "nothing", "text": "正在取来，请稍等。"}));
        app.run_jobs().await;
        world.platform.settle().await;

        let (_, line) = last_line(app, &centre).await;
        assert_eq!((&line["media"]["shown"], &line["check"]["state"]), (&json!("picture"), &json!("waiting")));
        let url = line["media"]["url"].as_str().unwrap();
        let picture = app.get(url).by(&centre).send().await;
        assert_eq!(picture.headers["content-type"], "image/png");
        assert_eq!(image::load_from_memory(&picture.bytes).unwrap().width(), 40);
        app.get(url).by(&elsewhere).send().await.refused(404, "thread_not_found");
        app.get(url).by(&teacher).send().await.refused(403, "forbidden");
        app.get(&format!("{path}/media/999")).by(&centre).send().await.refused(404, "media_not_found");
        // The platform finds it as long as it is asked, and nobody guesses where.
        let check = checks(app).await.into_iter().find(|row| row.kind == CheckKind::Picture).unwrap();
        let address = check.content.strip_prefix(&app.url).unwrap();
        assert_eq!(app.get(address).send().await.bytes, picture.bytes);
        app.get(&address[..address.len() - 1]).send().await.refused(404, "media_not_found");

        world.platform.release(Order::AsTheyCame, 2).await;
        let (_, line) = last_line(app, &centre).await;
        assert_eq!(line["check"], json!({"state": "risky", "text": "平台认为可能不合适，点开再看", "covered": true}));
        app.get(address).send().await.refused(404, "media_not_found");
        let entry = tray(app, &centre).await.remove(0);
        assert_eq!((&entry["media_url"], &entry["covered"]), (&json!(url), &json!(true)));
        assert_eq!(entry["state_text"], "平台认为可能不合适：色情");
        assert!(tray(app, &elsewhere).await.is_empty());
        let path = format!("/api/staff/checks/{}", entry["id"]);
        app.post(&path, &json!({"fit": true})).by(&elsewhere).send().await.refused(404, "check_not_found");
        decide(app, &centre, &entry, true).await;
        let (_, line) = last_line(app, &centre).await;
        assert_eq!(line["check"], Value::Null);
        // The same event once more changes nothing.
        let event = world.platform.callbacks().into_iter().rfind(|one| one.what == "wxa_media_check").unwrap();
        world.platform.redeliver(event.number).await.unwrap();
        assert!(tray(app, &centre).await.is_empty());
    }

    async fn after_half_an_hour_of_silence_a_person_looks_and_a_late_event_still_counts(world: World) {
        let app = &world.app;
        let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
        let who = member(&world, "王秀英").await;
        world.platform.hold_callbacks();
        sends_held(&world, &who).await;
        sends_again(&world, &who).await;
        app.run_jobs().await;
        world.platform.settle().await;
        world.advance(TimeDelta::minutes(29));
        assert!(tray(app, &centre).await.is_empty());
        world.advance(TimeDelta::minutes(1));
        let waiting = tray(app, &centre).await;
        assert_eq!(waiting.len(), 2);
        assert_eq!(waiting[0]["state_text"], "平台没有回音，请人看");
        // A person's word is the last one.
        decide(app, &centre, &waiting[0], false).await;
        world.platform.release(Order::Backwards, 1).await;
        assert!(tray(app, &centre).await.is_empty());
        let states: Vec<_> = checks(app).await.into_iter().map(|row| row.state).collect();
        assert_eq!(states, [CheckState::Risky, CheckState::Passed]);
    }

    async fn a_recording_can_be_downloaded_and_what_was_understood_is_judged(world: World) {
        let app = &world.app;
        let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
        let who = member(&world, "王秀英").await;
        sends(&world, &who, Said::Voice { recognition: "教室太冷了，能不能把空调开一下".to_owned() }).await;
        app.run_jobs().await;
        let (_, line) = last_line(app, &centre).await;
        assert_eq!((&line["media"]["shown"], &line["media"]["text"]), (&json!("file"), &json!("录音（可下载）")));
        assert!(line["text"].as_str().unwrap().contains("教室太冷了"), "{line}");
        let file = app.get(line["media"]["url"].as_str().unwrap()).by(&centre).send().await;
        assert_eq!((file.headers["content-type"].to_str().unwrap(), &file.bytes[..5]), ("audio/amr", &b"#!AMR"[..]));
        assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
        assert_eq!((world.calls(TEXT), world.calls(MEDIA)), (1, 0));
        assert_eq!(checks(app).await[0].state, CheckState::Passed);
    }

    async fn what_the_platform_no_longer_has_is_said_to_be_missing(world: World) {
        let app = &world.app;
        let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
        let who = member(&world, "王秀英").await;
        sends(&world, &who, Said::Image { bytes: png() }).await;
        world.advance(TimeDelta::days(4));
        app.run_jobs().await;
        let (_, line) = last_line(app, &centre).await;
        assert_eq!(line["media"], json!({"shown": "missing", "text": "没有取到。"}));
        let kept = help_media::Entity::find().one(app.app.db.read()).await.unwrap().unwrap();
        assert_eq!((kept.state, kept.bytes), (MediaState::Failed, None));
        // Of a stranger nothing is asked, and staff are told.
        let stranger = world.platform.add_user("路人");
        world.platform.follow(&stranger).await.unwrap();
        world.platform.say(&stranger, "人工").await.unwrap();
        world.platform.say(&stranger, "教室太冷了，能不能把空调开一下").await.unwrap();
        let list = app.get("/api/staff/desk").by(&centre).send().await.ok();
        let view = app.get(&format!("/api/staff/desk/{}", list["items"][0]["id"])).by(&centre).send().await.ok();
        assert_eq!(view["lines"][0]["check"]["text"], "平台没有检查");
        assert!(tray(app, &centre).await.is_empty());
        let _known = world.platform.take_unexpected();
    }

    async fn what_was_sent_goes_with_the_person(world: World) {
        let app = &world.app;
        let school = fixtures::school(app).await;
        let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
        let who = member(&world, "王秀英").await;
        is_called(app, &who.token, &school, "王赌博").await;
        world.platform.set_verdict(Verdict::Risky);
        sends(&world, &who, Said::Image { bytes: png() }).await;
        world.platform.say(&who.user, "一起来赌博吧老姐妹们").await.unwrap();
        app.run_jobs().await;
        world.platform.settle().await;
        assert_eq!(tray(app, &centre).await.len(), 3);
        let (_, line) = last_line(app, &centre).await;
        let picture = app.get("/api/staff/desk").by(&centre).send().await.ok()["items"][0]["id"].clone();
        let view = app.get(&format!("/api/staff/desk/{picture}")).by(&centre).send().await.ok();
        let url = view["lines"][0]["media"]["url"].as_str().unwrap().to_owned();
        assert!(line["check"]["covered"].as_bool().unwrap());
        // One more is on its way.
        world.platform.send(&who.user, Said::Image { bytes: png() }).await.unwrap();
        app.request(Method::DELETE, "/api/me").bearer(&who.token).send().await.ok();
        app.run_jobs().await;
        assert!(tray(app, &centre).await.is_empty());
        app.get(&url).by(&centre).send().await.refused(404, "media_not_found");
        for row in checks(app).await {
            assert_eq!(row.content, "", "{row:?}");
        }
        let media = help_media::Entity::find().all(app.app.db.read()).await.unwrap();
        assert!(media.iter().all(|row| row.bytes.is_none()), "{media:?}");
        let messages = help_message::Entity::find().all(app.app.db.read()).await.unwrap();
        assert!(messages.iter().all(|row| row.media_id.is_none()), "{messages:?}");
    }

    async fn what_was_sent_goes_when_its_time_is_over(world: World) {
        let app = &world.app;
        let who = member(&world, "王秀英").await;
        sends(&world, &who, Said::Image { bytes: png() }).await;
        app.run_jobs().await;
        world.platform.settle().await;
        assert_eq!(check_verdict::Entity::find().count(app.app.db.read()).await.unwrap(), 1);
        world.advance(TimeDelta::days(180));
        helpdesk::prune(&app.app).await.unwrap();
        safety::prune(&app.app).await.unwrap();
        assert_eq!(check_verdict::Entity::find().count(app.app.db.read()).await.unwrap(), 0);
        let clerk = fixtures::clerk(app, "later", Role::Centre, None).await;
        let (_, line) = last_line(app, &clerk).await;
        assert_eq!(line["media"]["shown"], "picture");
        let url = line["media"]["url"].as_str().unwrap().to_owned();
        world.advance(TimeDelta::seconds(1));
        helpdesk::prune(&app.app).await.unwrap();
        app.get(&url).by(&clerk).send().await.refused(404, "media_not_found");
        let (_, line) = last_line(app, &clerk).await;
        assert_eq!(line["media"]["text"], "已经删掉了。");
    }

    async fn a_long_text_is_asked_about_in_parts_and_the_worst_counts(world: World) {
        let app = &world.app;
        let who = member(&world, "王秀英").await;
        let text = format!("{}赌博", "好".repeat(5000));
        open(app, who.id, CheckKind::Text, &text).await;
        app.run_jobs().await;
        assert_eq!(world.calls(TEXT), 3);
        let row = checks(app).await.remove(0);
        assert_eq!((row.state, row.label), (CheckState::Risky, Some(20006)));
    }
}

/// While callbacks are held back, what people say is written down by us in their place.
async fn sends_held(world: &World, who: &Member) {
    sends(world, who, Said::Image { bytes: png() }).await;
    world.platform.release(Order::AsTheyCame, 1).await;
    world.platform.hold_callbacks();
}

async fn sends_again(world: &World, who: &Member) {
    world.platform.send(&who.user, Said::Image { bytes: png() }).await.unwrap();
    world.platform.release(Order::AsTheyCame, 1).await;
    world.platform.hold_callbacks();
}

async fn open(app: &TestApp, resident: ResidentId, kind: CheckKind, content: &str) {
    let tx = app.app.db.begin().await.unwrap();
    let thing = safety::Thing {
        subject: CheckSubject::HelpMessage,
        id: 1,
        kind,
        resident: Some(resident),
        content,
        page: "/desk/1",
    };
    safety::open(&tx, &thing, app.now()).await.unwrap();
    tx.commit().await.unwrap();
}

on_both_databases! {
    async fn without_a_mini_program_names_wait_for_staff_of_their_community(app: TestApp) {
        let school = fixtures::school(&app).await;
        let who = fixtures::person(&app, school.community, 1).await;
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(school.community)).await;
        let nobody = fixtures::clerk(&app, "nobody", Role::Officer, None).await;
        let editor = fixtures::clerk(&app, "editor", Role::Editor, None).await;
        is_called(&app, &who.token, &school, "王秀英").await;
        app.run_jobs().await;
        assert_eq!(tray(&app, &officer).await[0]["state"], "not_checked");
        app.get("/api/staff/checks").by(&nobody).send().await.refused(403, "no_community");
        app.get("/api/staff/checks").by(&editor).send().await.refused(403, "forbidden");
        let first = tray(&app, &officer).await.remove(0);
        // A name that was changed meanwhile is not the one that was looked at.
        is_called(&app, &who.token, &school, "李建国").await;
        decide(&app, &officer, &first, true).await;
        app.run_jobs().await;
        let row = checks(&app).await.remove(0);
        assert_eq!((row.content.as_str(), row.state, row.id), ("李建国", CheckState::NotChecked, CheckId(first["id"].as_i64().unwrap())));
        assert_eq!(tray(&app, &officer).await[0]["text"], "李建国");
    }
}

/// What the platform says of a file.
fn event(trace: &str, suggestion: Suggestion) -> MediaCheck {
    MediaCheck {
        trace_id: trace.to_owned(),
        appid: String::new(),
        outcome: MediaOutcome::Judged { suggestion, label: Some(20002) },
        details: Vec::new(),
    }
}

async fn tell(app: &TestApp, event: &MediaCheck) {
    let tx = app.app.db.begin().await.unwrap();
    safety::verdict(&tx, event, app.now()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_counts_once_whether_it_comes_before_or_after_the_answer() {
    for backend in [Backend::Sqlite, Backend::Postgres].into_iter().filter(|it| it.available()) {
        let stub = Platform::start(|seen| match seen.path.as_str() {
            MEDIA => (200, json!({"errcode": 0, "trace_id": "trace-1"})),
            TEXT => refusal(44004),
            _ => token("T"),
        })
        .await;
        let settings = [
            ("wechat.api_base", stub.url.clone()),
            ("wechat.mini.appid", "wx2".to_owned()),
            ("wechat.mini.secret", "secret".to_owned()),
            ("wechat.mini.token", "token".to_owned()),
            ("wechat.mini.mode", "plain".to_owned()),
        ];
        for before in [true, false] {
            let app = TestApp::start_with(backend, &settings).await;
            let school = fixtures::school(&app).await;
            let who = fixtures::person(&app, school.community, 1).await;
            let identity = wechat_identity::ActiveModel {
                resident_id: Set(who.id),
                account: Set(WechatAccount::Mini),
                openid: Set("o-1".to_owned()),
                created_at: Set(app.now()),
                ..Default::default()
            };
            identity.insert(app.app.db.writer()).await.unwrap();
            open(&app, who.id, CheckKind::Picture, "https://example.com/1").await;
            if before {
                tell(&app, &event("trace-1", Suggestion::Risky)).await;
                assert_eq!(checks(&app).await[0].state, CheckState::Waiting);
            }
            app.run_jobs().await;
            if !before {
                let waiting = checks(&app).await.remove(0);
                assert_eq!(
                    (waiting.state, waiting.trace_id.as_deref()),
                    (CheckState::Waiting, Some("trace-1"))
                );
                tell(&app, &event("trace-1", Suggestion::Risky)).await;
            }
            let settled = checks(&app).await;
            assert_eq!((settled[0].state, settled[0].label), (CheckState::Risky, Some(20002)));
            // Again, and with another word: the first one stands.
            tell(&app, &event("trace-1", Suggestion::Risky)).await;
            tell(&app, &event("trace-1", Suggestion::Pass)).await;
            tell(&app, &event("unheard-of", Suggestion::Pass)).await;
            assert_eq!(checks(&app).await, settled);
            assert_eq!(check_verdict::Entity::find().count(app.app.db.read()).await.unwrap(), 2);
        }
    }
}
