//! What teachers' devices send, cards, the tray, and leave.

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{ClassId, MeetingId};
use entity::kinds::Role;
use reqwest::Method;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::fixtures::{self, Clerk, Person, School};
use crate::support::{Answer, TestApp};

/// A class whose meeting began a moment ago, with a learner who has a card.
struct Scene {
    school: School,
    class: ClassId,
    meeting: MeetingId,
    centre: Clerk,
    learner: Person,
}

async fn scene(app: &TestApp) -> Scene {
    let school = fixtures::school(app).await;
    let class = fixtures::class(app, &school, "智在指尖一班", 20).await;
    let meeting = fixtures::meeting(app, &school, class, 1, TimeDelta::minutes(-1)).await;
    let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
    let learner = fixtures::person(app, school.community, 1).await;
    fixtures::placed(app, &school, class, learner.id).await;
    Scene { school, class, meeting, centre, learner }
}

async fn card(app: &TestApp, who: &Person) -> String {
    let card = app.post("/api/me/card", &Value::Null).bearer(&who.token).send().await.ok();
    card["link"].as_str().unwrap().to_owned()
}

fn scan(name: &str, card: &str, at: DateTime<Utc>) -> Value {
    json!({ "scan_id": name, "kind": "card", "card": card, "device_at": at })
}

fn tap(name: &str, who: &Person, status: &str, reason: Option<&str>, at: DateTime<Utc>) -> Value {
    json!({ "scan_id": name, "kind": "tap", "resident_id": who.id, "status": status, "reason": reason, "device_at": at })
}

impl Scene {
    async fn send_as(
        &self,
        app: &TestApp,
        who: &Clerk,
        sent_at: DateTime<Utc>,
        scans: &[Value],
    ) -> Value {
        let path = format!("/api/staff/meetings/{}/scans", self.meeting);
        let body = json!({ "device": "d-1", "sent_at": sent_at, "scans": scans });
        app.post(&path, &body).by(who).send().await.ok()["items"].clone()
    }

    async fn send(&self, app: &TestApp, scans: &[Value]) -> Vec<(String, Option<String>)> {
        outcomes(&self.send_as(app, &self.centre, app.now(), scans).await)
    }

    async fn row(&self, app: &TestApp, who: &Person) -> Value {
        let path = format!("/api/staff/meetings/{}/roll", self.meeting);
        let roll = app.get(&path).by(&self.centre).send().await.ok();
        roll["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["resident_id"] == who.id.0)
            .cloned()
            .unwrap_or_default()
    }

    async fn events(&self, app: &TestApp) -> Vec<Value> {
        let path = format!("/api/staff/meetings/{}/roll/{}/events", self.meeting, self.learner.id);
        app.get(&path).by(&self.centre).send().await.ok()["items"].as_array().unwrap().clone()
    }

    async fn leave(
        &self,
        app: &TestApp,
        method: Method,
        who: &Person,
        meeting: MeetingId,
        body: Value,
    ) -> Answer {
        app.request(method, &format!("/api/me/meetings/{meeting}/leave"))
            .json(&body)
            .bearer(&who.token)
            .send()
            .await
    }
}

fn outcomes(items: &Value) -> Vec<(String, Option<String>)> {
    let words = |value: &Value| value.as_str().map(str::to_owned);
    let items = items.as_array().unwrap().iter();
    items.map(|item| (words(&item["outcome"]).unwrap(), words(&item["why"]))).collect()
}

fn recorded() -> (String, Option<String>) {
    ("recorded".to_owned(), None)
}

fn already() -> (String, Option<String>) {
    ("already".to_owned(), None)
}

fn in_tray(why: &str) -> (String, Option<String>) {
    ("tray".to_owned(), Some(why.to_owned()))
}

async fn tray(app: &TestApp, who: &Clerk, settled: bool) -> Vec<Value> {
    let list = app.get(&format!("/api/staff/tray?settled={settled}")).by(who).send().await.ok();
    list["items"].as_array().unwrap().clone()
}

async fn settle(app: &TestApp, who: &Clerk, entry: &Value, body: Value) -> Answer {
    app.post(&format!("/api/staff/tray/{}", entry["id"]), &body).by(who).send().await
}

on_both_databases! {
    async fn a_scanned_card_makes_present_and_counts_once_however_often_it_is_sent(app: TestApp) {
        let scene = scene(&app).await;
        let link = card(&app, &scene.learner).await;
        assert_eq!(card(&app, &scene.learner).await, link, "one live card");
        let one = scan("s-1", &link, app.now());
        assert_eq!(scene.send(&app, std::slice::from_ref(&one)).await, [recorded()]);
        app.advance(TimeDelta::hours(5));
        assert_eq!(scene.send(&app, &[one.clone(), one]).await, [already(), already()]);
        let row = scene.row(&app, &scene.learner).await;
        assert_eq!((row["status"].as_str(), row["way"].as_str()), (Some("present"), Some("card")));
        assert_eq!(row["hours_hundredths"], 200);
        let events = scene.events(&app).await;
        assert_eq!(events.len(), 1);
        assert_eq!((events[0]["device"].as_str(), events[0]["actor"].as_str()), (Some("d-1"), Some("centre同志")));
    }

    async fn the_same_scans_in_any_order_give_the_same_register(app: TestApp) {
        let scene = scene(&app).await;
        let link = card(&app, &scene.learner).await;
        let (start, minutes) = (app.now(), TimeDelta::minutes);
        app.advance(minutes(100));
        let scans = [
            tap("t-1", &scene.learner, "absent", None, start),
            scan("s-1", &link, start + minutes(5)),
            tap("t-2", &scene.learner, "leave", Some("先走了"), start + minutes(20)),
            scan("s-2", &link, start + minutes(10)),
        ];
        let mut seen = Vec::new();
        for (nth, order) in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]].into_iter().enumerate() {
            let other = fixtures::meeting(&app, &scene.school, scene.class, 10 + i32::try_from(nth).unwrap(), minutes(-101)).await;
            let scene = Scene { meeting: other, learner: scene.learner.clone(), centre: scene.centre.clone(), ..scene };
            for at in order {
                let mut one = scans[at].clone();
                one["scan_id"] = json!(format!("{}-{nth}", one["scan_id"].as_str().unwrap()));
                assert_eq!(scene.send(&app, &[one.clone(), one]).await, [recorded(), already()], "{order:?}");
            }
            seen.push(scene.row(&app, &scene.learner).await);
        }
        assert_eq!(seen[0]["status"], "leave");
        assert_eq!((&seen[1], &seen[2]), (&seen[0], &seen[0]));
    }

    async fn a_late_scan_does_not_undo_a_correction_and_is_seen_all_the_same(app: TestApp) {
        let scene = scene(&app).await;
        let link = card(&app, &scene.learner).await;
        let scanned = app.now();
        app.advance(TimeDelta::minutes(30));
        let path = format!("/api/staff/meetings/{}/roll/{}", scene.meeting, scene.learner.id);
        app.put(&path, &json!({ "status": "absent", "reason": "别人拿着卡" })).by(&scene.centre).send().await.ok();
        assert_eq!(scene.send(&app, &[scan("s-1", &link, scanned)]).await, [recorded()]);
        assert_eq!(scene.row(&app, &scene.learner).await["status"], "absent");
        let said: Vec<_> = scene.events(&app).await.iter().map(|event| event["status"].clone()).collect();
        assert_eq!(said, ["present", "absent"]);
        // A tap without a reason changes nothing that stands: it waits.
        app.advance(TimeDelta::minutes(1));
        let late = tap("t-1", &scene.learner, "present", None, app.now());
        assert_eq!(scene.send(&app, &[late]).await, [in_tray("reason_needed")]);
    }

    async fn a_clock_that_is_off_is_corrected_and_one_that_is_days_off_is_not_believed(app: TestApp) {
        let scene = scene(&app).await;
        let link = card(&app, &scene.learner).await;
        let scanned = app.now();
        app.advance(TimeDelta::minutes(40));
        for (name, off) in [("fast", TimeDelta::minutes(10)), ("slow", TimeDelta::minutes(-10))] {
            let items = scene.send_as(&app, &scene.centre, app.now() + off, &[scan(name, &link, scanned + off)]).await;
            assert_eq!(outcomes(&items), [recorded()], "{name}");
        }
        for event in scene.events(&app).await {
            assert!(event["time_text"].as_str().unwrap().ends_with("9:00"), "{event}");
            assert!(event["device_text"].as_str().unwrap().ends_with("8:50") || event["device_text"].as_str().unwrap().ends_with("9:10"), "{event}");
            assert!(event["received_text"].as_str().unwrap().ends_with("9:40"), "{event}");
        }
        let off = TimeDelta::hours(25);
        let items = scene.send_as(&app, &scene.centre, app.now() + off, &[scan("wild", &link, scanned + off)]).await;
        assert_eq!(outcomes(&items), [in_tray("clock_off")]);
        let items = scene.send_as(&app, &scene.centre, app.now(), &[scan("ahead", &link, app.now() + TimeDelta::minutes(30))]).await;
        assert_eq!(outcomes(&items), [in_tray("clock_off")]);
        let items = scene.send_as(&app, &scene.centre, app.now(), &[scan("early", &link, app.now() - TimeDelta::hours(9))]).await;
        assert_eq!(outcomes(&items), [in_tray("too_far")]);
    }

    async fn forged_altered_foreign_and_replaced_cards_are_refused_each_with_its_sentence(app: TestApp) {
        let scene = scene(&app).await;
        let link = card(&app, &scene.learner).await;
        let (head, token) = link.split_once("?k=").unwrap();
        let altered: Vec<String> = (0..token.len())
            .map(|at| {
                let mut bytes = token.to_owned().into_bytes();
                bytes[at] ^= 1;
                format!("{head}?k={}", String::from_utf8(bytes).unwrap())
            })
            .collect();
        let scans: Vec<Value> = altered.iter().enumerate().map(|(nth, text)| scan(&format!("f-{nth}"), text, app.now())).collect();
        let answers = scene.send_as(&app, &scene.centre, app.now(), &scans).await;
        assert!(outcomes(&answers).iter().all(|answer| *answer == in_tray("card_forged")), "{answers}");
        assert!(answers[0]["message"].as_str().unwrap().contains("不是本中心发的，或者被改过"));
        assert!(answers[0]["name"].is_null(), "nothing is believed of a forged card");

        let other = format!("{head}?c=1.2.abc");
        let foreign = scene.send_as(&app, &scene.centre, app.now(), &[scan("o-1", &other, app.now()), scan("o-2", &"长".repeat(5000), app.now())]).await;
        assert_eq!(outcomes(&foreign), [in_tray("card_unreadable"), in_tray("card_unreadable")]);
        assert!(foreign[0]["message"].as_str().unwrap().contains("不是学员卡"));

        let new = app.post("/api/me/card/replace", &Value::Null).bearer(&scene.learner.token).send().await.ok();
        assert_eq!(new["serial"], 2);
        let old = scene.send_as(&app, &scene.centre, app.now(), &[scan("r-1", &link, app.now())]).await;
        assert_eq!(outcomes(&old), [in_tray("card_ended")]);
        assert!(old[0]["message"].as_str().unwrap().contains("已经换过"));
        assert!(scene.row(&app, &scene.learner).await["status"].is_null());
        assert_eq!(scene.send(&app, &[scan("r-2", new["link"].as_str().unwrap(), app.now())]).await, [recorded()]);
        // The resident's own check-in says what it is.
        app.post("/api/me/check-in", &json!({ "code": link })).bearer(&scene.learner.token).send().await.refused(400, "card_scanned");
    }

    async fn what_cannot_be_taken_waits_and_is_settled_once_with_a_reason(app: TestApp) {
        let scene = scene(&app).await;
        let stranger = fixtures::person(&app, scene.school.community, 2).await;
        let link = card(&app, &stranger).await;
        let known = json!({ "scan_id": "n-1", "kind": "tap", "learner_number": "2026000001", "device_at": app.now() });
        let nobody = json!({ "scan_id": "n-2", "kind": "tap", "learner_number": "1999", "device_at": app.now() });
        let odd = json!({ "scan_id": "名字 很怪", "kind": "card", "card": "?", "device_at": app.now() });
        let scans = [scan("s-1", &link, app.now()), known, nobody, odd];
        let expected = [in_tray("not_on_roll"), recorded(), in_tray("unknown_person"), in_tray("card_unreadable")];
        assert_eq!(scene.send(&app, &scans).await, expected);
        // Again: nothing is added, and the same is said.
        let again = [in_tray("not_on_roll"), already(), in_tray("unknown_person"), in_tray("card_unreadable")];
        assert_eq!(scene.send(&app, &scans).await, again);
        let count = app.get("/api/staff/tray-count").by(&scene.centre).send().await.ok();
        assert_eq!(count["waiting"], 3);

        let waiting = tray(&app, &scene.centre, false).await;
        let (odd, nobody, stranger_entry) = (&waiting[0], &waiting[1], &waiting[2]);
        assert_eq!((stranger_entry["learner_number"].as_str(), stranger_entry["device"].as_str()), (Some("2026000002"), Some("d-1")));
        // Whatever a text holds is kept.
        let odd_reason = r#"来"试听"的, {NULL}\"#;
        settle(&app, &scene.centre, stranger_entry, json!({ "counts": true, "reason": " " })).await.refused(400, "reason_needed");
        settle(&app, &scene.centre, stranger_entry, json!({ "counts": true, "reason": odd_reason })).await.ok();
        settle(&app, &scene.centre, stranger_entry, json!({ "counts": true, "reason": "再点一次" })).await.ok();
        settle(&app, &scene.centre, stranger_entry, json!({ "counts": false, "reason": "不算" })).await.refused(409, "settled");
        let row = scene.row(&app, &stranger).await;
        assert_eq!((row["status"].as_str(), row["reason"].as_str()), (Some("present"), Some(odd_reason)));
        settle(&app, &scene.centre, nobody, json!({ "counts": true, "reason": "写错了" })).await.refused(400, "who_needed");
        settle(&app, &scene.centre, nobody, json!({ "counts": true, "reason": "写错了", "learner_number": "1" })).await.refused(404, "no_resident");
        settle(&app, &scene.centre, nobody, json!({ "counts": true, "reason": "写错了", "learner_number": "2026000001" })).await.ok();
        settle(&app, &scene.centre, odd, json!({ "counts": false, "reason": "扫错了东西" })).await.ok();
        assert!(tray(&app, &scene.centre, false).await.is_empty());
        let settled = tray(&app, &scene.centre, true).await;
        assert_eq!(settled.len(), 3);
        assert!(settled.iter().all(|entry| entry["settled_by"] == "centre同志" && entry["settle_reason"].is_string()), "{settled:?}");
        assert_eq!(scene.send(&app, &scans).await, [already(), already(), already(), already()]);
    }

    async fn a_cancelled_meeting_keeps_what_was_scanned_in_the_tray(app: TestApp) {
        let scene = scene(&app).await;
        let link = card(&app, &scene.learner).await;
        let row = entity::meeting::ActiveModel {
            id: sea_orm::Set(scene.meeting),
            status: sea_orm::Set(entity::kinds::MeetingStatus::Cancelled),
            ..Default::default()
        };
        entity::meeting::Entity::update(row).exec(app.app.db.writer()).await.unwrap();
        assert_eq!(scene.send(&app, &[scan("s-1", &link, app.now())]).await, [in_tray("meeting_cancelled")]);
        let entry = tray(&app, &scene.centre, false).await.remove(0);
        settle(&app, &scene.centre, &entry, json!({ "counts": true, "reason": "其实上了" })).await.refused(409, "meeting_cancelled");
    }

    async fn who_does_not_look_after_the_class_sends_to_the_tray_and_does_not_see_it(app: TestApp) {
        let scene = scene(&app).await;
        let link = card(&app, &scene.learner).await;
        let teacher = fixtures::clerk(&app, "teacher", Role::Teacher, None).await;
        // A guessed number gives no name.
        let guess = scene.send_as(&app, &teacher, app.now(), &[tap("g-1", &scene.learner, "present", None, app.now())]).await;
        assert_eq!((outcomes(&guess), guess[0]["name"].as_str()), (vec![in_tray("not_your_class")], Some("学**")));
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(scene.school.community)).await;
        let items = scene.send_as(&app, &teacher, app.now(), &[scan("s-1", &link, app.now())]).await;
        assert_eq!(outcomes(&items), [in_tray("not_your_class")]);
        assert!(tray(&app, &teacher, false).await.is_empty());
        let entry = tray(&app, &officer, false).await.remove(0);
        assert_eq!(entry["uploaded_by"], "teacher同志");
        settle(&app, &teacher, &entry, json!({ "counts": true, "reason": "代课" })).await.refused(403, "not_your_class");
        settle(&app, &officer, &entry, json!({ "counts": true, "reason": "代课老师扫的" })).await.ok();
        assert_eq!(scene.row(&app, &scene.learner).await["status"], "present");
        let items = scene.send_as(&app, &officer, app.now(), &[scan("s-2", &link, app.now())]).await;
        assert_eq!(outcomes(&items), [recorded()]);
        let editor = fixtures::clerk(&app, "editor", Role::Editor, None).await;
        app.get("/api/staff/tray").by(&editor).send().await.refused(403, "forbidden");
        app.post("/api/staff/meetings/999/scans", &json!({ "device": "d", "sent_at": app.now(), "scans": [] })).by(&teacher).send().await
            .refused(404, "no_meeting");
    }

    async fn simultaneous_uploads_of_the_same_scans_count_once(app: TestApp) {
        let scene = scene(&app).await;
        let mut scans = Vec::new();
        for nth in 2..8 {
            let person = fixtures::person(&app, scene.school.community, nth).await;
            fixtures::placed(&app, &scene.school, scene.class, person.id).await;
            scans.push(tap(&format!("t-{nth}"), &person, "present", None, app.now()));
        }
        let backwards: Vec<Value> = scans.iter().rev().cloned().collect();
        let sent = (0..8).map(|nth| scene.send(&app, if nth % 2 == 0 { &scans } else { &backwards }));
        let answers = futures_util::future::join_all(sent).await.concat();
        assert_eq!(answers.iter().filter(|answer| **answer == recorded()).count(), 6);
        assert_eq!(answers.iter().filter(|answer| **answer == already()).count(), 42);
        assert_eq!(entity::attendance_event::Entity::find().all(app.app.db.read()).await.unwrap().len(), 6);
    }

    async fn staff_print_and_replace_cards_in_their_scope_and_it_is_noted(app: TestApp) {
        let scene = scene(&app).await;
        let path = format!("/api/staff/residents/{}/card", scene.learner.id);
        let printed = app.post(&path, &Value::Null).by(&scene.centre).send().await.ok();
        assert_eq!((printed["name"].as_str(), printed["learner_number"].as_str()), (Some("学员1"), Some("2026000001")));
        assert_eq!(card(&app, &scene.learner).await, printed["link"].as_str().unwrap());
        let again = format!("{path}/replace");
        app.post(&again, &json!({ "reason": "" })).by(&scene.centre).send().await.refused(400, "reason_needed");
        let new = app.post(&again, &json!({ "reason": "卡丢了" })).by(&scene.centre).send().await.ok();
        assert_eq!(new["serial"], 2);
        let away = entity::community::ActiveModel { name: sea_orm::Set("常西社区".to_owned()), ..Default::default() };
        let away = entity::community::Entity::insert(away).exec(app.app.db.writer()).await.unwrap().last_insert_id;
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(away)).await;
        app.post(&path, &Value::Null).by(&officer).send().await.refused(403, "out_of_scope");
        let teacher = fixtures::clerk(&app, "teacher", Role::Teacher, None).await;
        app.post(&path, &Value::Null).by(&teacher).send().await.refused(403, "forbidden");
        let key = app.get("/api/staff/card-key").by(&teacher).send().await.ok();
        assert_eq!((key["algorithm"].as_str(), key["public_key"].as_str().map(str::len)), (Some("Ed25519"), Some(43)));
        let audit = entity::audit::Entity::find().all(app.app.db.read()).await.unwrap();
        let actions: Vec<_> = audit.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, ["card.printed", "card.replaced", "staff.forbidden"]);
    }

    async fn leave_is_asked_for_by_one_tap_seen_on_the_roll_and_taken_back(app: TestApp) {
        let scene = scene(&app).await;
        let next = fixtures::meeting(&app, &scene.school, scene.class, 2, TimeDelta::days(1)).await;
        let scene = Scene { meeting: next, ..scene };
        let learner = &scene.learner;
        let mine = || async { app.get("/api/me/meetings").bearer(&learner.token).send().await.ok()["items"][1].clone() };
        assert_eq!(mine().await["may_ask_leave"], true);
        scene.leave(&app, Method::PUT, learner, next, json!({})).await.ok();
        scene.leave(&app, Method::PUT, learner, next, json!({})).await.ok();
        scene.leave(&app, Method::PUT, learner, next, json!({ "why": "health" })).await.ok();
        let row = scene.row(&app, learner).await;
        assert_eq!((row["status"].as_str(), row["way"].as_str(), row["reason"].as_str()), (Some("leave"), Some("leave"), Some("身体不适")));
        let shown = mine().await;
        assert_eq!((&shown["on_leave"], &shown["may_take_leave_back"], &shown["leave_reason"]), (&json!(true), &json!(true), &json!("身体不适")));
        scene.leave(&app, Method::DELETE, learner, next, Value::Null).await.ok();
        scene.leave(&app, Method::DELETE, learner, next, Value::Null).await.ok();
        let row = scene.row(&app, learner).await;
        assert!(row["status"].is_null() && row["way"].is_null(), "{row}");
        assert_eq!(scene.events(&app).await.len(), 3);
        assert_eq!(app.get("/api/me/attendance").bearer(&learner.token).send().await.ok()["total"], 0);
        // Who comes after all is there.
        scene.leave(&app, Method::PUT, learner, next, json!({ "why": "away" })).await.ok();
        app.advance(TimeDelta::hours(24));
        scene.leave(&app, Method::DELETE, learner, next, Value::Null).await.refused(409, "leave_too_late");
        let code = app.get(&format!("/api/staff/meetings/{next}/code")).by(&scene.centre).send().await.ok();
        app.post("/api/me/check-in", &json!({ "code": code["link"] })).bearer(&learner.token).send().await.ok();
        let row = scene.row(&app, learner).await;
        assert_eq!((row["status"].as_str(), row["way"].as_str()), (Some("present"), Some("code")));
    }

    async fn leave_is_ones_own_and_not_of_what_staff_said(app: TestApp) {
        let scene = scene(&app).await;
        let next = fixtures::meeting(&app, &scene.school, scene.class, 2, TimeDelta::days(1)).await;
        let stranger = fixtures::person(&app, scene.school.community, 2).await;
        scene.leave(&app, Method::PUT, &stranger, next, json!({})).await.refused(403, "not_enrolled");
        scene.leave(&app, Method::PUT, &scene.learner, scene.meeting, json!({})).await.refused(409, "leave_too_late");
        scene.leave(&app, Method::PUT, &scene.learner, MeetingId(99), json!({})).await.refused(404, "no_meeting");
        scene.leave(&app, Method::PUT, &scene.learner, next, json!({ "why": "asleep" })).await.refused(400, "invalid");
        let path = format!("/api/staff/meetings/{next}/roll/{}", scene.learner.id);
        app.put(&path, &json!({ "status": "leave", "reason": "家人来电话" })).by(&scene.centre).send().await.ok();
        scene.leave(&app, Method::DELETE, &scene.learner, next, Value::Null).await.refused(409, "leave_by_staff");
        // Nobody does it, or checks in, for another.
        for (method, path) in [(Method::PUT, format!("/api/me/meetings/{next}/leave")), (Method::POST, "/api/me/check-in".to_owned()), (Method::POST, "/api/me/card".to_owned())] {
            let body = json!({ "code": "x" });
            app.request(method, &path).json(&body).bearer(&stranger.token).header("x-acting-for", &scene.learner.id.to_string()).send().await
                .refused(403, "acting_refused");
        }
    }

    async fn a_check_in_says_from_which_phone(app: TestApp) {
        let scene = scene(&app).await;
        let code = app.get(&format!("/api/staff/meetings/{}/code", scene.meeting)).by(&scene.centre).send().await.ok();
        app.post("/api/me/check-in", &json!({ "code": code["link"] })).bearer(&scene.learner.token).send().await.ok();
        let events = scene.events(&app).await;
        let hash = shangxue::vault::token_hash(&scene.learner.token);
        assert_eq!(events[0]["device"].as_str(), hash.get(..12));
    }
}
