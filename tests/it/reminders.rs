//! 上课提醒: who hears of a meeting, once; who is called; what a calendar is given.

use chrono::TimeDelta;
use entity::ids::{ClassId, MeetingId, ResidentId};
use entity::kinds::{NoticeKind, NoticeState, ReminderKind, Role};
use entity::{notice, staff_session};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use shangxue::reminders;
use shangxue::sandbox::Fault;

use crate::support::TestApp;
use crate::support::fixtures::{self, Clerk, Person, School};
use crate::{on_both_databases, on_both_databases_with_wechat};

/// Three learners of a class that meets tomorrow and in a week at nine.
struct Scene {
    school: School,
    class: ClassId,
    meetings: [MeetingId; 2],
    centre: Clerk,
    officer: Clerk,
    people: Vec<Person>,
}

async fn scene(app: &TestApp) -> Scene {
    let school = fixtures::school(app).await;
    let class = fixtures::class(app, &school, "智在指尖一班", 20).await;
    let meetings = [
        fixtures::meeting(app, &school, class, 1, TimeDelta::days(1)).await,
        fixtures::meeting(app, &school, class, 2, TimeDelta::days(8)).await,
    ];
    let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
    let officer = fixtures::clerk(app, "officer", Role::Officer, Some(school.community)).await;
    let mut people = Vec::new();
    for nth in 1..=3 {
        let person = fixtures::person(app, school.community, nth).await;
        fixtures::placed(app, &school, class, person.id).await;
        people.push(person);
    }
    let taken = entity::class::ActiveModel { id: Set(class), taken: Set(3), ..Default::default() };
    taken.update(app.app.db.writer()).await.unwrap();
    Scene { school, class, meetings, centre, officer, people }
}

impl Scene {
    async fn calls(&self, app: &TestApp, who: &Clerk, told: bool) -> Vec<Value> {
        let list = app.get(&format!("/api/staff/calls?told={told}")).by(who).send().await.ok();
        list["items"].as_array().unwrap().clone()
    }

    /// Whom the officer is to call, and about what.
    async fn to_call(&self, app: &TestApp) -> Vec<(String, String)> {
        let calls = self.calls(app, &self.officer, false).await;
        let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
        calls.iter().map(|one| (text(one, "name"), text(one, "title"))).collect()
    }

    async fn change(&self, app: &TestApp, nth: usize, what: &str, body: Value) {
        let path = format!("/api/staff/meetings/{}/{what}", self.meetings[nth]);
        app.post(&path, &body).by(&self.centre).send().await.ok();
        app.run_jobs().await;
    }
}

/// Time passes, and staff are signed in all the same.
async fn pass(app: &TestApp, by: TimeDelta) {
    app.advance(by);
    let sessions = staff_session::Entity::update_many()
        .col_expr(staff_session::Column::ExpiresAt, Expr::value(app.now() + TimeDelta::days(1)));
    sessions.exec(app.app.db.writer()).await.unwrap();
}

/// Twice, as two instances would.
async fn look(app: &TestApp) {
    for _ in 0..2 {
        reminders::round(&app.app).await.unwrap();
        app.run_jobs().await;
    }
}

/// To six in the evening, when tomorrow is spoken of; and until WeChat had its time.
async fn evening(app: &TestApp) {
    app.advance(TimeDelta::hours(9));
    look(app).await;
    app.advance(TimeDelta::minutes(6));
}

/// From then to half past seven.
async fn morning(app: &TestApp) {
    pass(app, TimeDelta::minutes(13 * 60 + 24)).await;
    look(app).await;
    app.advance(TimeDelta::minutes(6));
}

async fn told(app: &TestApp, who: ResidentId) -> Vec<notice::Model> {
    notice::Entity::find()
        .filter(notice::Column::ResidentId.eq(who))
        .order_by_asc(notice::Column::Id)
        .all(app.app.db.read())
        .await
        .unwrap()
}

async fn titles(app: &TestApp, who: ResidentId) -> Vec<String> {
    told(app, who).await.into_iter().map(|row| row.title).collect()
}

on_both_databases! {
    async fn everybody_with_a_place_is_reminded_once_in_the_evening_and_once_in_the_morning(app: TestApp) {
        let scene = scene(&app).await;
        let [one, two, away] = [&scene.people[0], &scene.people[1], &scene.people[2]];
        let leave = format!("/api/me/meetings/{}/leave", scene.meetings[0]);
        app.put(&leave, &json!({})).bearer(&away.token).send().await.ok();
        app.advance(TimeDelta::hours(8) + TimeDelta::minutes(59));
        look(&app).await;
        assert_eq!(titles(&app, one.id).await, Vec::<String>::new(), "not before six");
        app.advance(TimeDelta::minutes(1));
        look(&app).await;
        look(&app).await;
        let rows = told(&app, one.id).await;
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].kind, rows[0].title.as_str()), (NoticeKind::Reminder, "明天有课"));
        assert_eq!(rows[0].body, "明天有课：“智在指尖一班”第 1 次课，9月2日（周三）9:00，地点：社区教育中心201教室。来不了，请先请假。");
        // Killed after the words were written, the job is done again.
        reminders::remind(&app.app, scene.meetings[0], ReminderKind::DayBefore).await.unwrap();
        assert_eq!(told(&app, one.id).await.len(), 1);
        app.advance(TimeDelta::minutes(13 * 60 + 30));
        look(&app).await;
        look(&app).await;
        for learner in [one, two] {
            assert_eq!(titles(&app, learner.id).await, ["明天有课", "今天有课"]);
        }
        assert_eq!(titles(&app, away.id).await, Vec::<String>::new());
        let mine = app.get("/api/me/notices").bearer(&one.token).send().await.ok();
        assert_eq!(mine["items"][0]["title"], "今天有课");
    }

    async fn a_term_says_whether_and_when(app: TestApp) {
        let scene = scene(&app).await;
        let list = app.get("/api/staff/terms").by(&scene.centre).send().await.ok();
        let mut term = list["items"][0].clone();
        assert_eq!((term["remind_before_at"].as_i64(), term["remind_on_day_at"].as_i64()), (Some(1080), Some(450)));
        let path = format!("/api/staff/terms/{}", scene.school.term);
        term["remind_before_at"] = json!(1320);
        app.put(&path, &term).by(&scene.centre).send().await.refused(400, "out_of_range");
        term["remind_before_at"] = Value::Null;
        term["remind_on_day_at"] = json!(480);
        let saved = app.put(&path, &term).by(&scene.centre).send().await.ok();
        assert!(saved["remind_before_at"].is_null(), "{saved}");
        evening(&app).await;
        morning(&app).await;
        assert_eq!(titles(&app, scene.people[0].id).await, Vec::<String>::new(), "not at half past seven");
        app.advance(TimeDelta::minutes(30));
        look(&app).await;
        assert_eq!(titles(&app, scene.people[0].id).await, ["今天有课"]);
    }

    async fn nobody_is_woken_or_reminded_of_what_does_not_take_place(app: TestApp) {
        let scene = scene(&app).await;
        app.advance(TimeDelta::hours(12));
        look(&app).await;
        assert_eq!(titles(&app, scene.people[0].id).await, Vec::<String>::new(), "at nine in the evening");
        scene.change(&app, 0, "cancel", json!({ "reason": "老师生病" })).await;
        app.advance(TimeDelta::hours(11));
        look(&app).await;
        assert_eq!(titles(&app, scene.people[0].id).await, ["有一次课取消了"]);
    }

    async fn whom_wechat_does_not_reach_is_called_by_their_own_officer_and_ticked_once(app: TestApp) {
        let scene = scene(&app).await;
        let elsewhere = entity::community::ActiveModel { name: Set("别的社区".to_owned()), ..Default::default() };
        let elsewhere = elsewhere.insert(app.app.db.writer()).await.unwrap().id;
        let stranger = fixtures::clerk(&app, "stranger", Role::Officer, Some(elsewhere)).await;
        let nobody = fixtures::clerk(&app, "nobody", Role::Officer, None).await;
        evening(&app).await;
        assert_eq!(scene.to_call(&app).await, [("学员1".into(), "明天有课".into()), ("学员2".into(), "明天有课".into()), ("学员3".into(), "明天有课".into())]);
        assert_eq!(scene.calls(&app, &scene.centre, false).await.len(), 3);
        assert!(scene.calls(&app, &stranger, false).await.is_empty());
        app.get("/api/staff/calls").by(&nobody).send().await.refused(403, "no_community");
        let rows = scene.calls(&app, &scene.officer, false).await;
        assert_eq!((rows[0]["class_name"].as_str(), rows[0]["time_text"].as_str(), rows[0]["place"].as_str()), (Some("智在指尖一班"), Some("2026年9月2日 09:00"), Some("社区教育中心201教室")));
        let path = format!("/api/staff/calls/{}", rows[0]["id"]);
        app.put(&path, &json!({ "told": true })).by(&stranger).send().await.refused(404, "no_call");
        app.put(&path, &json!({ "told": true })).by(&scene.officer).send().await.ok();
        // Who told them first stands.
        app.put(&path, &json!({ "told": true })).by(&scene.centre).send().await.ok();
        let done = scene.calls(&app, &scene.centre, true).await;
        assert_eq!((done.len(), done[0]["told_text"].as_str()), (1, Some("officer同志 9月1日（周二）18:06")));
        assert_eq!(shangxue::staff::recorded(app.app.db.read(), "reminder.told").await.unwrap(), 1);
        // A slip of the finger is taken back.
        app.put(&path, &json!({ "told": false })).by(&scene.officer).send().await.ok();
        assert_eq!(app.get("/api/staff/call-count").by(&scene.officer).send().await.ok()["waiting"], 3);
        app.put(&path, &json!({ "told": true })).by(&scene.officer).send().await.ok();
        // Who reads it in 消息 needs no call; nor who takes leave, nor who was told yesterday.
        let own = told(&app, scene.people[1].id).await[0].id;
        app.post(&format!("/api/me/notices/{own}/read"), &json!({})).bearer(&scene.people[1].token).send().await.ok();
        assert_eq!(scene.to_call(&app).await, [("学员3".into(), "明天有课".into())]);
        morning(&app).await;
        assert_eq!(scene.to_call(&app).await, [("学员2".into(), "今天有课".into()), ("学员3".into(), "今天有课".into())]);
        let leave = format!("/api/me/meetings/{}/leave", scene.meetings[0]);
        app.put(&leave, &json!({})).bearer(&scene.people[2].token).send().await.ok();
        assert_eq!(scene.to_call(&app).await, [("学员2".into(), "今天有课".into())]);
        app.advance(TimeDelta::hours(2));
        assert!(scene.to_call(&app).await.is_empty(), "the meeting has begun");
    }

    async fn a_change_overtakes_the_reminder_and_is_called_first(app: TestApp) {
        let scene = scene(&app).await;
        evening(&app).await;
        let later = app.now() + TimeDelta::hours(22);
        scene.change(&app, 0, "move", json!({ "starts_at": later, "reason": "场地有活动" })).await;
        app.advance(TimeDelta::minutes(6));
        let calls = scene.calls(&app, &scene.officer, false).await;
        assert_eq!(calls.len(), 3, "{calls:?}");
        assert!(calls.iter().all(|one| one["kind"] == "meeting_changed" && one["title"] == "上课时间有变动"), "{calls:?}");
        assert!(calls[0]["body"].as_str().unwrap().contains("改到9月2日（周三）16:06"), "{}", calls[0]);
        assert_eq!(titles(&app, scene.people[0].id).await, ["明天有课", "上课时间有变动"]);
        // In the morning the new hour is spoken of.
        app.advance(TimeDelta::hours(14));
        look(&app).await;
        let rows = told(&app, scene.people[0].id).await;
        assert!(rows[2].title == "今天有课" && rows[2].body.contains("16:06"), "{rows:?}");
    }

    async fn another_room_for_a_class_reaches_everybody(app: TestApp) {
        let scene = scene(&app).await;
        evening(&app).await;
        let path = format!("/api/staff/classes/{}", scene.class);
        let body = json!({ "name": "智在指尖一班", "room": "305教室", "capacity": 20, "teacher_id": scene.school.teacher });
        for _ in 0..2 {
            app.put(&path, &body).by(&scene.centre).send().await.ok();
            app.run_jobs().await;
        }
        app.advance(TimeDelta::minutes(6));
        assert_eq!(titles(&app, scene.people[0].id).await, ["明天有课", "换了教室"]);
        let calls = scene.calls(&app, &scene.officer, false).await;
        assert_eq!(calls.len(), 3);
        assert_eq!(calls[0]["body"], "“智在指尖一班”换了教室。从9月2日（周三）9:00的课起，到社区教育中心305教室上课。");
        // What the meetings were is kept.
        use entity::meeting_change::Entity as Change;
        let kept = Change::find().all(app.app.db.read()).await.unwrap();
        assert_eq!((kept.len(), kept[0].old_room.as_str(), kept[0].staff_id), (2, "201教室", scene.centre.id));
    }

    async fn a_class_that_is_cancelled_reaches_everybody(app: TestApp) {
        let scene = scene(&app).await;
        evening(&app).await;
        let path = format!("/api/staff/classes/{}/cancel", scene.class);
        app.post(&path, &json!({ "reason": "报名人数不够" })).by(&scene.centre).send().await.ok();
        app.run_jobs().await;
        app.advance(TimeDelta::minutes(6));
        let titles: Vec<_> = scene.to_call(&app).await.into_iter().map(|(_, title)| title).collect();
        assert_eq!(titles, ["班级停办通知"; 3]);
        pass(&app, TimeDelta::days(1)).await;
        assert!(scene.to_call(&app).await.is_empty(), "who came for nothing knows");
    }

    async fn a_calendar_file_follows_the_meetings(app: TestApp) {
        let scene = scene(&app).await;
        let link = format!("/api/me/classes/{}/calendar", scene.class);
        let outsider = fixtures::person(&app, scene.school.community, 9).await;
        app.post(&link, &json!({})).bearer(&outsider.token).send().await.refused(403, "not_enrolled");
        let made = app.post(&link, &json!({})).bearer(&scene.people[0].token).send().await.ok();
        let path = made["url"].as_str().unwrap().strip_prefix(&app.app.config.server.public_url).unwrap().to_owned();
        let file = app.get(&path).send().await;
        assert_eq!(file.headers["content-type"], "text/calendar; charset=utf-8");
        let text = file.text();
        let uid = format!("UID:meeting-{}@", scene.meetings[0]);
        for line in [
            &uid, "SEQUENCE:0\r\n", "STATUS:CONFIRMED\r\n", "DTSTART;TZID=Asia/Shanghai:20260902T090000\r\n",
            "DTEND;TZID=Asia/Shanghai:20260902T103000\r\n", "SUMMARY:上课：智在指尖一班（第 1 次）\r\n",
            "LOCATION:社区教育中心 201教室\r\n", "TRIGGER:-PT1H\r\n", "TZID:Asia/Shanghai\r\n", "DTSTAMP:20260901T010000Z\r\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        let later = app.now() + TimeDelta::hours(30);
        scene.change(&app, 0, "move", json!({ "starts_at": later, "reason": "场地有活动" })).await;
        scene.change(&app, 0, "cancel", json!({ "reason": "老师生病" })).await;
        let text = app.get(&path).send().await.text();
        let first = text.split("BEGIN:VEVENT").nth(1).unwrap();
        assert!(first.contains(&uid) && first.contains("SEQUENCE:2\r\n") && first.contains("STATUS:CANCELLED\r\n"), "{first}");
        assert!(first.contains("20260902T150000") && !first.contains("VALARM"), "{first}");
        // For this file alone, for some minutes, while they are in the class.
        app.get(&path.replace("/files/calendar", "/files")).send().await.refused(400, "link_invalid");
        let cancel = format!("/api/staff/classes/{}/cancel", scene.class);
        app.post(&cancel, &json!({ "reason": "报名人数不够" })).by(&scene.centre).send().await.ok();
        app.get(&path).send().await.refused(403, "not_enrolled");
        app.advance(TimeDelta::minutes(11));
        app.get(&path).send().await.refused(409, "link_expired");
        app.run_jobs().await;
    }
}

on_both_databases_with_wechat! {
    async fn who_allowed_it_hears_by_wechat_and_is_not_called(world: World) {
        let app = &world.app;
        let user = world.platform.add_user("王秀英");
        let id = ResidentId(world.sign_in(&user).await["me"]["id"].as_i64().unwrap());
        let scene = scene(app).await;
        fixtures::placed(app, &scene.school, scene.class, id).await;
        let template = app.app.config.wechat.templates.reminder.id.clone();
        world.platform.subscribe(&user, &[(&template, true)]).await.unwrap();
        world.advance(TimeDelta::hours(9));
        look(app).await;
        let got = world.platform.service_notices(&user);
        assert_eq!((got.len(), got[0].data["thing4"].as_str()), (1, "明天有课，请准时来"));
        world.advance(TimeDelta::minutes(6));
        assert_eq!(scene.calls(app, &scene.centre, false).await.len(), 3, "all but one");
        // One consent, one message: the morning is left to 消息 and a call.
        world.advance(TimeDelta::minutes(13 * 60 + 24));
        look(app).await;
        assert_eq!(world.platform.service_notices(&user).len(), 1);
        // Whoever allows it after the meeting is not told of it any more.
        world.advance(TimeDelta::hours(2));
        world.platform.subscribe(&user, &[(&template, true)]).await.unwrap();
        app.run_jobs().await;
        assert_eq!(world.platform.service_notices(&user).len(), 1);
        let states: Vec<_> = told(app, id).await.into_iter().map(|row| row.state).collect();
        assert_eq!(states, [NoticeState::Sent, NoticeState::NoConsent]);
    }

    async fn while_wechat_is_down_people_stand_in_the_list_and_a_tick_closes_it(world: World) {
        let app = &world.app;
        let user = world.platform.add_user("王秀英");
        let id = ResidentId(world.sign_in(&user).await["me"]["id"].as_i64().unwrap());
        let scene = scene(app).await;
        fixtures::placed(app, &scene.school, scene.class, id).await;
        let template = app.app.config.wechat.templates.reminder.id.clone();
        world.platform.subscribe(&user, &[(&template, true)]).await.unwrap();
        world.platform.fail_next("/cgi-bin/message/subscribe/send", Fault::Errcode(-1), 100);
        world.advance(TimeDelta::hours(9));
        look(app).await;
        let theirs = async |told: bool| {
            let own = self::told(app, id).await[0].id;
            let calls = scene.calls(app, &scene.centre, told).await;
            calls.into_iter().find(|one| one["id"] == own.0)
        };
        assert!(theirs(false).await.is_none(), "WeChat has its time");
        world.advance(TimeDelta::minutes(6));
        app.run_jobs().await;
        assert!(world.platform.service_notices(&user).is_empty());
        let call = theirs(false).await.expect("to be called");
        assert_eq!((call["title"].as_str(), call["told_text"].is_null()), (Some("明天有课"), true));
        let path = format!("/api/staff/calls/{}", call["id"]);
        app.put(&path, &json!({ "told": true })).by(&scene.centre).send().await.ok();
        assert!(theirs(false).await.is_none() && theirs(true).await.is_some());
        // WeChat works again: who was told hears it no second time, and the consent is kept.
        world.platform.clear_faults();
        for _ in 0..3 {
            world.advance(TimeDelta::minutes(11));
            app.run_jobs().await;
        }
        assert!(world.platform.service_notices(&user).is_empty());
        let balance = entity::subscription::Entity::find().one(app.app.db.read()).await.unwrap().unwrap();
        assert_eq!(balance.balance, 1);
        assert_eq!(told(app, id).await[0].state, NoticeState::NoConsent);
    }
}
