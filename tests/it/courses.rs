//! Planning by staff, and the catalogue of residents.

use entity::kinds::{EnrolmentStatus, Role};
use entity::{audit, class, meeting_change, notice};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::fixtures::{self, Clerk};

async fn post(app: &TestApp, who: &Clerk, path: &str, body: Value) -> crate::support::Answer {
    app.post(path, &body).staff(&who.token, &who.csrf).send().await
}

async fn put(app: &TestApp, who: &Clerk, path: &str, body: Value) -> crate::support::Answer {
    app.put(path, &body).staff(&who.token, &who.csrf).send().await
}

async fn get(app: &TestApp, who: &Clerk, path: &str) -> Value {
    app.get(path).staff(&who.token, &who.csrf).send().await.ok()
}

fn id(value: &Value) -> i64 {
    value["id"].as_i64().unwrap()
}

/// What a class needs, made through the API: term, course, teacher, site.
struct Plan {
    term: i64,
    course: i64,
    teacher: i64,
    site: i64,
}

async fn plan(app: &TestApp, clerk: &Clerk) -> Plan {
    let community =
        post(app, clerk, "/api/staff/communities", json!({"name": "北沙社区"})).await.ok();
    let site =
        json!({"name": "常沙学习点", "address": "常兴路1号", "community_id": community["id"]});
    let site = post(app, clerk, "/api/staff/sites", site).await.ok();
    let term = json!({
        "name": "2026年秋季学期", "first_day": "2026-09-02", "last_day": "2026-12-31",
        "enrolment_opens_at": "2026-08-20T01:00:00Z", "enrolment_closes_at": "2026-09-28T09:00:00Z",
        "max_classes_per_person": 3, "min_age": 50
    });
    let term = post(app, clerk, "/api/staff/terms", term).await.ok();
    let course =
        json!({"name": "钩针编结", "subject": "手工", "description": "从头学起", "min_age": 55});
    let course = post(app, clerk, "/api/staff/courses", course).await.ok();
    let teacher = json!({"name": "李梅", "kind": "volunteer"});
    let teacher = post(app, clerk, "/api/staff/teachers", teacher).await.ok();
    Plan { term: id(&term), course: id(&course), teacher: id(&teacher), site: id(&site) }
}

fn class_body(plan: &Plan, name: &str) -> Value {
    json!({
        "term_id": plan.term, "course_id": plan.course, "teacher_id": plan.teacher, "site_id": plan.site,
        "name": name, "room": "201教室", "capacity": 20, "weekday": 4, "start_minute": 540,
        "duration_minutes": 90, "meeting_count": 16
    })
}

on_both_databases! {
    async fn a_new_class_begins_with_what_its_site_says_and_else_the_term(app: TestApp) {
        let clerk = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let plan = plan(&app, &clerk).await;
        let usual = post(&app, &clerk, "/api/staff/classes", class_body(&plan, "钩针一班")).await.ok();
        assert_eq!((&usual["residence"], &usual["held_percent"], &usual["offer_hours"]), (&json!("own_first"), &Value::Null, &Value::Null), "its community first");

        let site = format!("/api/staff/sites/{}", plan.site);
        let body = |more: Value| {
            let mut body = json!({"name": "家门口的老年大学", "address": "常沙路 8 号", "community_id": 1, "residence": "own_only", "held_percent": 50, "min_people": 8, "offer_hours": 6});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        put(&app, &clerk, &site, body(json!({"offer_hours": 0}))).await.refused(400, "out_of_range");
        put(&app, &clerk, &site, body(json!({"held_percent": 101}))).await.refused(400, "out_of_range");
        put(&app, &clerk, &site, body(json!({"community_id": null}))).await.refused(400, "no_community");
        assert_eq!(put(&app, &clerk, &site, body(json!({}))).await.ok()["offer_hours"], 6);
        let mut evening = class_body(&plan, "钩针二班");
        evening["start_minute"] = json!(18 * 60);
        evening["offer_daytime_hours"] = json!(2);
        let made = post(&app, &clerk, "/api/staff/classes", evening).await.ok();
        assert_eq!((&made["residence"], &made["held_percent"], &made["least_people"]), (&json!("own_only"), &json!(50), &json!(8)));
        assert_eq!((&made["offer_hours"], &made["offer_daytime_hours"]), (&json!(6), &json!(2)));
        assert_eq!(get(&app, &clerk, &format!("/api/staff/classes/{}", id(&usual))).await["held_percent"], Value::Null, "those that are there stay");
    }

    async fn a_class_planned_at_the_console_stands_in_the_catalogue(app: TestApp) {
        let clerk = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let plan = plan(&app, &clerk).await;
        post(&app, &clerk, "/api/staff/holidays", json!({"day": "2026-10-01", "name": "国庆节"})).await.ok();
        let made = post(&app, &clerk, "/api/staff/classes", class_body(&plan, "钩针一班")).await.ok();
        let meetings = made["meetings"].as_array().unwrap();
        assert_eq!(meetings.len(), 16);
        assert_eq!(meetings[0]["starts_at"], "2026-09-03T01:00:00+00:00");
        assert_eq!(meetings[0]["time_text"], "9月3日（周四）9:00");
        assert_eq!(meetings[3]["time_text"], "9月24日（周四）9:00");
        assert_eq!(meetings[4]["time_text"], "10月8日（周四）9:00", "the holiday is left out");
        assert_eq!(meetings[4]["number"], 5);

        let term = app.get("/api/terms/current").send().await.ok();
        assert_eq!((id(&term), term["phase"].as_str()), (plan.term, Some("open")));
        let list = app.get("/api/classes").send().await.ok();
        assert_eq!(list["total"], 1);
        let card = &list["items"][0];
        assert_eq!(card["time_text"], "每周四 9:00–10:30");
        assert_eq!(card["first_meeting_at"], "2026-09-03T01:00:00+00:00");
        assert_eq!((card["free"].as_i64(), card["waiting"].as_i64()), (Some(20), Some(0)));
        let detail = app.get(&format!("/api/classes/{}", id(&made))).send().await.ok();
        assert_eq!(detail["min_age"], 55);
        assert_eq!(detail["teacher_name"], "李梅");
        app.get("/api/classes/999").send().await.refused(404, "class_not_found");
        let staff = get(&app, &clerk, &format!("/api/staff/classes?term_id={}", plan.term)).await;
        assert_eq!((staff["items"][0]["offered"].as_i64(), staff["items"][0]["teacher_id"].as_i64()), (Some(0), Some(plan.teacher)));
        let audits = audit::Entity::find().filter(audit::Column::Action.eq("class.created")).all(app.app.db.read()).await.unwrap();
        assert_eq!(audits.len(), 1);
    }

    async fn the_catalogue_finds_by_word_day_place_subject_and_room(app: TestApp) {
        let school = fixtures::school(&app).await;
        fixtures::class(&app, &school, "ABC一班", 5).await;
        let full = fixtures::class(&app, &school, "满班", 1).await;
        let person = fixtures::person(&app, school.community, 1).await;
        fixtures::placed(&app, &school, full, person.id).await;
        class::Entity::update_many()
            .col_expr(class::Column::Taken, sea_orm::sea_query::Expr::value(1))
            .filter(class::Column::Id.eq(full))
            .exec(app.app.db.writer()).await.unwrap();
        for (query, found) in [
            ("", 2), ("?q=abc", 1), ("?q=王芳", 2), ("?q=智能", 2), ("?q=%25", 0), ("?q=_", 0), ("?q=%5C", 0), ("?q=%20", 2),
            ("?weekday=2", 2), ("?weekday=3", 0), ("?free=true", 1), ("?subject=智能技术", 2), ("?subject=音乐", 0),
            (&format!("?site_id={}", school.site), 2), ("?site_id=999", 0), ("?q=一班&weekday=2&free=true", 1),
        ] {
            let list = app.get(&format!("/api/classes{query}")).send().await.ok();
            assert_eq!(list["total"], found, "{query}");
        }
        app.get("/api/classes?weekday=x").send().await.refused(400, "invalid");
    }

    async fn without_a_term_there_is_no_catalogue(app: TestApp) {
        app.get("/api/terms/current").send().await.refused(404, "no_term");
        assert_eq!(app.get("/api/classes").send().await.ok()["total"], 0);
    }

    async fn a_form_filled_in_wrongly_is_refused_in_words(app: TestApp) {
        let clerk = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let plan = plan(&app, &clerk).await;
        let wrong = |key: &str, value: Value| {
            let mut body = class_body(&plan, "一班");
            body[key] = value;
            body
        };
        for (key, value, code) in [
            ("name", json!(" "), "missing"),
            ("room", json!("长".repeat(31)), "too_long"),
            ("capacity", json!(0), "out_of_range"),
            ("weekday", json!(8), "out_of_range"),
            ("start_minute", json!(-1), "out_of_range"),
            ("start_minute", json!(i32::MAX), "out_of_range"),
            ("start_minute", json!(1400), "bad_hour"),
            ("meeting_count", json!(0), "out_of_range"),
            ("term_id", json!(99), "unknown_reference"),
            ("course_id", json!(99), "unknown_reference"),
            ("teacher_id", json!(99), "unknown_reference"),
            ("capacity", json!("many"), "invalid"),
        ] {
            post(&app, &clerk, "/api/staff/classes", wrong(key, value)).await.refused(400, code);
        }
        let term = |first: &str, last: &str, opens: &str, closes: &str| json!({
            "name": "另一学期", "first_day": first, "last_day": last, "enrolment_opens_at": opens,
            "enrolment_closes_at": closes, "max_classes_per_person": 3, "min_age": 50
        });
        let (opens, closes) = ("2026-08-20T01:00:00Z", "2026-09-28T09:00:00+00:00");
        for (body, code) in [
            (term("2026-09-02", "2026-09-01", opens, closes), "bad_days"),
            (term("2026-09-02", "2028-09-01", opens, closes), "bad_days"),
            (term("2026-09-02", "2026-12-31", closes, opens), "bad_enrolment_time"),
            (term("9999-09-02", "9999-12-31", opens, closes), "out_of_range"),
            (term("2026-02-30", "2026-12-31", opens, closes), "invalid"),
        ] {
            post(&app, &clerk, "/api/staff/terms", body).await.refused(400, code);
        }
        post(&app, &clerk, "/api/staff/communities", json!({"name": "北沙社区"})).await.refused(409, "already_there");
        let teacher = |staff: i64| json!({"name": "王强", "kind": "part_time", "staff_id": staff});
        post(&app, &clerk, "/api/staff/teachers", teacher(99)).await.refused(400, "unknown_reference");
        post(&app, &clerk, "/api/staff/teachers", teacher(clerk.id.0)).await.ok();
        post(&app, &clerk, "/api/staff/teachers", teacher(clerk.id.0)).await.refused(409, "already_there");
        put(&app, &clerk, "/api/staff/communities/99", json!({"name": "别处"})).await.refused(404, "not_found");
        post(&app, &clerk, "/api/staff/holidays", json!({"day": "2026-10-01", "name": "国庆"})).await.ok();
        post(&app, &clerk, "/api/staff/holidays", json!({"day": "2026-10-01", "name": "国庆"})).await.refused(409, "already_there");
        assert_eq!(app.get("/api/classes").send().await.ok()["total"], 0, "nothing half done");
    }

    async fn a_teacher_and_a_room_are_in_one_class_at_a_time(app: TestApp) {
        let clerk = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let plan = plan(&app, &clerk).await;
        let path = "/api/staff/classes";
        let first = post(&app, &clerk, path, class_body(&plan, "一班")).await.ok();
        let said = post(&app, &clerk, path, class_body(&plan, "二班")).await.refused(409, "teacher_busy");
        assert!(said["message"].as_str().unwrap().contains("“一班”（每周四 9:00–10:30）"), "{said}");
        let other = post(&app, &clerk, "/api/staff/teachers", json!({"name": "王强", "kind": "part_time"})).await.ok();
        let mut second = class_body(&plan, "二班");
        second["teacher_id"] = other["id"].clone();
        second["start_minute"] = json!(600);
        post(&app, &clerk, path, second.clone()).await.refused(409, "room_busy");
        second["start_minute"] = json!(630);
        let second = post(&app, &clerk, path, second).await.ok();
        // Nor by a change afterwards: of a meeting, or of the class.
        let meeting = id(&second["meetings"][0]);
        let to = json!({"starts_at": "2026-09-10T01:30:00Z", "reason": "换时间"});
        post(&app, &clerk, &format!("/api/staff/meetings/{meeting}/move"), to).await.refused(409, "room_busy");
        let change = json!({"name": "二班", "room": "201教室", "capacity": 20, "teacher_id": plan.teacher});
        put(&app, &clerk, &format!("/api/staff/classes/{}", id(&second)), change.clone()).await.ok();
        let mut third = class_body(&plan, "三班");
        third["teacher_id"] = other["id"].clone();
        third["room"] = json!("202教室");
        let third = post(&app, &clerk, path, third).await.ok();
        put(&app, &clerk, &format!("/api/staff/classes/{}", id(&third)), change).await.refused(409, "teacher_busy");
        assert_eq!(first["teacher_name"], "李梅");
    }

    async fn an_officer_plans_at_the_sites_of_their_own_community(app: TestApp) {
        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let plan = plan(&app, &centre).await;
        let school = fixtures::school(&app).await;
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(school.community)).await;
        let path = "/api/staff/classes";
        post(&app, &officer, path, class_body(&plan, "一班")).await.refused(403, "out_of_scope");
        let made = post(&app, &centre, path, class_body(&plan, "一班")).await.ok();
        let url = format!("/api/staff/classes/{}", id(&made));
        let change = json!({"name": "一班", "room": "201教室", "capacity": 30, "teacher_id": plan.teacher});
        put(&app, &officer, &url, change).await.refused(403, "out_of_scope");
        post(&app, &officer, &format!("{url}/cancel"), json!({"reason": "x"})).await.refused(403, "out_of_scope");
        let meeting = id(&made["meetings"][0]);
        post(&app, &officer, &format!("/api/staff/meetings/{meeting}/cancel"), json!({"reason": "x"})).await.refused(403, "out_of_scope");
        assert_eq!(get(&app, &officer, &format!("{path}?term_id={}", plan.term)).await["total"], 0);
        let mut own = class_body(&plan, "二班");
        own["site_id"] = json!(school.site);
        own["start_minute"] = json!(800);
        post(&app, &officer, path, own).await.ok();
        assert_eq!(get(&app, &officer, &format!("{path}?term_id={}", plan.term)).await["total"], 1);
        post(&app, &officer, "/api/staff/terms", json!({})).await.refused(403, "forbidden");
        let teacher = fixtures::clerk(&app, "teacher", Role::Teacher, None).await;
        post(&app, &teacher, path, class_body(&plan, "三班")).await.refused(403, "forbidden");
        app.post(path, &class_body(&plan, "三班")).send().await.refused(401, "unauthenticated");
    }

    async fn a_moved_or_cancelled_meeting_is_kept_in_history_and_told_once(app: TestApp) {
        let clerk = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 5).await;
        let week = chrono::TimeDelta::days(7);
        let past = fixtures::meeting(&app, &school, class, 1, -week).await;
        let first = fixtures::meeting(&app, &school, class, 2, week).await;
        let second = fixtures::meeting(&app, &school, class, 3, week * 2).await;
        let person = fixtures::person(&app, school.community, 1).await;
        fixtures::placed(&app, &school, class, person.id).await;
        let path = |meeting, what: &str| format!("/api/staff/meetings/{meeting}/{what}");

        let to = json!({"starts_at": "2026-09-09T02:00:00Z", "room": "礼堂", "reason": "教室检修"});
        let line = post(&app, &clerk, &path(first, "move"), to.clone()).await.ok();
        assert_eq!(line["time_text"], "9月9日（周三）10:00");
        assert_eq!((line["room"].as_str(), line["note"].as_str()), (Some("礼堂"), Some("教室检修")));
        assert_eq!(line["ends_at"], "2026-09-09T03:30:00+00:00");
        post(&app, &clerk, &path(second, "cancel"), json!({"reason": "老师外出"})).await.ok();
        app.run_jobs().await;
        // A job that is run again tells nobody again.
        shangxue::enrolment::tell_meeting_change(&app.app, first).await.unwrap();

        let db = app.app.db.read();
        let told = notice::Entity::find().all(db).await.unwrap();
        let bodies: Vec<_> = told.iter().map(|notice| notice.body.as_str()).collect();
        assert_eq!(bodies.len(), 2, "{bodies:?}");
        assert!(bodies.contains(&"“一班”第 2 次课（原定9月8日（周二）9:00）改到9月9日（周三）10:00，地点：社区教育中心礼堂。原因：教室检修。"), "{bodies:?}");
        assert!(bodies.contains(&"“一班”第 3 次课（原定9月15日（周二）9:00）取消了。原因：老师外出。"), "{bodies:?}");
        assert!(told.iter().all(|notice| notice.title.chars().count() <= 14));
        let changes = meeting_change::Entity::find().all(db).await.unwrap();
        assert_eq!((changes.len(), changes[0].old_room.as_str(), changes[0].staff_id), (2, "201教室", clerk.id));

        post(&app, &clerk, &path(second, "cancel"), json!({"reason": "x"})).await.refused(409, "meeting_cancelled");
        post(&app, &clerk, &path(second, "move"), to.clone()).await.refused(409, "meeting_cancelled");
        post(&app, &clerk, &path(past, "move"), to).await.refused(409, "meeting_over");
        post(&app, &clerk, &path(first, "cancel"), json!({"reason": " "})).await.refused(400, "missing");
        for (at, code) in [("2026-08-09T02:00:00Z", "in_the_past"), ("9000-01-01T00:00:00Z", "out_of_range"), ("tomorrow", "invalid")] {
            let to = json!({"starts_at": at, "reason": "改期"});
            post(&app, &clerk, &path(first, "move"), to).await.refused(400, code);
        }
    }

    async fn capacity_never_falls_below_what_is_taken(app: TestApp) {
        let clerk = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 2).await;
        let mut people = Vec::new();
        for nth in 1..=3 {
            let person = fixtures::person(&app, school.community, nth).await;
            let body = json!({"join_waitlist": true});
            app.post(&format!("/api/classes/{class}/enrolments"), &body).bearer(&person.token).send().await.ok();
            people.push(person);
        }
        let path = format!("/api/staff/classes/{class}");
        let change = |capacity| json!({"name": "一班", "room": "201教室", "capacity": capacity, "teacher_id": school.teacher});
        put(&app, &clerk, &path, change(1)).await.refused(409, "below_taken");
        let detail = put(&app, &clerk, &path, change(3)).await.ok();
        assert_eq!((detail["capacity"].as_i64(), detail["waiting"].as_i64()), (Some(3), Some(1)));
        app.run_jobs().await;
        let mine = app.get("/api/me/enrolments").bearer(&people[2].token).send().await.ok();
        assert_eq!(mine["items"][0]["status"], EnrolmentStatus::Offered.as_str());
        let list = get(&app, &clerk, "/api/staff/classes").await;
        assert_eq!((list["items"][0]["offered"].as_i64(), list["items"][0]["taken"].as_i64()), (Some(1), Some(3)));
    }
}
