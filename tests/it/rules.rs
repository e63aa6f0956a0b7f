//! What is asked before a sign-up: papers, bars, whom a class is for; and what becomes of
//! classes that have too few people, or too many.

use chrono::{NaiveDate, TimeDelta};
use entity::ids::{ClassId, CommunityId, CourseId, ResidentId, TermId};
use entity::kinds::{EnrolmentStatus, Role};
use entity::{class, community, consent, enrolment, notice, relative, resident, term};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder,
};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::fixtures::{self, Clerk, Person, School};
use crate::support::{Answer, TestApp};

async fn sign_up(app: &TestApp, who: &Person, class: ClassId) -> Answer {
    let body = json!({"join_waitlist": true});
    app.post(&format!("/api/classes/{class}/enrolments"), &body).bearer(&who.token).send().await
}

async fn needs(app: &TestApp, who: &Person, class: ClassId) -> Vec<String> {
    let path = format!("/api/classes/{class}/needs");
    let list = app.get(&path).bearer(&who.token).send().await.ok();
    let codes = list["items"].as_array().unwrap().iter();
    codes.map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

async fn mine(app: &TestApp, who: &Person) -> Vec<Value> {
    let list = app.get("/api/me/enrolments").bearer(&who.token).send().await.ok();
    list["items"].as_array().unwrap().clone()
}

async fn own(app: &TestApp, who: &Person, path: &str, body: Value) -> Answer {
    app.post(path, &body).bearer(&who.token).send().await
}

async fn post(app: &TestApp, by: &Clerk, path: &str, body: Value) -> Answer {
    app.post(path, &body).by(by).send().await
}

async fn put(app: &TestApp, by: &Clerk, path: &str, body: Value) -> Answer {
    app.put(path, &body).by(by).send().await
}

async fn get(app: &TestApp, by: &Clerk, path: &str) -> Answer {
    app.get(path).by(by).send().await
}

/// Saves the term as it is but for these fields.
async fn set_term(app: &TestApp, centre: &Clerk, id: TermId, fields: Value) -> Answer {
    let list = get(app, centre, "/api/staff/terms").await.ok();
    let terms = list["items"].as_array().unwrap();
    let mut term = terms.iter().find(|term| term["id"] == id.0).unwrap().clone();
    for (name, value) in fields.as_object().unwrap() {
        term[name] = value.clone();
    }
    put(app, centre, &format!("/api/staff/terms/{id}"), term).await
}

async fn centre(app: &TestApp) -> Clerk {
    fixtures::clerk(app, "centre", Role::Centre, None).await
}

async fn other_community(app: &TestApp) -> CommunityId {
    let row = community::ActiveModel { name: Set("常东社区".to_owned()), ..Default::default() };
    row.insert(app.app.db.writer()).await.unwrap().id
}

async fn born(app: &TestApp, who: ResidentId, year: i32) {
    let db = app.app.db.writer();
    let mut row =
        resident::Entity::find_by_id(who).one(db).await.unwrap().unwrap().into_active_model();
    row.birth_date = Set(NaiveDate::from_ymd_opt(year, 3, 1));
    row.update(db).await.unwrap();
}

async fn class_row(app: &TestApp, id: ClassId) -> class::Model {
    class::Entity::find_by_id(id).one(app.app.db.read()).await.unwrap().unwrap()
}

async fn last_notice(app: &TestApp, who: &Person) -> notice::Model {
    notice::Entity::find()
        .filter(notice::Column::ResidentId.eq(who.id))
        .order_by_desc(notice::Column::Id)
        .one(app.app.db.read())
        .await
        .unwrap()
        .unwrap()
}

async fn enrolment_of(app: &TestApp, who: &Person, class: ClassId) -> enrolment::Model {
    enrolment::Entity::find()
        .filter(enrolment::Column::ResidentId.eq(who.id))
        .filter(enrolment::Column::ClassId.eq(class))
        .order_by_desc(enrolment::Column::Id)
        .one(app.app.db.read())
        .await
        .unwrap()
        .unwrap()
}

async fn set_capacity(
    app: &TestApp,
    by: &Clerk,
    school: &School,
    class: ClassId,
    capacity: i32,
    why: Option<&str>,
) -> Answer {
    let body = json!({
        "name": "一班", "room": "201教室", "capacity": capacity, "teacher_id": school.teacher,
        "overbooked_for": why,
    });
    put(app, by, &format!("/api/staff/classes/{class}"), body).await
}

fn pages(refusal: &Value) -> Vec<&str> {
    refusal["next"].as_array().unwrap().iter().filter_map(|step| step["page"].as_str()).collect()
}

on_both_databases! {
    async fn a_term_may_ask_for_a_pledge_which_is_signed_once_for_each_version(app: TestApp) {
        let school = fixtures::school(&app).await;
        let centre = centre(&app).await;
        let class = fixtures::class(&app, &school, "一班", 5).await;
        let person = fixtures::person(&app, school.community, 1).await;
        set_term(&app, &centre, school.term, json!({"pledge_needed": true})).await.refused(409, "no_pledge");
        let text = json!({"title": "安全承诺书", "body": "我会注意安全。"});
        let first = put(&app, &centre, "/api/staff/pledge", text.clone()).await.ok()["id"].clone();
        assert_eq!(put(&app, &centre, "/api/staff/pledge", text).await.ok()["id"], first, "no new version");
        let term = set_term(&app, &centre, school.term, json!({"pledge_needed": true})).await.ok();
        assert_eq!((term["pledge_needed"].as_bool(), term["relative_from_age"].as_i64()), (Some(true), Some(80)));
        assert_eq!(needs(&app, &person, class).await, ["pledge_needed"]);
        let refusal = sign_up(&app, &person, class).await.refused(403, "pledge_needed");
        assert_eq!(pages(&refusal), ["/pledge"]);
        assert_eq!(app.get("/api/pledge").send().await.ok()["body"], "我会注意安全。");
        own(&app, &person, "/api/me/pledge", json!({"id": 999})).await.refused(409, "pledge_outdated");
        for _ in 0..2 {
            assert_eq!(own(&app, &person, "/api/me/pledge", json!({"id": first})).await.status.as_u16(), 204);
        }
        let signed = consent::Entity::find().filter(consent::Column::ResidentId.eq(person.id)).count(app.app.db.read()).await.unwrap();
        assert_eq!(signed, 2, "the privacy text, and the pledge once");
        assert_eq!(sign_up(&app, &person, class).await.ok()["outcome"], "placed");
        // A new version is asked for at the next sign-up; on paper it is as good.
        let text = json!({"title": "安全承诺书", "body": "我会注意安全，不带病上课。"});
        let second = put(&app, &centre, "/api/staff/pledge", text).await.ok()["id"].clone();
        let next = fixtures::person(&app, school.community, 2).await;
        sign_up(&app, &next, class).await.refused(403, "pledge_needed");
        let path = format!("/api/staff/residents/{}/pledge", next.id);
        let stranger = fixtures::clerk(&app, "stranger", Role::Officer, Some(other_community(&app).await)).await;
        post(&app, &stranger, &path, json!({"id": second})).await.refused(403, "out_of_scope");
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(school.community)).await;
        post(&app, &officer, &path, json!({"id": first})).await.refused(409, "pledge_outdated");
        assert_eq!(post(&app, &officer, &path, json!({"id": second})).await.status.as_u16(), 204);
        let papers = get(&app, &officer, &format!("/api/staff/residents/{}/papers", next.id)).await.ok();
        assert_eq!(papers["pledged"], true);
        assert_eq!(sign_up(&app, &next, class).await.ok()["outcome"], "placed");
    }

    async fn from_eighty_on_a_relative_agrees_and_can_be_called(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 5).await;
        let person = fixtures::person(&app, school.community, 1).await;
        assert_eq!(needs(&app, &person, class).await, Vec::<String>::new());
        born(&app, person.id, 1946).await;
        let refusal = sign_up(&app, &person, class).await.refused(403, "relative_needed");
        assert_eq!((refusal["message"].as_str(), pages(&refusal)), (Some("满 80 周岁的学员，报名前请先留一位家人的电话，家人也要同意。"), vec!["/relative"]));
        let relative = |agrees: bool| json!({"name": "张小红", "phone": "13900001111", "relation": "女儿", "agrees": agrees});
        let save = async |agrees| app.put("/api/me/relative", &relative(agrees)).bearer(&person.token).send().await;
        save(false).await.refused(400, "not_agreed");
        assert_eq!(save(true).await.status.as_u16(), 204);
        let kept = relative::Entity::find_by_id(person.id).one(app.app.db.read()).await.unwrap().unwrap();
        assert!(!format!("{kept:?}").contains("13900001111") && !format!("{kept:?}").contains("张小红"));
        let papers = app.get("/api/me/papers").bearer(&person.token).send().await.ok();
        assert_eq!(papers["relative"], json!({"name": "张小红", "relation": "女儿", "phone_masked": "139****1111"}));
        assert_eq!(sign_up(&app, &person, class).await.ok()["outcome"], "placed");
        // Staff may look the number up, and it is noted that they did.
        let centre = centre(&app).await;
        let reveal = format!("/api/staff/residents/{}/relative/reveal", person.id);
        assert_eq!(post(&app, &centre, &reveal, json!({})).await.ok()["phone"], "13900001111");
        assert_eq!(shangxue::staff::recorded(app.app.db.read(), "resident.relative_called").await.unwrap(), 1);
        // Another relative, by phone.
        let body = json!({"name": "张大海", "phone": "13900002222", "relation": "儿子", "way": "call"});
        let path = format!("/api/staff/residents/{}/relative", person.id);
        assert_eq!(put(&app, &centre, &path, body).await.status.as_u16(), 204);
        assert_eq!(post(&app, &centre, &reveal, json!({})).await.ok()["phone"], "13900002222");
        // Who takes the consent back, or is erased, leaves no relative behind.
        app.request(reqwest::Method::DELETE, "/api/me/consents/relative").bearer(&person.token).send().await.ok();
        assert!(relative::Entity::find_by_id(person.id).one(app.app.db.read()).await.unwrap().is_none());
        assert_eq!(save(true).await.status.as_u16(), 204);
        app.request(reqwest::Method::DELETE, "/api/me").bearer(&person.token).send().await;
        assert!(relative::Entity::find_by_id(person.id).one(app.app.db.read()).await.unwrap().is_none());
        app.run_jobs().await;
    }

    async fn who_is_barred_is_told_why_and_may_come_back(app: TestApp) {
        let school = fixtures::school(&app).await;
        let centre = centre(&app).await;
        let class = fixtures::class(&app, &school, "一班", 1).await;
        let [first, second] = [1, 2].map(|nth| fixtures::person(&app, school.community, nth));
        let (first, second) = (first.await, second.await);
        sign_up(&app, &first, class).await.ok();
        sign_up(&app, &second, class).await.ok();
        let path = format!("/api/staff/residents/{}/bars", second.id);
        let until = (app.app.clock.today() + TimeDelta::days(1)).to_string();
        post(&app, &centre, &path, json!({"until": "2020-01-01", "reason": "x"})).await.refused(400, "in_the_past");
        post(&app, &centre, &path, json!({"until": until, "reason": " "})).await.refused(400, "missing");
        let papers = post(&app, &centre, &path, json!({"until": until, "reason": "多次报名不来"})).await.ok();
        let bar = papers["bars"][0]["id"].as_i64().unwrap();
        // Also of a place that was offered meanwhile.
        let id = enrolment_of(&app, &first, class).await.id;
        own(&app, &first, &format!("/api/me/enrolments/{id}/withdraw"), json!({})).await.ok();
        app.run_jobs().await;
        assert_eq!(enrolment_of(&app, &second, class).await.status, EnrolmentStatus::Waiting, "passed over");
        let lift = format!("/api/staff/bars/{bar}/lift");
        assert_eq!(post(&app, &centre, &lift, json!({})).await.ok()["bars"], json!([]));
        post(&app, &centre, &lift, json!({})).await.ok();
        app.run_jobs().await;
        let offered = enrolment_of(&app, &second, class).await;
        assert_eq!(offered.status, EnrolmentStatus::Offered, "asked at once when it is lifted");
        let papers = post(&app, &centre, &path, json!({"until": until, "reason": "多次报名不来"})).await.ok();
        let bar = papers["bars"][0]["id"].as_i64().unwrap();
        let accept = format!("/api/me/enrolments/{}/accept", offered.id);
        let refusal = own(&app, &second, &accept, json!({})).await.refused(403, "barred");
        assert!(refusal["message"].as_str().unwrap().ends_with("您暂时不能报名。原因：多次报名不来"), "{refusal}");
        let lift = format!("/api/staff/bars/{bar}/lift");
        assert_eq!(post(&app, &centre, &lift, json!({})).await.ok()["bars"], json!([]));
        post(&app, &centre, &lift, json!({})).await.ok();
        assert_eq!(shangxue::staff::recorded(app.app.db.read(), "resident.bar_lifted").await.unwrap(), 2);
        assert_eq!(own(&app, &second, &accept, json!({})).await.ok()["status"], "placed");
    }

    async fn a_class_may_be_for_one_community_or_for_who_was_in_the_course_before(app: TestApp) {
        let school = fixtures::school(&app).await;
        let centre = centre(&app).await;
        let class = fixtures::class(&app, &school, "一班", 5).await;
        let other = fixtures::class(&app, &school, "二班", 5).await;
        let person = fixtures::person(&app, other_community(&app).await, 1).await;
        let rules = async |class: ClassId, body: Value| put(&app, &centre, &format!("/api/staff/classes/{class}/rules"), body).await;
        let detail = rules(class, json!({"residence": "own_only", "previous_needed": false})).await.ok();
        assert_eq!((detail["residence"].as_str(), detail["least_people"].as_i64()), (Some("own_only"), Some(3)));
        let refusal = sign_up(&app, &person, class).await.refused(403, "other_community");
        assert_eq!(refusal["message"], "这个班只收“社区教育中心”所在社区的居民。");
        assert_eq!(pages(&refusal), [format!("/classes/{other}")], "one that they can have");
        // The course before, learnt in a term that is over.
        let before: CourseId = fixtures::course_named(&app, "手机入门").await;
        rules(class, json!({"residence": "everyone", "previous_needed": true, "previous_course_id": before})).await.ok();
        rules(other, json!({"residence": "own_only", "previous_needed": false})).await.ok();
        let refusal = sign_up(&app, &person, class).await.refused(403, "previous_needed");
        assert_eq!(refusal["message"], "这个班要先学过“手机入门”才能报。");
        assert_eq!(pages(&refusal), ["/classes"], "nothing that they could not have");
        let db = app.app.db.writer();
        let now = app.now();
        let old = term::ActiveModel {
            name: Set("去年".to_owned()),
            first_day: Set(app.app.clock.today() - TimeDelta::days(200)),
            last_day: Set(app.app.clock.today() - TimeDelta::days(2)),
            enrolment_opens_at: Set(now - TimeDelta::days(220)),
            enrolment_closes_at: Set(now - TimeDelta::days(201)),
            max_classes_per_person: Set(3),
            min_age: Set(50),
            ..Default::default()
        };
        let old = School { term: old.insert(db).await.unwrap().id, course: before, ..school };
        let learnt = fixtures::class(&app, &old, "旧班", 5).await;
        fixtures::placed(&app, &old, learnt, person.id).await;
        assert_eq!(sign_up(&app, &person, class).await.ok()["outcome"], "placed");
    }

    async fn classes_with_too_few_people_are_listed_and_staff_decide(app: TestApp) {
        let school = fixtures::school(&app).await;
        let centre = centre(&app).await;
        let day = |days: i64| (app.app.clock.today() + TimeDelta::days(days)).to_string();
        let closes = (app.now() + TimeDelta::days(20)).to_rfc3339();
        let fields = json!({"first_day": day(10), "last_day": day(100), "enrolment_closes_at": closes});
        set_term(&app, &centre, school.term, fields).await.ok();
        let small = fixtures::class(&app, &school, "一班", 5).await;
        let full = fixtures::class(&app, &school, "二班", 1).await;
        let sister = fixtures::class(&app, &school, "三班", 5).await;
        let mut people = Vec::new();
        for nth in 1..=4 {
            people.push(fixtures::person(&app, school.community, nth).await);
        }
        for person in &people[..2] {
            sign_up(&app, person, small).await.ok();
        }
        sign_up(&app, &people[2], full).await.ok();
        app.run_jobs().await;
        let path = format!("/api/staff/terms/{}/running", school.term);
        let running = async || get(&app, &centre, &path).await.ok()["classes"].as_array().unwrap().clone();
        assert!(running().await.iter().all(|one| one["undecided"] == false), "not before the day");
        app.advance(TimeDelta::days(7));
        app.run_jobs().await;
        let now = running().await;
        let undecided: Vec<_> = now.iter().filter(|one| one["undecided"] == true).map(|one| (one["name"].as_str().unwrap(), one["people"].as_i64().unwrap(), one["least"].as_i64().unwrap())).collect();
        assert_eq!(undecided, [("三班", 0, 3), ("一班", 2, 3)]);
        assert_eq!(now[1]["sisters"][0]["id"], sister.0);
        let keep = format!("/api/staff/classes/{sister}/keep-open");
        post(&app, &centre, &keep, json!({"reason": ""})).await.refused(400, "missing");
        for _ in 0..2 {
            post(&app, &centre, &keep, json!({"reason": "还会来人"})).await.ok();
        }
        assert_eq!(shangxue::staff::recorded(app.app.db.read(), "class.kept_open").await.unwrap(), 1);
        assert_eq!(running().await.iter().filter(|one| one["undecided"] == true).count(), 1);
        // The other is cancelled, and its people may go to the sister class.
        let cancel = format!("/api/staff/classes/{small}/cancel");
        post(&app, &centre, &cancel, json!({"reason": "人数不够", "sister_id": full})).await.refused(409, "class_full");
        post(&app, &centre, &cancel, json!({"reason": "人数不够", "sister_id": small})).await.refused(400, "not_sister");
        post(&app, &centre, &cancel, json!({"reason": "人数不够", "sister_id": sister})).await.ok();
        let left = enrolment_of(&app, &people[0], small).await;
        let told = last_notice(&app, &people[0]).await;
        assert_eq!(told.page, format!("/change/{}", left.id));
        assert!(told.body.contains("同一门课的“三班”"), "{}", told.body);
        let row = &mine(&app, &people[0]).await[0];
        assert_eq!((row["status"].as_str(), &row["may"]), (Some("cancelled"), &json!(["change_class"])));
        // One place is left: the first who taps has it, the second keeps nothing that is not there.
        let mut one_place = class_row(&app, sister).await.into_active_model();
        one_place.capacity = Set(1);
        one_place.update(app.app.db.writer()).await.unwrap();
        let change = async |who: &Person, to: ClassId| {
            let id = enrolment_of(&app, who, small).await.id;
            own(&app, who, &format!("/api/me/enrolments/{id}/change"), json!({"class_id": to})).await
        };
        for _ in 0..2 {
            assert_eq!(change(&people[0], sister).await.ok()["class"]["id"], sister.0);
        }
        change(&people[1], sister).await.refused(409, "class_full");
        assert_eq!(class_row(&app, sister).await.taken, 1);
        let after = mine(&app, &people[0]).await;
        assert_eq!(after[0]["status"], "placed");
        assert_eq!(after[1]["may"], json!([]), "has a class of the course again");
        app.run_jobs().await;
    }

    async fn a_capacity_below_what_is_taken_falls_as_places_are_given_back(app: TestApp) {
        let school = fixtures::school(&app).await;
        let centre = centre(&app).await;
        let class = fixtures::class(&app, &school, "一班", 3).await;
        let mut people = Vec::new();
        for nth in 1..=4 {
            people.push(fixtures::person(&app, school.community, nth).await);
        }
        for person in &people {
            sign_up(&app, person, class).await.ok();
        }
        set_capacity(&app, &centre, &school, class, 1, None).await.refused(409, "below_taken");
        let detail = set_capacity(&app, &centre, &school, class, 1, Some("换了小教室")).await.ok();
        assert_eq!((detail["capacity"].as_i64(), detail["cut_to"].as_i64()), (Some(3), Some(1)));
        let leave = async |who: &Person| {
            let id = enrolment_of(&app, who, class).await.id;
            own(&app, who, &format!("/api/me/enrolments/{id}/withdraw"), json!({"why": "health"})).await.ok();
            app.run_jobs().await;
            let row = class_row(&app, class).await;
            (row.taken, row.capacity, row.cut_to, row.waiting)
        };
        assert_eq!(leave(&people[0]).await, (2, 2, Some(1), 1), "nobody is asked from the list");
        assert_eq!(leave(&people[1]).await, (1, 1, None, 1));
        assert_eq!(leave(&people[2]).await, (1, 1, None, 0), "as in any class: the next is asked");
        let path = format!("/api/staff/terms/{}/running", school.term);
        let left = get(&app, &centre, &path).await.ok()["left"].clone();
        assert_eq!(left, json!([{"text": "身体不方便", "people": 3}]));
        // More places end it.
        let [next, last] = [5, 6].map(|nth| fixtures::person(&app, school.community, nth));
        let (next, last) = (next.await, last.await);
        set_capacity(&app, &centre, &school, class, 2, None).await.ok();
        sign_up(&app, &next, class).await.ok();
        sign_up(&app, &last, class).await.ok();
        set_capacity(&app, &centre, &school, class, 1, Some("换了小教室")).await.ok();
        let raised = set_capacity(&app, &centre, &school, class, 3, None).await.ok();
        assert_eq!((raised["capacity"].as_i64(), raised.get("cut_to")), (Some(3), None));
        app.run_jobs().await;
        assert_eq!(enrolment_of(&app, &last, class).await.status, EnrolmentStatus::Offered);
    }

    async fn a_place_that_staff_took_does_not_bounce_back(app: TestApp) {
        let school = fixtures::school(&app).await;
        let centre = centre(&app).await;
        let class = fixtures::class(&app, &school, "一班", 2).await;
        let other = fixtures::class(&app, &school, "二班", 2).await;
        let person = fixtures::person(&app, school.community, 1).await;
        sign_up(&app, &person, class).await.ok();
        let id = enrolment_of(&app, &person, class).await.id;
        let leave = format!("/api/me/enrolments/{id}/withdraw");
        own(&app, &person, &leave, json!({"why": "absent"})).await.refused(400, "bad_reason");
        let path = format!("/api/staff/enrolments/{id}/withdraw");
        post(&app, &centre, &path, json!({})).await.refused(400, "reason_needed");
        post(&app, &centre, &path, json!({"why": "absent", "reason": "连续三次没来"})).await.ok();
        let refusal = sign_up(&app, &person, class).await.refused(403, "taken_out");
        assert_eq!(refusal["message"], "您在这个班的名额，工作人员退掉了。原因：多次缺课：连续三次没来");
        assert!(pages(&refusal).contains(&format!("/classes/{other}").as_str()), "{refusal}");
        let papers = format!("/api/staff/residents/{}/papers", person.id);
        let bar = get(&app, &centre, &papers).await.ok()["bars"][0].clone();
        assert_eq!(bar["class_id"], class.0);
        post(&app, &centre, &format!("/api/staff/bars/{}/lift", bar["id"]), json!({})).await.ok();
        assert_eq!(sign_up(&app, &person, class).await.ok()["outcome"], "placed");
        // At the person's own wish they may come back.
        let id = enrolment_of(&app, &person, class).await.id;
        let path = format!("/api/staff/enrolments/{id}/withdraw");
        post(&app, &centre, &path, json!({"why": "family"})).await.ok();
        assert_eq!(sign_up(&app, &person, class).await.ok()["outcome"], "placed");
        app.run_jobs().await;
    }
}
