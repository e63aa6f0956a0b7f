//! Sign-up, waiting list, withdrawal: what a resident and the counter can do.

use chrono::{NaiveDate, TimeDelta};
use entity::ids::{ClassId, EnrolmentId};
use entity::kinds::{EnrolmentStatus, Role};
use entity::{class, community, course, enrolment, enrolment_change, notice, resident, term};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::fixtures::{self, Clerk, Person, School};
use crate::support::{Answer, TestApp};

async fn sign_up(app: &TestApp, who: &Person, class: ClassId, join: bool) -> Answer {
    let body = json!({"join_waitlist": join});
    app.post(&format!("/api/classes/{class}/enrolments"), &body).bearer(&who.token).send().await
}

async fn act(app: &TestApp, who: &Person, id: i64, what: &str) -> Answer {
    app.post(&format!("/api/me/enrolments/{id}/{what}"), &json!({})).bearer(&who.token).send().await
}

async fn mine(app: &TestApp, who: &Person) -> Vec<Value> {
    let list = app.get("/api/me/enrolments").bearer(&who.token).send().await.ok();
    list["items"].as_array().unwrap().clone()
}

/// The state, and the place on the list, of somebody's first enrolment.
async fn state(app: &TestApp, who: &Person) -> (String, Option<i64>) {
    let first = mine(app, who).await.remove(0);
    (first["status"].as_str().unwrap().to_owned(), first["waiting_position"].as_i64())
}

async fn id_of(app: &TestApp, who: &Person) -> i64 {
    mine(app, who).await[0]["id"].as_i64().unwrap()
}

async fn people(app: &TestApp, school: &School, count: u32) -> Vec<Person> {
    let mut people = Vec::new();
    for nth in 1..=count {
        people.push(fixtures::person(app, school.community, nth).await);
    }
    people
}

/// A class of one place that the first holds and the others wait for, in order.
async fn queue(app: &TestApp, count: u32) -> (School, ClassId, Vec<Person>) {
    let school = fixtures::school(app).await;
    let class = fixtures::class(app, &school, "一班", 1).await;
    let people = people(app, &school, count).await;
    for person in &people {
        sign_up(app, person, class, true).await.ok();
    }
    (school, class, people)
}

async fn counts(app: &TestApp, class: ClassId) -> (i32, i32) {
    let row = class::Entity::find_by_id(class).one(app.app.db.read()).await.unwrap().unwrap();
    (row.taken, row.waiting)
}

async fn history(app: &TestApp, id: i64) -> Vec<(Option<EnrolmentStatus>, EnrolmentStatus)> {
    enrolment_change::Entity::find()
        .filter(enrolment_change::Column::EnrolmentId.eq(EnrolmentId(id)))
        .order_by_asc(enrolment_change::Column::Id)
        .all(app.app.db.read())
        .await
        .unwrap()
        .into_iter()
        .map(|change| (change.from_status, change.to_status))
        .collect()
}

async fn notices(app: &TestApp, who: &Person) -> Vec<notice::Model> {
    notice::Entity::find()
        .filter(notice::Column::ResidentId.eq(who.id))
        .order_by_asc(notice::Column::Id)
        .all(app.app.db.read())
        .await
        .unwrap()
}

async fn counter(app: &TestApp, who: &Clerk, path: &str, body: Value) -> Answer {
    app.post(path, &body).staff(&who.token, &who.csrf).send().await
}

on_both_databases! {
    async fn a_resident_signs_up_and_sees_it_under_my_courses(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 2).await;
        fixtures::meeting(&app, &school, class, 1, TimeDelta::days(7)).await;
        let person = fixtures::person(&app, school.community, 1).await;
        let answer = sign_up(&app, &person, class, false).await.ok();
        assert_eq!(answer["outcome"], "placed");
        assert_eq!(answer["message"], "报名成功，您已报上“一班”。");
        assert_eq!(answer["enrolment"]["class"]["taken"], 1);
        let again = sign_up(&app, &person, class, false).await.ok();
        assert_eq!((again["outcome"].as_str(), &again["enrolment"]["id"]), (Some("already"), &answer["enrolment"]["id"]));
        let mine = mine(&app, &person).await;
        assert_eq!(mine.len(), 1);
        assert_eq!((mine[0]["status"].as_str(), mine[0]["status_text"].as_str()), (Some("placed"), Some("已录取")));
        assert_eq!(mine[0]["may"], json!(["withdraw", "change_class"]));
        assert_eq!(mine[0]["class"]["first_meeting_at"], "2026-09-08T01:00:00+00:00");
        app.run_jobs().await;
        let told = notices(&app, &person).await;
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].body, "您已报上“一班”，每周二 9:00–10:30，地点：社区教育中心201教室。下一次课：9月8日（周二）9:00。");
        assert_eq!(counts(&app, class).await, (1, 0));
        let id = answer["enrolment"]["id"].as_i64().unwrap();
        assert_eq!(history(&app, id).await, [(None, EnrolmentStatus::Placed)]);
    }

    async fn who_left_at_once_is_not_told_that_they_are_in(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 20).await;
        let people = people(&app, &school, 2).await;
        for person in &people {
            sign_up(&app, person, class, false).await.ok();
        }
        let id = mine(&app, &people[0]).await[0]["id"].as_i64().unwrap();
        let path = format!("/api/me/enrolments/{id}/withdraw");
        app.post(&path, &json!({})).bearer(&people[0].token).send().await.ok();
        app.run_jobs().await;
        let told = async |who| notices(&app, who).await.iter().filter(|one| one.title == "报名成功").count();
        assert_eq!((told(&people[0]).await, told(&people[1]).await), (0, 1));
    }

    async fn a_full_class_refuses_the_next_enrolment_and_says_what_else_there_is(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 1).await;
        let other = fixtures::class(&app, &school, "二班", 4).await;
        let people = people(&app, &school, 2).await;
        sign_up(&app, &people[0], class, false).await.ok();
        let refusal = sign_up(&app, &people[1], class, false).await.refused(409, "class_full");
        let next = refusal["next"].as_array().unwrap();
        assert_eq!(next[0]["page"], format!("/classes/{other}"));
        assert_eq!(next[0]["text"], "“二班”（每周二 9:00–10:30，社区教育中心）还有 4 个名额");
        assert_eq!(next[1]["page"], format!("/classes/{class}?join=1"));
        assert!(next[1]["text"].as_str().unwrap().contains("第 1 位"), "{refusal}");
        assert_eq!(next.len(), 2);
        let waiting = sign_up(&app, &people[1], class, true).await.ok();
        assert_eq!(waiting["outcome"], "waiting");
        assert_eq!(waiting["enrolment"]["waiting_position"], 1);
        assert_eq!(waiting["message"], "“一班”已满，已为您加入候补，您排在第 1 位。有名额会通知您。");
        assert_eq!(counts(&app, class).await, (1, 1));
    }

    async fn a_refusal_names_what_the_person_could_really_have(app: TestApp) {
        let school = fixtures::school(&app).await;
        let wanted = fixtures::class(&app, &school, "一班", 1).await;
        let full = fixtures::class(&app, &school, "二班", 1).await;
        let people = people(&app, &school, 4).await;
        let steps = |refusal: &Value| -> Vec<String> {
            refusal["next"].as_array().unwrap().iter().map(|step| step["page"].as_str().unwrap_or("-").to_owned()).collect()
        };
        let page = |class: ClassId| format!("/classes/{class}");
        sign_up(&app, &people[0], wanted, false).await.ok();
        sign_up(&app, &people[1], full, false).await.ok();
        // All are full: their lists.
        let refusal = sign_up(&app, &people[2], wanted, false).await.refused(409, "class_full");
        assert_eq!(steps(&refusal), [page(full), format!("/classes/{wanted}?join=1")]);
        assert_eq!(refusal["next"][0]["text"], "“二班”（每周二 9:00–10:30，社区教育中心）也满了，候补排第 1 位");
        // Three at most, with the list.
        let mut others = Vec::new();
        for name in ["三班", "四班", "五班"] {
            others.push(fixtures::class(&app, &school, name, 2).await);
        }
        let refusal = sign_up(&app, &people[2], wanted, false).await.refused(409, "class_full");
        assert_eq!(steps(&refusal), [page(others[0]), page(others[1]), format!("/classes/{wanted}?join=1")]);
        // Too young for the course: another course of the subject.
        let db = app.app.db.writer();
        let strict = course::ActiveModel { name: Set("高龄书法".to_owned()), subject: Set("手工".to_owned()), description: Set(String::new()), smart_technology: Set(false), min_age: Set(Some(90)), ..Default::default() };
        let strict = strict.insert(db).await.unwrap().id;
        let strict = fixtures::class(&app, &School { course: strict, ..school }, "高龄班", 2).await;
        let mut same = course::Entity::find_by_id(school.course).one(db).await.unwrap().unwrap().into_active_model();
        same.subject = Set("手工".to_owned());
        same.update(db).await.unwrap();
        let refusal = sign_up(&app, &people[2], strict, false).await.refused(403, "too_young");
        assert_eq!(steps(&refusal), [page(others[0]), page(others[1]), page(others[2])]);
        // Who changes is shown the other sisters, and not the class that they are in.
        let id = id_of(&app, &people[0]).await;
        let change = format!("/api/me/enrolments/{id}/change");
        let refusal = app.post(&change, &json!({"class_id": full})).bearer(&people[0].token).send().await.refused(409, "class_full");
        let there = format!("/change/{id}");
        assert_eq!(steps(&refusal), [there.clone(), there.clone(), there, "/mine".to_owned()]);
        assert!(!refusal.to_string().contains("一班"), "{refusal}");
    }

    async fn the_rules_are_asked_before_a_place_is_given(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 2).await;
        let db = app.app.db.writer();
        let person = fixtures::person(&app, school.community, 1).await;
        app.post(&format!("/api/classes/{class}/enrolments"), &json!({})).send().await.refused(401, "unauthenticated");
        sign_up(&app, &person, ClassId(999), false).await.refused(404, "class_not_found");
        app.post(&format!("/api/classes/{class}/enrolments"), &json!({"join_waitlist": "yes"})).bearer(&person.token).send().await.refused(400, "invalid");

        let mut young = resident::Entity::find_by_id(person.id).one(db).await.unwrap().unwrap().into_active_model();
        young.birth_date = Set(NaiveDate::from_ymd_opt(1990, 1, 1));
        young.update(db).await.unwrap();
        let refusal = sign_up(&app, &person, class, false).await.refused(403, "too_young");
        assert_eq!(refusal["next"][0]["page"], "/classes");
        let mut nameless = resident::Entity::find_by_id(person.id).one(db).await.unwrap().unwrap().into_active_model();
        nameless.name = Set(None);
        nameless.update(db).await.unwrap();
        sign_up(&app, &person, class, false).await.refused(403, "profile_needed");

        let second = fixtures::person(&app, school.community, 2).await;
        sign_up(&app, &second, class, false).await.ok();
        let twin = fixtures::class(&app, &school, "二班", 2).await;
        sign_up(&app, &second, twin, false).await.refused(409, "same_course");
        let course = fixtures::course_named(&app, "老年乐器").await;
        let music = fixtures::class(&app, &School { course, ..school }, "乐器班", 2).await;
        sign_up(&app, &second, music, true).await.refused(409, "overlap");

        let mut term = term::Entity::find_by_id(school.term).one(db).await.unwrap().unwrap().into_active_model();
        term.max_classes_per_person = Set(1);
        term.update(db).await.unwrap();
        sign_up(&app, &second, music, false).await.refused(409, "limit_reached");
        app.advance(TimeDelta::days(20));
        sign_up(&app, &second, music, false).await.refused(409, "closed");
        assert_eq!(sign_up(&app, &second, class, false).await.ok()["outcome"], "already", "who is in stays in");
        assert_eq!(counts(&app, class).await, (1, 0));
        assert_eq!(counts(&app, music).await, (0, 0));
    }

    async fn a_short_way_between_two_classes_is_shown(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 2).await;
        let course = fixtures::course_named(&app, "老年乐器").await;
        let site = entity::site::ActiveModel { name: Set("另一处".to_owned()), address: Set("远路".to_owned()), ..Default::default() };
        let site = site.insert(app.app.db.writer()).await.unwrap().id;
        let far = fixtures::class(&app, &School { course, site, ..school }, "乐器班", 2).await;
        let mut later = class::Entity::find_by_id(far).one(app.app.db.read()).await.unwrap().unwrap().into_active_model();
        later.start_minute = Set(640);
        later.update(app.app.db.writer()).await.unwrap();
        let person = fixtures::person(&app, school.community, 1).await;
        sign_up(&app, &person, class, false).await.ok();
        let answer = sign_up(&app, &person, far, false).await.ok();
        assert_eq!(answer["outcome"], "placed");
        assert_eq!(answer["enrolment"]["warning"], "和“一班”中间只隔 10 分钟，又不在一个地方，请留意路上的时间。");
        assert_eq!(mine(&app, &person).await.iter().filter(|one| one["warning"].is_string()).count(), 2);
    }

    async fn a_free_place_is_kept_for_the_head_of_the_waiting_list(app: TestApp) {
        let (school, class, people) = queue(&app, 3).await;
        assert_eq!(state(&app, &people[2]).await, ("waiting".to_owned(), Some(2)));
        act(&app, &people[0], id_of(&app, &people[0]).await, "withdraw").await.ok();
        // Even before the job has run, a newcomer does not jump the queue.
        let newcomer = fixtures::person(&app, school.community, 9).await;
        sign_up(&app, &newcomer, class, false).await.refused(409, "class_full");
        app.run_jobs().await;
        assert_eq!(state(&app, &people[1]).await, ("offered".to_owned(), None));
        assert_eq!(state(&app, &people[2]).await, ("waiting".to_owned(), Some(1)));
        sign_up(&app, &newcomer, class, false).await.refused(409, "class_full");
        assert_eq!(counts(&app, class).await, (1, 1));
        let told = notices(&app, &people[1]).await;
        assert_eq!(told[0].body, "“一班”（每周二 9:00–10:30）有一个名额为您留着。请在9月2日（周三）9:00之前确认要不要，过时就让给下一位。");

        let offer = mine(&app, &people[1]).await.remove(0);
        assert_eq!(offer["offer_expires_at"], "2026-09-02T01:00:00+00:00");
        assert_eq!(offer["may"], json!(["accept", "decline"]));
        let id = offer["id"].as_i64().unwrap();
        act(&app, &people[2], id, "accept").await.refused(404, "enrolment_not_found");
        act(&app, &people[2], id_of(&app, &people[2]).await, "accept").await.refused(409, "not_offered");
        assert_eq!(sign_up(&app, &people[1], class, false).await.ok()["outcome"], "already");
        assert_eq!(act(&app, &people[1], id, "accept").await.ok()["status"], "placed");
        assert_eq!(act(&app, &people[1], id, "accept").await.ok()["status"], "placed", "twice is once");
        // The offer's own end comes, and changes nothing any more.
        app.advance(TimeDelta::hours(25));
        app.run_jobs().await;
        assert_eq!(state(&app, &people[1]).await.0, "placed");
        assert_eq!(history(&app, id).await, [
            (None, EnrolmentStatus::Waiting),
            (Some(EnrolmentStatus::Waiting), EnrolmentStatus::Offered),
            (Some(EnrolmentStatus::Offered), EnrolmentStatus::Placed),
        ]);
        assert_eq!(counts(&app, class).await, (1, 1));
    }

    async fn an_offered_place_is_kept_as_long_as_the_term_or_the_class_says(app: TestApp) {
        let (school, class, people) = queue(&app, 3).await;
        let kept = async |who: &Person| {
            app.run_jobs().await;
            let rows = enrolment::Entity::find().filter(enrolment::Column::ResidentId.eq(who.id)).all(app.app.db.read()).await.unwrap();
            rows[0].offer_expires_at.unwrap() - app.now()
        };
        let mut term = term::Entity::find_by_id(school.term).one(app.app.db.read()).await.unwrap().unwrap().into_active_model();
        (term.offer_hours, term.offer_daytime_hours) = (Set(30), Set(0));
        term.update(app.app.db.writer()).await.unwrap();
        act(&app, &people[0], id_of(&app, &people[0]).await, "withdraw").await.ok();
        assert_eq!(kept(&people[1]).await, TimeDelta::hours(30));
        let mut own = class::Entity::find_by_id(class).one(app.app.db.read()).await.unwrap().unwrap().into_active_model();
        own.offer_hours = Set(Some(3));
        own.update(app.app.db.writer()).await.unwrap();
        act(&app, &people[1], id_of(&app, &people[1]).await, "decline").await.ok();
        assert_eq!(kept(&people[2]).await, TimeDelta::hours(3));
    }

    async fn a_declined_place_goes_to_the_next(app: TestApp) {
        let (_, class, people) = queue(&app, 3).await;
        act(&app, &people[0], id_of(&app, &people[0]).await, "withdraw").await.ok();
        app.run_jobs().await;
        let id = id_of(&app, &people[1]).await;
        assert_eq!(act(&app, &people[1], id, "decline").await.ok()["status"], "withdrawn");
        act(&app, &people[1], id, "decline").await.ok();
        act(&app, &people[1], id, "accept").await.refused(409, "not_offered");
        app.run_jobs().await;
        assert_eq!(state(&app, &people[2]).await.0, "offered");
        assert_eq!(counts(&app, class).await, (1, 0));
    }

    async fn an_unanswered_offer_passes_to_the_next_and_nobody_is_asked_in_a_loop(app: TestApp) {
        let (school, class, people) = queue(&app, 3).await;
        act(&app, &people[0], id_of(&app, &people[0]).await, "withdraw").await.ok();
        app.run_jobs().await;
        app.advance(TimeDelta::hours(24));
        // Too late already before the job has run.
        let id = id_of(&app, &people[1]).await;
        let refusal = act(&app, &people[1], id, "accept").await.refused(409, "offer_expired");
        assert_eq!(refusal["message"], "这个名额保留到9月2日（周三）9:00，现在已经过时了。您还在候补名单上。");
        app.run_jobs().await;
        assert_eq!(state(&app, &people[1]).await, ("waiting".to_owned(), Some(1)), "the number is kept");
        assert_eq!(state(&app, &people[2]).await.0, "offered");
        act(&app, &people[1], id, "accept").await.refused(409, "offer_expired");
        app.advance(TimeDelta::hours(24));
        app.run_jobs().await;
        // Both let it pass: neither is asked again for this place, day after day.
        for _day in 0..3 {
            app.advance(TimeDelta::hours(24));
            app.run_jobs().await;
        }
        assert_eq!(counts(&app, class).await, (0, 2));
        assert_eq!(notices(&app, &people[1]).await.len(), 1);
        assert_eq!(notices(&app, &people[2]).await.len(), 1);
        // It does not stand empty: a newcomer takes it, …
        let newcomer = fixtures::person(&app, school.community, 9).await;
        assert_eq!(sign_up(&app, &newcomer, class, false).await.ok()["outcome"], "placed");
        // … and when another place comes free, the list is asked again, in order.
        act(&app, &newcomer, id_of(&app, &newcomer).await, "withdraw").await.ok();
        app.run_jobs().await;
        assert_eq!(state(&app, &people[1]).await.0, "offered");
        assert_eq!(state(&app, &people[2]).await, ("waiting".to_owned(), Some(1)));
        assert_eq!(notices(&app, &people[1]).await.len(), 2);
        assert_eq!(counts(&app, class).await, (1, 1));
    }

    async fn who_let_an_offer_pass_gives_way_but_may_take_a_free_place(app: TestApp) {
        let (school, class, people) = queue(&app, 2).await;
        act(&app, &people[0], id_of(&app, &people[0]).await, "withdraw").await.ok();
        app.run_jobs().await;
        app.advance(TimeDelta::hours(24));
        app.run_jobs().await;
        assert_eq!(counts(&app, class).await, (0, 1));
        let said = mine(&app, &people[1]).await.remove(0);
        assert_eq!(said["offer_text"], "上次的名额到9月2日（周三）9:00没有确认，已经让出。您还在候补名单上。");
        assert!(said["offer_expires_at"].is_null());
        assert_eq!(sign_up(&app, &people[1], class, false).await.ok()["outcome"], "placed");
        assert_eq!(counts(&app, class).await, (1, 0));
        let newcomer = fixtures::person(&app, school.community, 9).await;
        sign_up(&app, &newcomer, class, true).await.ok();
        act(&app, &people[1], id_of(&app, &people[1]).await, "withdraw").await.ok();
        app.run_jobs().await;
        assert_eq!(state(&app, &newcomer).await.0, "offered");
    }

    async fn a_withdrawal_is_kept_and_coming_back_is_a_new_enrolment(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 1).await;
        let person = fixtures::person(&app, school.community, 1).await;
        let other = fixtures::person(&app, school.community, 2).await;
        let first = sign_up(&app, &person, class, false).await.ok()["enrolment"]["id"].as_i64().unwrap();
        act(&app, &other, first, "withdraw").await.refused(404, "enrolment_not_found");
        act(&app, &person, 999, "withdraw").await.refused(404, "enrolment_not_found");
        let left = act(&app, &person, first, "withdraw").await.ok();
        assert_eq!((left["status"].as_str(), left["may"].as_array().unwrap().len()), (Some("withdrawn"), 0));
        act(&app, &person, first, "withdraw").await.ok();
        assert_eq!(counts(&app, class).await, (0, 0));
        let second = sign_up(&app, &person, class, false).await.ok()["enrolment"]["id"].as_i64().unwrap();
        assert_ne!(first, second);
        assert_eq!(mine(&app, &person).await.len(), 1, "of one class only the last word is shown");
        assert_eq!(enrolment::Entity::find().all(app.app.db.read()).await.unwrap().len(), 2);
        assert_eq!(history(&app, first).await, [(None, EnrolmentStatus::Placed), (Some(EnrolmentStatus::Placed), EnrolmentStatus::Withdrawn)]);
    }

    async fn a_repeated_request_changes_nothing_also_when_the_person_has_left(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 1).await;
        let person = fixtures::person(&app, school.community, 1).await;
        let path = format!("/api/classes/{class}/enrolments");
        let ask = |key: &'static str| {
            app.post(&path, &json!({})).bearer(&person.token).header("idempotency-key", key).send()
        };
        let first = ask("a1").await.ok();
        assert_eq!(ask("a1").await.ok()["outcome"], "already");
        let id = first["enrolment"]["id"].as_i64().unwrap();
        act(&app, &person, id, "withdraw").await.ok();
        let late = ask("a1").await.ok();
        assert_eq!((late["outcome"].as_str(), late["enrolment"]["status"].as_str()), (Some("already"), Some("withdrawn")));
        assert_eq!(late["message"], "您报过“一班”，后来退出了。想再来，请重新报名。");
        assert_eq!(counts(&app, class).await, (0, 0));
        assert_eq!(ask("a2").await.ok()["outcome"], "placed");
        ask("").await.refused(400, "bad_request_key");
    }

    async fn from_the_third_week_on_leaving_needs_a_reason(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 2).await;
        let person = fixtures::person(&app, school.community, 1).await;
        let id = sign_up(&app, &person, class, false).await.ok()["enrolment"]["id"].as_i64().unwrap();
        app.advance(TimeDelta::days(14));
        act(&app, &person, id, "withdraw").await.refused(400, "reason_needed");
        let path = format!("/api/me/enrolments/{id}/withdraw");
        let long = json!({"reason": "长".repeat(201)});
        app.post(&path, &long).bearer(&person.token).send().await.refused(400, "too_long");
        app.post(&path, &json!({"reason": "搬家了"})).bearer(&person.token).send().await.ok();
        assert_eq!(counts(&app, class).await, (0, 0));
    }

    async fn a_class_is_changed_for_a_sister_class_or_nothing_changes(app: TestApp) {
        let school = fixtures::school(&app).await;
        let first = fixtures::class(&app, &school, "一班", 1).await;
        let second = fixtures::class(&app, &school, "二班", 1).await;
        let other = School { course: fixtures::course_named(&app, "葫芦丝").await, ..school };
        let other = fixtures::class(&app, &other, "葫芦丝班", 5).await;
        let people = people(&app, &school, 3).await;
        let [one, waits, stranger] = &people[..] else { unreachable!() };
        let id = sign_up(&app, one, first, false).await.ok()["enrolment"]["id"].as_i64().unwrap();
        sign_up(&app, waits, first, true).await.ok();
        let change = |who: &Person, id: i64, to: ClassId| {
            let path = format!("/api/me/enrolments/{id}/change");
            app.post(&path, &json!({"class_id": to})).bearer(&who.token).send()
        };
        change(stranger, id, second).await.refused(404, "enrolment_not_found");
        change(one, id, other).await.refused(400, "not_sister");
        let sisters = format!("/api/me/enrolments/{id}/sister-classes");
        let sisters = app.get(&sisters).bearer(&one.token).send().await.ok();
        assert_eq!(sisters["items"][0]["name"], "二班");
        assert_eq!(sisters["items"].as_array().unwrap().len(), 1);

        let changed = change(one, id, second).await.ok();
        assert_eq!((changed["status"].as_str(), changed["class"]["name"].as_str()), (Some("placed"), Some("二班")));
        // A lost answer: the same again.
        assert_eq!(change(one, id, second).await.ok()["id"], changed["id"]);
        assert_eq!((counts(&app, first).await, counts(&app, second).await), ((0, 1), (1, 0)));
        app.run_jobs().await;
        assert_eq!(state(&app, waits).await.0, "offered", "the place goes to who waits");

        // Back is not free any more: what one has stays.
        let now = changed["id"].as_i64().unwrap();
        change(one, now, first).await.refused(409, "class_full");
        assert_eq!(counts(&app, second).await, (1, 0));
        app.advance(TimeDelta::days(14));
        change(one, now, first).await.refused(409, "change_over");
    }

    async fn the_counter_changes_a_class_within_its_scope(app: TestApp) {
        let school = fixtures::school(&app).await;
        let first = fixtures::class(&app, &school, "一班", 1).await;
        let second = fixtures::class(&app, &school, "二班", 1).await;
        let person = fixtures::person(&app, school.community, 1).await;
        let id = sign_up(&app, &person, first, false).await.ok()["enrolment"]["id"].as_i64().unwrap();
        let path = format!("/api/staff/enrolments/{id}/change");
        let other = community::ActiveModel { name: Set("别的社区".to_owned()), ..Default::default() };
        let other = other.insert(app.app.db.writer()).await.unwrap().id;
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(other)).await;
        counter(&app, &officer, &path, json!({"class_id": second})).await.refused(403, "out_of_scope");
        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let sisters = format!("/api/staff/enrolments/{id}/sister-classes");
        assert_eq!(app.get(&sisters).by(&centre).send().await.ok()["items"][0]["name"], "二班");
        assert_eq!(counter(&app, &centre, &path, json!({"class_id": second})).await.ok()["status"], "placed");
        assert_eq!((counts(&app, first).await, counts(&app, second).await), ((0, 0), (1, 0)));
    }

    async fn staff_see_how_an_opening_goes(app: TestApp) {
        let (school, class, people) = queue(&app, 3).await;
        sign_up(&app, &people[1], class, false).await.ok();
        let late = fixtures::person(&app, school.community, 9).await;
        sign_up(&app, &late, class, false).await.refused(409, "class_full");
        let path = format!("/api/staff/terms/{}/opening", school.term);
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(school.community)).await;
        app.get(&path).by(&officer).send().await.refused(403, "forbidden");
        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let seen = app.get(&path).by(&centre).send().await.ok();
        assert_eq!((seen["capacity"].as_i64(), seen["taken"].as_i64(), seen["waiting"].as_i64()), (Some(1), Some(1), Some(2)));
        assert_eq!(seen["jobs_due"], 1, "a notice");
        let minutes = seen["minutes"].as_array().unwrap();
        assert_eq!((minutes.len(), minutes[14]["time_text"].as_str()), (15, Some("09:00")));
        let ended: Vec<_> = minutes[14]["ended"].as_array().unwrap().iter().map(|one| (one["code"].as_str().unwrap(), one["count"].as_u64().unwrap())).collect();
        assert_eq!(ended, [("placed", 1), ("waiting", 2), ("already", 1), ("class_full", 1)]);
        app.advance(TimeDelta::minutes(2));
        let seen = app.get(&path).by(&centre).send().await.ok();
        assert_eq!((seen["minutes"][14]["sign_ups"].as_u64(), seen["minutes"][12]["sign_ups"].as_u64()), (Some(0), Some(5)));
        app.get("/api/staff/terms/999/opening").by(&centre).send().await.refused(404, "term_not_found");
    }

    async fn the_counter_signs_up_and_takes_out_within_its_scope(app: TestApp) {
        let (school, class, people) = queue(&app, 2).await;
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(school.community)).await;
        let elsewhere = community::ActiveModel { name: Set("别的社区".to_owned()), ..Default::default() };
        let elsewhere = elsewhere.insert(app.app.db.writer()).await.unwrap().id;
        let stranger = fixtures::clerk(&app, "stranger", Role::Officer, Some(elsewhere)).await;
        let path = format!("/api/staff/classes/{class}/enrolments");
        fixtures::person(&app, school.community, 7).await;
        let body = json!({"learner_number": "2026000007"});
        counter(&app, &officer, &path, body.clone()).await.refused(409, "class_full");
        counter(&app, &stranger, &path, body).await.refused(403, "out_of_scope");
        counter(&app, &officer, &path, json!({"learner_number": "2026999999"})).await.refused(404, "resident_not_found");
        let joined = counter(&app, &officer, &path, json!({"learner_number": "2026000007", "join_waitlist": true})).await.ok();
        assert_eq!((joined["status"].as_str(), joined["waiting_position"].as_i64(), joined["name"].as_str()), (Some("waiting"), Some(2), Some("学员7")));

        app.get(&path).staff(&stranger.token, &stranger.csrf).send().await.refused(403, "out_of_scope");
        let list = app.get(&path).staff(&officer.token, &officer.csrf).send().await.ok();
        assert_eq!(list["total"], 3);
        assert_eq!(list["items"][0]["learner_number"], "2026000001");
        let id = list["items"][0]["enrolment_id"].as_i64().unwrap();
        let leave = format!("/api/staff/enrolments/{id}/withdraw");
        counter(&app, &stranger, &leave, json!({"reason": "x"})).await.refused(403, "out_of_scope");
        counter(&app, &officer, &leave, json!({"reason": " "})).await.refused(400, "reason_needed");
        assert_eq!(counter(&app, &officer, &leave, json!({"reason": "本人来电"})).await.ok()["status"], "withdrawn");
        app.run_jobs().await;
        assert_eq!(state(&app, &people[1]).await.0, "offered");
        let last = enrolment_change::Entity::find()
            .filter(enrolment_change::Column::EnrolmentId.eq(EnrolmentId(id)))
            .order_by_desc(enrolment_change::Column::Id)
            .one(app.app.db.read()).await.unwrap().unwrap();
        assert_eq!((last.actor_id, last.reason.as_deref()), (Some(officer.id.0), Some("本人来电")));
    }

    async fn a_cancelled_class_ends_for_everyone_and_everyone_is_told(app: TestApp) {
        let (school, class, people) = queue(&app, 2).await;
        let clerk = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let meeting = fixtures::meeting(&app, &school, class, 1, TimeDelta::days(7)).await;
        let path = format!("/api/staff/classes/{class}/cancel");
        counter(&app, &clerk, &path, json!({"reason": ""})).await.refused(400, "missing");
        let detail = counter(&app, &clerk, &path, json!({"reason": "老师退休"})).await.ok();
        assert_eq!((detail["status"].as_str(), detail["taken"].as_i64(), detail["waiting"].as_i64()), (Some("cancelled"), Some(0), Some(0)));
        assert_eq!(detail["meetings"][0]["status"], "cancelled");
        assert_eq!(detail["meetings"][0]["id"], meeting.0);
        for person in &people {
            assert_eq!(state(&app, person).await.0, "cancelled");
            let told = notices(&app, person).await;
            assert_eq!(told.last().unwrap().body, "“一班”（每周二 9:00–10:30）停办了。原因：老师退休。您可以改报别的班。");
        }
        counter(&app, &clerk, &path, json!({"reason": "老师退休"})).await.refused(409, "class_cancelled");
        sign_up(&app, &people[0], class, true).await.refused(409, "class_cancelled");
        act(&app, &people[0], id_of(&app, &people[0]).await, "withdraw").await.refused(409, "class_cancelled");
        app.run_jobs().await;
        assert_eq!(counts(&app, class).await, (0, 0));
        assert_eq!(app.get("/api/classes").send().await.ok()["total"], 0);
    }
}
