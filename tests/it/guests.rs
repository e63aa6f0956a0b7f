//! 旁听: a seat that a leave frees at one meeting goes to who waits, in order.

use chrono::TimeDelta;
use entity::ids::{ClassId, MeetingId, ResidentId};
use entity::kinds::{EnrolmentStatus, GuestStatus, Role};
use entity::{attendance, enrolment, guest_offer, guest_seat, notice, staff_session};
use futures_util::future::join_all;
use reqwest::Method;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use shangxue::reminders;

use crate::on_both_databases;
use crate::support::fixtures::{self, Clerk, Person, School};
use crate::support::{Answer, TestApp};

/// A full class of three that meets in two days at nine, for which four wait.
struct Scene {
    school: School,
    class: ClassId,
    meeting: MeetingId,
    centre: Clerk,
    learners: Vec<Person>,
    waiting: Vec<Person>,
}

async fn scene(app: &TestApp) -> Scene {
    let school = fixtures::school(app).await;
    let class = fixtures::class(app, &school, "智在指尖一班", 3).await;
    let meeting = fixtures::meeting(app, &school, class, 1, TimeDelta::days(2)).await;
    let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
    let (mut learners, mut waiting) = (Vec::new(), Vec::new());
    for nth in 1..=7 {
        let person = fixtures::person(app, school.community, nth).await;
        if nth <= 3 {
            fixtures::placed(app, &school, class, person.id).await;
            learners.push(person);
        } else {
            wait(app, &school, class, person.id, i64::from(nth) - 3).await;
            waiting.push(person);
        }
    }
    let taken = entity::class::ActiveModel {
        id: Set(class),
        taken: Set(3),
        waiting: Set(4),
        last_queue_number: Set(4),
        ..Default::default()
    };
    taken.update(app.app.db.writer()).await.unwrap();
    Scene { school, class, meeting, centre, learners, waiting }
}

async fn wait(app: &TestApp, school: &School, class: ClassId, who: ResidentId, number: i64) {
    let row = enrolment::ActiveModel {
        resident_id: Set(who),
        class_id: Set(class),
        course_id: Set(school.course),
        term_id: Set(school.term),
        status: Set(EnrolmentStatus::Waiting),
        queue_number: Set(Some(number)),
        created_at: Set(app.now()),
        updated_at: Set(app.now()),
        ..Default::default()
    };
    row.insert(app.app.db.writer()).await.unwrap();
}

/// Time passes, and staff are signed in all the same.
async fn pass(app: &TestApp, by: TimeDelta) {
    app.advance(by);
    let sessions = staff_session::Entity::update_many()
        .col_expr(staff_session::Column::ExpiresAt, Expr::value(app.now() + TimeDelta::days(1)));
    sessions.exec(app.app.db.writer()).await.unwrap();
    app.run_jobs().await;
}

impl Scene {
    async fn leave(&self, app: &TestApp, method: Method, who: &Person) -> Answer {
        let path = format!("/api/me/meetings/{}/leave", self.meeting);
        let answer = app.request(method, &path).json(&json!({})).bearer(&who.token).send().await;
        app.run_jobs().await;
        answer
    }

    async fn asks_leave(&self, app: &TestApp, nth: usize) {
        self.leave(app, Method::PUT, &self.learners[nth]).await.ok();
    }

    async fn answer(&self, app: &TestApp, who: &Person, what: &str) -> Answer {
        let id = offers(app, who).await[0]["id"].clone();
        let path = format!("/api/me/guest-offers/{id}/{what}");
        let answer = app.post(&path, &Value::Null).bearer(&who.token).send().await;
        app.run_jobs().await;
        answer
    }

    /// Who was asked, in order, and what came of it.
    async fn asked(&self, app: &TestApp) -> Vec<(ResidentId, GuestStatus)> {
        let rows = guest_offer::Entity::find()
            .filter(guest_offer::Column::MeetingId.eq(self.meeting))
            .order_by_asc(guest_offer::Column::Id)
            .all(app.app.db.read())
            .await
            .unwrap();
        rows.into_iter().map(|row| (row.resident_id, row.status)).collect()
    }

    fn are(&self, states: &[GuestStatus]) -> Vec<(ResidentId, GuestStatus)> {
        self.waiting.iter().map(|person| person.id).zip(states.iter().copied()).collect()
    }

    async fn roll(&self, app: &TestApp, who: &Person) -> Value {
        let path = format!("/api/staff/meetings/{}/roll", self.meeting);
        let roll = app.get(&path).by(&self.centre).send().await.ok();
        let rows = roll["items"].as_array().unwrap();
        rows.iter().find(|row| row["resident_id"] == who.id.0).cloned().unwrap_or_default()
    }

    async fn seats(&self, app: &TestApp) -> Value {
        app.get(&format!("/api/staff/meetings/{}/guests", self.meeting))
            .by(&self.centre)
            .send()
            .await
            .ok()
    }

    async fn check_in(&self, app: &TestApp, who: &Person) -> Answer {
        let path = format!("/api/staff/meetings/{}/code", self.meeting);
        let code = app.get(&path).by(&self.centre).send().await.ok();
        app.post("/api/me/check-in", &json!({ "code": code["link"] }))
            .bearer(&who.token)
            .send()
            .await
    }
}

async fn offers(app: &TestApp, who: &Person) -> Vec<Value> {
    let list = app.get("/api/me/guest-offers").bearer(&who.token).send().await.ok();
    list["items"].as_array().unwrap().clone()
}

use GuestStatus::{Declined, Ended, GivenBack, Lapsed, Offered, Taken};

on_both_databases! {
    async fn a_seat_that_a_leave_frees_is_offered_in_order_and_taken_by_one_tap(app: TestApp) {
        let scene = scene(&app).await;
        scene.asks_leave(&app, 0).await;
        scene.asks_leave(&app, 0).await;
        assert_eq!(scene.asked(&app).await, scene.are(&[Offered]));
        let offer = &offers(&app, &scene.waiting[0]).await[0];
        assert_eq!((offer["class_name"].as_str(), offer["may_accept"].as_bool()), (Some("智在指尖一班"), Some(true)));
        let told = notice::Entity::find().filter(notice::Column::ResidentId.eq(scene.waiting[0].id)).all(app.app.db.read()).await.unwrap();
        assert_eq!((told.len(), told[0].title.as_str(), told[0].page.as_str()), (1, "有空位，可以旁听一次", "/guest"));
        // Nobody answers for another, or what nobody was asked.
        let path = format!("/api/me/guest-offers/{}/accept", offer["id"]);
        app.post(&path, &Value::Null).bearer(&scene.waiting[1].token).send().await.refused(404, "no_guest_offer");
        app.post("/api/me/guest-offers/99/accept", &Value::Null).bearer(&scene.waiting[1].token).send().await.refused(404, "no_guest_offer");
        scene.answer(&app, &scene.waiting[0], "accept").await.ok();
        scene.answer(&app, &scene.waiting[0], "accept").await.ok();
        assert_eq!(scene.asked(&app).await, scene.are(&[Taken]));
        assert_eq!(scene.roll(&app, &scene.waiting[0]).await["guest"], true);
        assert_eq!(scene.roll(&app, &scene.learners[1]).await["guest"], false);
        let mine = app.get("/api/me/meetings").bearer(&scene.waiting[0].token).send().await.ok();
        assert_eq!((&mine["items"][0]["guest"], &mine["items"][0]["may_ask_leave"]), (&json!(true), &json!(false)));
        let seats = scene.seats(&app).await;
        assert_eq!((&seats["freed"], &seats["free"], seats["items"].as_array().unwrap().len()), (&json!(1), &json!(0), 1));
        // They still wait for a place for good.
        let waits = app.get("/api/me/enrolments").bearer(&scene.waiting[0].token).send().await.ok();
        assert_eq!((&waits["items"][0]["status"], &waits["items"][0]["waiting_position"]), (&json!("waiting"), &json!(1)));
    }

    async fn who_declines_or_does_not_answer_lets_the_next_have_it(app: TestApp) {
        let scene = scene(&app).await;
        scene.asks_leave(&app, 0).await;
        scene.answer(&app, &scene.waiting[0], "decline").await.ok();
        assert_eq!(scene.asked(&app).await, scene.are(&[Declined, Offered]));
        let until = offers(&app, &scene.waiting[1]).await[0]["expires_text"].clone();
        assert_eq!(until, "9月1日（周二）15:00");
        pass(&app, TimeDelta::hours(6)).await;
        assert_eq!(scene.asked(&app).await, scene.are(&[Declined, Lapsed, Offered]));
        scene.answer(&app, &scene.waiting[1], "accept").await.refused(409, "guest_offer_expired");
        let until = offers(&app, &scene.waiting[2]).await[0]["expires_text"].clone();
        assert_eq!(until, "9月1日（周二）21:00");
        scene.answer(&app, &scene.waiting[2], "accept").await.ok();
        scene.answer(&app, &scene.waiting[2], "decline").await.ok();
        assert_eq!(scene.asked(&app).await, scene.are(&[Declined, Lapsed, GivenBack, Offered]));
        assert!(scene.roll(&app, &scene.waiting[2]).await.is_null());
    }

    async fn nobody_is_asked_too_late_and_nobody_twice_for_one_meeting(app: TestApp) {
        let scene = scene(&app).await;
        scene.asks_leave(&app, 0).await;
        scene.leave(&app, Method::DELETE, &scene.learners[1]).await.ok();
        for _ in 0..3 {
            let (last, _) = scene.asked(&app).await.pop().unwrap();
            let who = scene.waiting.iter().find(|one| one.id == last).unwrap();
            scene.answer(&app, who, "decline").await.ok();
        }
        scene.asks_leave(&app, 1).await;
        assert_eq!(scene.asked(&app).await, scene.are(&[Declined, Declined, Declined, Offered]));
        pass(&app, TimeDelta::hours(39)).await;
        // At midnight before the meeting there is no time left to ask.
        assert_eq!(scene.asked(&app).await, scene.are(&[Declined, Declined, Declined, Lapsed]));
        let seats = scene.seats(&app).await;
        assert_eq!((&seats["freed"], &seats["free"]), (&json!(2), &json!(2)));
    }

    async fn who_begins_to_wait_later_is_asked_and_who_is_elsewhere_is_passed_over(app: TestApp) {
        let scene = scene(&app).await;
        let other = fixtures::class(&app, &scene.school, "合唱班", 20).await;
        fixtures::meeting(&app, &scene.school, other, 1, TimeDelta::days(2) + TimeDelta::minutes(60)).await;
        // In another course, or the database would not have it.
        let course = fixtures::course_named(&app, "合唱").await;
        let school = School { course, ..scene.school };
        for person in &scene.waiting {
            fixtures::placed(&app, &school, other, person.id).await;
        }
        scene.asks_leave(&app, 0).await;
        assert_eq!(scene.asked(&app).await, []);
        let late = fixtures::person(&app, scene.school.community, 9).await;
        wait(&app, &scene.school, scene.class, late.id, 5).await;
        for _ in 0..2 {
            shangxue::attendance::round(&app.app).await.unwrap();
            app.run_jobs().await;
        }
        assert_eq!(scene.asked(&app).await, [(late.id, Offered)]);
    }

    async fn a_guest_checks_in_as_everybody_and_it_counts_as_theirs_but_not_for_the_class(app: TestApp) {
        let scene = scene(&app).await;
        let guest = &scene.waiting[0];
        for nth in 0..3 {
            scene.asks_leave(&app, nth).await;
        }
        for nth in 0..3 {
            scene.answer(&app, &scene.waiting[nth], "accept").await.ok();
        }
        pass(&app, TimeDelta::days(2)).await;
        scene.check_in(&app, guest).await.ok();
        scene.check_in(&app, &scene.waiting[3]).await.refused(403, "not_enrolled");
        // By card and by tap too.
        let card = app.post("/api/me/card", &Value::Null).bearer(&scene.waiting[1].token).send().await.ok();
        let scans = json!([
            { "scan_id": "s-1", "kind": "card", "card": card["link"], "device_at": app.now() },
            { "scan_id": "s-2", "kind": "tap", "resident_id": scene.waiting[3].id, "status": "present", "device_at": app.now() },
        ]);
        let sent = app.post(&format!("/api/staff/meetings/{}/scans", scene.meeting), &json!({ "device": "d", "sent_at": app.now(), "scans": scans })).by(&scene.centre).send().await.ok();
        assert_eq!((&sent["items"][0]["outcome"], &sent["items"][1]["why"]), (&json!("recorded"), &json!("not_on_roll")));
        // …and by a poster, with a nod.
        let claimed = app.post("/api/me/check-in", &json!({ "code": format!("B{}", scene.class) })).bearer(&scene.waiting[2].token).send().await.ok();
        assert_eq!(claimed["outcome"], "awaits_nod");
        app.post("/api/me/check-in", &json!({ "code": format!("B{}", scene.class) })).bearer(&scene.waiting[3].token).send().await.refused(403, "not_enrolled");
        let path = format!("/api/staff/meetings/{}/roll/{}", scene.meeting, scene.waiting[2].id);
        app.put(&path, &json!({ "status": "present" })).by(&scene.centre).send().await.ok();
        let row = scene.roll(&app, guest).await;
        assert_eq!((&row["status"], &row["guest"], &row["hours_hundredths"]), (&json!("present"), &json!(true), &json!(200)));
        let hours = app.get("/api/me/attendance").bearer(&guest.token).send().await.ok();
        assert_eq!(hours["total_hundredths"], 200);
        // A place for good later: what they heard as a guest is not of the class.
        let placed = enrolment::Entity::update_many()
            .col_expr(enrolment::Column::Status, Expr::value(EnrolmentStatus::Placed))
            .filter(enrolment::Column::ResidentId.eq(guest.id));
        placed.exec(app.app.db.writer()).await.unwrap();
        let record = app.get("/api/me/record").bearer(&guest.token).send().await.ok();
        assert_eq!((&record["total_hundredths"], &record["classes"][0]["learnt_hundredths"]), (&json!(200), &json!(0)), "{record}");
        pass(&app, TimeDelta::hours(3)).await;
    }

    async fn who_takes_leave_back_comes_where_there_is_room_and_is_told_where_there_is_none(app: TestApp) {
        let scene = scene(&app).await;
        scene.asks_leave(&app, 0).await;
        scene.asks_leave(&app, 1).await;
        assert_eq!(scene.asked(&app).await, scene.are(&[Offered, Offered]));
        // The second declines, and so do all after: the seat of either is free.
        for nth in [1, 2, 3] {
            scene.answer(&app, &scene.waiting[nth], "decline").await.ok();
        }
        scene.answer(&app, &scene.waiting[0], "accept").await.ok();
        scene.leave(&app, Method::DELETE, &scene.learners[0]).await.ok();
        assert_eq!(scene.roll(&app, &scene.waiting[0]).await["guest"], true, "the guest stays");
        let refused = scene.leave(&app, Method::DELETE, &scene.learners[1]).await;
        refused.refused(409, "seat_given");
        assert_eq!(scene.roll(&app, &scene.learners[1]).await["status"], "leave");
        // A free place of the class is room.
        let more = entity::class::ActiveModel { id: Set(scene.class), capacity: Set(4), ..Default::default() };
        more.update(app.app.db.writer()).await.unwrap();
        scene.leave(&app, Method::DELETE, &scene.learners[1]).await.ok();
        assert!(scene.roll(&app, &scene.learners[1]).await["status"].is_null());
        let free = scene.seats(&app).await;
        assert_eq!((&free["freed"], &free["free"]), (&json!(1), &json!(0)));
    }

    async fn who_was_on_leave_and_comes_all_the_same_is_there_beside_the_guest(app: TestApp) {
        let scene = scene(&app).await;
        scene.asks_leave(&app, 0).await;
        scene.answer(&app, &scene.waiting[0], "accept").await.ok();
        pass(&app, TimeDelta::days(2) - TimeDelta::minutes(10)).await;
        scene.check_in(&app, &scene.learners[0]).await.ok();
        scene.check_in(&app, &scene.waiting[0]).await.ok();
        for who in [&scene.learners[0], &scene.waiting[0]] {
            assert_eq!(scene.roll(&app, who).await["status"], "present");
        }
        app.run_jobs().await;
    }

    async fn there_are_never_more_guests_than_leaves_however_many_ask_at_once(app: TestApp) {
        let scene = scene(&app).await;
        let path = format!("/api/me/meetings/{}/leave", scene.meeting);
        let body = json!({});
        let leave = |nth: usize| app.put(&path, &body).bearer(&scene.learners[nth].token).send();
        for answer in join_all([0, 1, 0, 1].map(leave)).await {
            answer.ok();
        }
        let asking = (0..6).map(|_| shangxue::attendance::offer_guest_seats(&app.app, scene.meeting));
        for asked in join_all(asking).await {
            asked.unwrap();
        }
        app.run_jobs().await;
        assert_eq!(scene.asked(&app).await, scene.are(&[Offered, Offered]));
        // With the guard off in the code, the database refuses.
        let seat = guest_seat::Entity::find().order_by_asc(guest_seat::Column::Id).one(app.app.db.read()).await.unwrap().unwrap();
        let third = guest_offer::ActiveModel {
            seat_id: Set(seat.id),
            meeting_id: Set(scene.meeting),
            resident_id: Set(scene.waiting[3].id),
            status: Set(Offered),
            offered_at: Set(app.now()),
            expires_at: Set(app.now()),
            ..Default::default()
        };
        assert!(third.insert(app.app.db.writer()).await.is_err());
        // The owner comes back while the guest says yes: one of both.
        let (back, yes) = tokio::join!(
            scene.leave(&app, Method::DELETE, &scene.learners[0]),
            scene.answer(&app, &scene.waiting[0], "accept"),
        );
        yes.ok();
        back.refused(409, "seat_given");
    }

    async fn staff_answer_for_who_said_so_by_phone_and_see_whom_to_call(app: TestApp) {
        let scene = scene(&app).await;
        scene.asks_leave(&app, 0).await;
        pass(&app, TimeDelta::minutes(6)).await;
        let calls = app.get("/api/staff/calls?told=false").by(&scene.centre).send().await.ok();
        assert_eq!((calls["items"].as_array().unwrap().len(), &calls["items"][0]["name"]), (1, &json!("学员4")), "{calls}");
        let seats = scene.seats(&app).await;
        let id = &seats["items"][0]["id"];
        let teacher = fixtures::clerk(&app, "teacher", Role::Teacher, None).await;
        let path = format!("/api/staff/guest-offers/{id}/accept");
        app.post(&path, &Value::Null).by(&teacher).send().await.refused(403, "not_your_class");
        app.get(&format!("/api/staff/meetings/{}/guests", scene.meeting)).by(&teacher).send().await.refused(403, "not_your_class");
        app.post(&path, &Value::Null).by(&scene.centre).send().await.ok();
        let seats = scene.seats(&app).await;
        assert_eq!((&seats["items"][0]["status"], &seats["items"][0]["by_staff"]), (&json!("taken"), &json!(true)));
        let audit = entity::audit::Entity::find().all(app.app.db.read()).await.unwrap();
        assert_eq!(audit.last().map(|row| row.action.as_str()), Some("guest.accepted"));
    }

    async fn guests_are_reminded_hear_of_changes_and_end_with_a_place_or_the_meeting(app: TestApp) {
        let scene = scene(&app).await;
        scene.asks_leave(&app, 0).await;
        scene.asks_leave(&app, 1).await;
        for nth in [0, 1] {
            scene.answer(&app, &scene.waiting[nth], "accept").await.ok();
        }
        // A place becomes free, and the first gets it for good.
        let withdraw = app.get("/api/me/enrolments").bearer(&scene.learners[2].token).send().await.ok();
        let path = format!("/api/me/enrolments/{}/withdraw", withdraw["items"][0]["id"]);
        app.post(&path, &json!({ "reason": "moved" })).bearer(&scene.learners[2].token).send().await;
        app.run_jobs().await;
        let mine = app.get("/api/me/enrolments").bearer(&scene.waiting[0].token).send().await.ok();
        if mine["items"][0]["status"] == "offered" {
            let path = format!("/api/me/enrolments/{}/accept", mine["items"][0]["id"]);
            app.post(&path, &Value::Null).bearer(&scene.waiting[0].token).send().await.ok();
            app.run_jobs().await;
            assert_eq!(scene.asked(&app).await, scene.are(&[Ended, Taken, Offered]));
            assert_eq!(scene.roll(&app, &scene.waiting[0]).await["guest"], false);
        }
        pass(&app, TimeDelta::hours(34)).await;
        reminders::round(&app.app).await.unwrap();
        app.run_jobs().await;
        let titles = notices_of(&app, &scene.waiting[1]).await;
        assert!(titles.contains(&"明天有课".to_owned()), "{titles:?}");
        let body = json!({ "reason": "老师生病" });
        app.post(&format!("/api/staff/meetings/{}/cancel", scene.meeting), &body).by(&scene.centre).send().await.ok();
        app.run_jobs().await;
        let titles = notices_of(&app, &scene.waiting[1]).await;
        assert!(titles.contains(&"旁听的课取消了".to_owned()), "{titles:?}");
        assert!(scene.asked(&app).await.iter().all(|(_, status)| ![Taken, Offered].contains(status)));
        assert!(attendance::Entity::find().filter(attendance::Column::ResidentId.eq(scene.waiting[1].id)).all(app.app.db.read()).await.unwrap().is_empty());
    }
}

async fn notices_of(app: &TestApp, who: &Person) -> Vec<String> {
    let rows = notice::Entity::find()
        .filter(notice::Column::ResidentId.eq(who.id))
        .all(app.app.db.read())
        .await
        .unwrap();
    rows.into_iter().map(|row| row.title).collect()
}
