//! Whatever can be shown or sent to the register: for each field of it, what is forged,
//! altered, expired, foreign or replayed is refused with the right sentence.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use entity::attendance_event;
use entity::ids::{ClassId, MeetingId};
use entity::kinds::Role;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::fixtures::{self, Clerk, Person, School};
use crate::support::{Answer, TestApp};

/// Two classes at one hour, each with a learner.
struct Scene {
    school: School,
    classes: [ClassId; 2],
    meetings: [MeetingId; 2],
    learners: [Person; 2],
    centre: Clerk,
}

async fn scene(app: &TestApp) -> Scene {
    let school = fixtures::school(app).await;
    let other = School { course: fixtures::course_named(app, "书法").await, ..school };
    let classes = [
        fixtures::class(app, &school, "智在指尖一班", 20).await,
        fixtures::class(app, &other, "书法一班", 20).await,
    ];
    let meetings = [
        fixtures::meeting(app, &school, classes[0], 1, TimeDelta::minutes(-1)).await,
        fixtures::meeting(app, &other, classes[1], 1, TimeDelta::minutes(-1)).await,
    ];
    let learners = [
        fixtures::person(app, school.community, 1).await,
        fixtures::person(app, school.community, 2).await,
    ];
    fixtures::placed(app, &school, classes[0], learners[0].id).await;
    fixtures::placed(app, &other, classes[1], learners[1].id).await;
    let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
    Scene { school, classes, meetings, learners, centre }
}

impl Scene {
    /// Meeting, step and mark of the code that is shown now.
    async fn code(&self, app: &TestApp, nth: usize) -> [String; 3] {
        let path = format!("/api/staff/meetings/{}/code", self.meetings[nth]);
        let code = app.get(&path).by(&self.centre).send().await.ok();
        let code = code["link"].as_str().unwrap().split_once("?c=").unwrap().1.to_owned();
        let parts: Vec<_> = code.split('.').map(str::to_owned).collect();
        parts.try_into().unwrap()
    }

    async fn send(&self, app: &TestApp, scan: Value) -> Value {
        let path = format!("/api/staff/meetings/{}/scans", self.meetings[0]);
        let body = json!({ "device": "d-1", "sent_at": app.now(), "scans": [scan] });
        app.post(&path, &body).by(&self.centre).send().await.ok()["items"][0].clone()
    }

    async fn card(&self, app: &TestApp, name: &str, card: &str) -> (String, String) {
        let scan = json!({ "scan_id": name, "kind": "card", "card": card, "device_at": app.now() });
        let item = self.send(app, scan).await;
        let word = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        assert!(item["outcome"] != "tray" || item["message"].is_string(), "{item}");
        (word("outcome"), word("why"))
    }

    async fn present(&self, app: &TestApp, nth: usize) -> Value {
        let path = format!("/api/staff/meetings/{}/roll", self.meetings[nth]);
        app.get(&path).by(&self.centre).send().await.ok()["present"].clone()
    }
}

async fn show(app: &TestApp, who: &Person, code: &str) -> Answer {
    app.post("/api/me/check-in", &json!({ "code": code })).bearer(&who.token).send().await
}

fn altered(text: &str) -> Vec<String> {
    (0..text.len())
        .map(|at| {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'3' { b'4' } else { b'3' };
            String::from_utf8(bytes).unwrap()
        })
        .collect()
}

on_both_databases! {
    async fn each_field_of_a_code_is_refused_when_it_is_not_what_was_shown(app: TestApp) {
        let scene = scene(&app).await;
        let [learner, other] = &scene.learners;
        let code = scene.code(&app, 0).await;
        let [meeting, step, mark] = &code;
        let [other_meeting, _, other_mark] = &scene.code(&app, 1).await;
        let later = (step.parse::<i64>().unwrap() + 1).to_string();
        let mut table = Vec::new();
        // Altered: each character of each field, and each field left out or twice.
        for nth in 0..3 {
            for text in altered(&code[nth]).into_iter().chain([String::new(), format!("{0}{0}", code[nth])]) {
                let mut parts = code.clone();
                parts[nth] = text;
                table.push(parts.join("."));
            }
        }
        // Forged: made up, or put together from what was seen.
        table.extend([
            format!("{meeting}.{step}.{}", URL_SAFE_NO_PAD.encode([0; 12])),
            format!("{meeting}.{step}.{other_mark}"),
            format!("{other_meeting}.{step}.{mark}"),
            format!("{meeting}.{later}.{mark}"),
            format!("{meeting}.{step}"),
            format!("{meeting}.{step}.{mark}.{mark}"),
            format!("999.{step}.{mark}"),
        ]);
        for forged in &table {
            let refused = show(&app, learner, forged).await.refused(400, "code_invalid");
            assert_eq!(refused["message"], "这不是签到码。", "{forged}");
            assert!(refused["next"][0]["text"].as_str().unwrap().contains("再扫一次"));
        }
        // Foreign: genuine, of a class that is not theirs.
        let refused = show(&app, other, &code.join(".")).await.refused(403, "not_enrolled");
        assert_eq!(refused["message"], "您没有报名“智在指尖一班”。");
        assert_eq!(scene.present(&app, 0).await, 0);
        // Replayed: the same person, from two phones.
        assert_eq!(show(&app, learner, &code.join(".")).await.ok()["outcome"], "recorded");
        let body = json!({ "code": code.join("."), "device": "another-phone" });
        let again = app.post("/api/me/check-in", &body).bearer(&learner.token).send().await.ok();
        assert_eq!(again["outcome"], "already_recorded");
        assert_eq!(attendance_event::Entity::find().count(app.app.db.read()).await.unwrap(), 1);
        // Expired: a photo of it is worth nothing after half a minute, to nobody.
        let late = fixtures::person(&app, scene.school.community, 3).await;
        fixtures::placed(&app, &scene.school, scene.classes[0], late.id).await;
        app.advance(TimeDelta::seconds(30));
        let refused = show(&app, &late, &code.join(".")).await.refused(409, "code_expired");
        assert_eq!(refused["message"], "这个码已经过期了，码每几秒换一次。");
        show(&app, learner, &code.join(".")).await.refused(409, "code_expired");
        assert_eq!(scene.present(&app, 0).await, 1);
    }

    async fn no_code_tells_anything_of_another(app: TestApp) {
        let scene = scene(&app).await;
        let mut marks = HashSet::new();
        for _ in 0..40 {
            for nth in [0, 1] {
                let [_, _, mark] = scene.code(&app, nth).await;
                assert_eq!(URL_SAFE_NO_PAD.decode(&mark).unwrap().len(), 12, "96 bits");
                assert!(marks.insert(mark), "a mark came again");
            }
            app.advance(TimeDelta::seconds(10));
        }
        // No piece of four characters stands at the same place in many of them.
        for at in 0..12 {
            let pieces: HashSet<_> = marks.iter().map(|mark| &mark[at..at + 4]).collect();
            assert!(pieces.len() > marks.len() - 4, "at {at}: {}", pieces.len());
        }
    }

    async fn each_field_of_a_card_is_refused_when_it_is_not_what_was_signed(app: TestApp) {
        let scene = scene(&app).await;
        let [learner, other] = &scene.learners;
        let link = async |who: &Person| {
            let card = app.post("/api/me/card", &Value::Null).bearer(&who.token).send().await.ok();
            card["link"].as_str().unwrap().split_once("?k=").unwrap().1.to_owned()
        };
        let (own, foreign) = (link(learner).await, link(other).await);
        let parts: [String; 3] = own.split('.').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap();
        let theirs: Vec<_> = foreign.split('.').collect();
        let refused = |why: &str| ("tray".to_owned(), why.to_owned());
        let mut nth = 0;
        for field in 0..3 {
            for text in altered(&parts[field]) {
                let mut parts = parts.clone();
                parts[field] = text;
                nth += 1;
                assert_eq!(scene.card(&app, &format!("a-{nth}"), &parts.join(".")).await, refused("card_forged"));
            }
        }
        // Forged: signed by somebody else, also of a number that there is; or with a signature of
        // another card, or of ours for something else.
        let [number, serial, _] = &parts;
        let stranger = SigningKey::from_bytes(&[7; 32]);
        let signature = |text: String| URL_SAFE_NO_PAD.encode(stranger.sign(text.as_bytes()).to_bytes());
        let day = app.get("/api/staff/day-roll").by(&scene.centre).send().await.ok();
        for (name, mark) in [
            ("stranger", signature(format!("shangxue learner card 1\n{number}.{serial}"))),
            ("other", theirs[2].to_owned()),
            ("day", day["signature"].as_str().unwrap().to_owned()),
            ("empty", String::new()),
        ] {
            let why = scene.card(&app, name, &format!("{number}.{serial}.{mark}")).await;
            assert_eq!(why, refused("card_forged"), "{name}");
        }
        for (name, text) in [("two", format!("{number}.{serial}")), ("four", format!("{own}.x")), ("text", "你好".to_owned())] {
            let (outcome, why) = scene.card(&app, name, &text).await;
            assert!(outcome == "tray" && ["card_unreadable", "card_forged"].contains(&why.as_str()), "{name}: {why}");
        }
        // Foreign: a good card of somebody who is not in the class.
        assert_eq!(scene.card(&app, "foreign", &foreign).await, refused("not_on_roll"));
        assert_eq!(scene.present(&app, 0).await, 0);
        // Replayed: the same scan, and the same card again.
        assert_eq!(scene.card(&app, "s-1", &own).await.0, "recorded");
        assert_eq!(scene.card(&app, "s-1", &own).await.0, "already");
        assert_eq!(scene.card(&app, "s-2", &own).await.0, "recorded");
        assert_eq!(scene.present(&app, 0).await, 1);
        // Expired: replaced.
        app.post("/api/me/card/replace", &Value::Null).bearer(&learner.token).send().await.ok();
        app.advance(TimeDelta::seconds(1));
        assert_eq!(scene.card(&app, "s-3", &own).await, refused("card_ended"));
    }

    async fn each_field_of_a_poster_is_refused_when_it_is_not_theirs_or_not_the_time(app: TestApp) {
        let scene = scene(&app).await;
        let [learner, _] = &scene.learners;
        let own = format!("B{}", scene.classes[0]);
        for (text, status, code) in [
            ("B".to_owned(), 400, "code_invalid"),
            (format!("b{}", scene.classes[0]), 400, "code_invalid"),
            (format!("{own}x"), 400, "code_invalid"),
            ("B-1".to_owned(), 400, "code_invalid"),
            ("B99".to_owned(), 404, "class_not_found"),
            (format!("B{}", scene.classes[1]), 403, "not_enrolled"),
            ("S99".to_owned(), 409, "no_meeting_here"),
        ] {
            assert!(show(&app, learner, &text).await.refused(status, code)["message"].is_string(), "{text}");
        }
        // Replayed: one claim, and nobody is there by it.
        for _ in 0..2 {
            assert_eq!(show(&app, learner, &own).await.ok()["outcome"], "awaits_nod");
        }
        assert_eq!(entity::poster_claim::Entity::find().count(app.app.db.read()).await.unwrap(), 1);
        assert_eq!(scene.present(&app, 0).await, 0);
        app.advance(TimeDelta::minutes(120));
        let refused = show(&app, learner, &own).await.refused(409, "too_late");
        assert_eq!(refused["message"], "这次课的签到已经结束。");
        app.advance(TimeDelta::minutes(-160));
        show(&app, learner, &own).await.refused(409, "too_early");
    }

    async fn each_field_of_a_roll_that_a_phone_keeps_is_signed_and_what_it_sends_is_weighed(app: TestApp) {
        let scene = scene(&app).await;
        let day = app.get("/api/staff/day-roll").by(&scene.centre).send().await.ok();
        let field = |name: &str| day[name].as_str().unwrap().to_owned();
        let key = URL_SAFE_NO_PAD.decode(field("public_key")).unwrap();
        let key = VerifyingKey::from_bytes(&key.try_into().unwrap()).unwrap();
        let genuine = |context: &str, text: &str, signature: &str| {
            let Ok(bytes) = URL_SAFE_NO_PAD.decode(signature) else { return false };
            let Ok(bytes) = <[u8; 64]>::try_from(bytes) else { return false };
            key.verify_strict(format!("{context}{text}").as_bytes(), &Signature::from_bytes(&bytes)).is_ok()
        };
        let (context, text, signature) = (field("context"), field("text"), field("signature"));
        assert!(genuine(&context, &text, &signature));
        assert!(!genuine(&field("card_context"), &text, &signature), "for nothing else");
        for forged in altered(&signature) {
            assert!(!genuine(&context, &text, &forged));
        }
        // Each field of the text: whose it is, when, and who is on it.
        let whole: Value = serde_json::from_str(&text).unwrap();
        let learner = whole["meetings"][0]["learners"][0].as_object().unwrap();
        let meeting = whole["meetings"][0].as_object().unwrap();
        let of = |path: &str, object: &serde_json::Map<String, Value>| object.keys().map(|key| format!("{path}/{key}")).collect::<Vec<_>>();
        let fields = [of("", whole.as_object().unwrap()), of("/meetings/0", meeting), of("/meetings/0/learners/0", learner)].concat();
        assert!(fields.len() > 15, "{fields:?}");
        for field in fields {
            let mut other = whole.clone();
            *other.pointer_mut(&field).unwrap() = json!("改过");
            assert!(!genuine(&context, &other.to_string(), &signature), "{field}");
        }
        // Foreign: who looks after neither class is given neither; a learner nothing at all.
        let teacher = fixtures::clerk(&app, "teacher", Role::Teacher, None).await;
        let theirs = app.get("/api/staff/day-roll").by(&teacher).send().await.ok();
        let theirs: Value = serde_json::from_str(theirs["text"].as_str().unwrap()).unwrap();
        assert_eq!(theirs["meetings"], json!([]));
        let path = format!("/api/staff/meetings/{}/scans", scene.meetings[0]);
        let body = json!({ "device": "d", "sent_at": app.now(), "scans": [] });
        app.post(&path, &body).bearer(&scene.learners[0].token).send().await.refused(401, "unauthenticated");
        let forged = Clerk { token: "forged".to_owned(), ..scene.centre.clone() };
        app.post(&path, &body).by(&forged).send().await.refused(401, "unauthenticated");
        let unsigned = Clerk { csrf: scene.learners[0].token.clone(), ..scene.centre.clone() };
        app.post(&path, &body).by(&unsigned).send().await.refused(403, "csrf");
        // Of what it sends, each field that does not fit is laid aside, with why.
        let [own, other] = &scene.learners;
        let tap = |name: &str| json!({ "scan_id": name, "kind": "tap", "resident_id": own.id, "status": "present", "device_at": app.now() });
        let with = |name: &str, key: &str, value: Value| {
            let mut tap = tap(name);
            tap[key] = value;
            tap
        };
        for (scan, why) in [
            (with("f-1", "resident_id", json!(other.id)), "not_on_roll"),
            (with("f-2", "resident_id", json!(999)), "unknown_person"),
            (with("f-3", "device_at", json!(app.now() + TimeDelta::hours(1))), "clock_off"),
            (with("f-4", "device_at", json!(app.now() - TimeDelta::days(2))), "too_far"),
            (with("f-5", "kind", json!("nod")), "no_claim"),
            (with("f-6", "kind", json!("card")), "card_unreadable"),
        ] {
            let item = scene.send(&app, scan).await;
            assert_eq!((&item["outcome"], &item["why"]), (&json!("tray"), &json!(why)), "{item}");
        }
        assert_eq!(scene.send(&app, tap("f-7")).await["outcome"], "recorded");
        assert_eq!(scene.send(&app, tap("f-7")).await["outcome"], "already");
        assert_eq!(scene.present(&app, 0).await, 1);
        // Expired: the session is over, and nothing is taken until they sign in.
        app.advance(TimeDelta::days(31));
        app.post(&path, &body).by(&scene.centre).send().await.refused(401, "unauthenticated");
        app.get("/api/staff/day-roll").by(&scene.centre).send().await.refused(401, "unauthenticated");
    }

    async fn a_learner_sees_and_marks_nobody_else(app: TestApp) {
        let scene = scene(&app).await;
        let [learner, other] = &scene.learners;
        let (meeting, class) = (scene.meetings[1], scene.classes[1]);
        for path in [
            format!("/api/staff/meetings/{meeting}/roll"),
            format!("/api/staff/meetings/{meeting}/roll/{}/events", other.id),
            format!("/api/staff/meetings/{meeting}/code"),
            format!("/api/staff/meetings/{meeting}/guests"),
            format!("/api/staff/classes/{class}/monitors"),
            format!("/api/staff/classes/{class}/results"),
            "/api/staff/tray".to_owned(),
            "/api/staff/questions".to_owned(),
        ] {
            app.get(&path).bearer(&learner.token).send().await.refused(401, "unauthenticated");
        }
        let path = format!("/api/staff/meetings/{meeting}/roll/{}", other.id);
        app.put(&path, &json!({ "status": "present" })).bearer(&learner.token).send().await.refused(401, "unauthenticated");
        let path = format!("/api/me/meetings/{meeting}/leave");
        app.put(&path, &json!({})).bearer(&learner.token).send().await.refused(403, "not_enrolled");
        let mine = app.get("/api/me/meetings").bearer(&learner.token).send().await.ok();
        assert_eq!(mine["total"], 1);
        assert!(!mine.to_string().contains("书法一班"));
    }
}
