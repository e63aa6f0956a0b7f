//! People, classes and sign-ins put straight into the tables, for tests whose
//! subject is something else.

use chrono::{NaiveDate, TimeDelta};
use entity::ids::{
    ClassId, CommunityId, CourseId, MeetingId, ResidentId, SiteId, StaffId, TeacherId, TermId,
};
use entity::kinds::{ClassStatus, ConsentKind, EnrolmentStatus, MeetingStatus, Role, TeacherKind};
use entity::{
    class, community, consent, course, enrolment, meeting, resident, resident_session, site, staff,
    staff_session, teacher, term,
};
use sea_orm::ActiveModelTrait;
use sea_orm::ActiveValue::Set;
use shangxue::clock;
use shangxue::{vault, wire};

use super::TestApp;

/// A resident who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: ResidentId,
    pub token: String,
}

/// A member of staff who is signed in.
#[derive(Clone, Debug)]
pub struct Clerk {
    pub id: StaffId,
    pub token: String,
    pub csrf: String,
}

/// One of each: what a class needs.
#[derive(Clone, Copy, Debug)]
pub struct School {
    pub community: CommunityId,
    pub site: SiteId,
    pub term: TermId,
    pub course: CourseId,
    pub teacher: TeacherId,
}

/// A term of 16 weeks around the tests' time, open for enrolment, with one site, course and teacher.
pub async fn school(app: &TestApp) -> School {
    let db = app.app.db.writer();
    let now = app.now();
    let community =
        community::ActiveModel { name: Set("常沙社区".to_owned()), ..Default::default() };
    let community = community.insert(db).await.unwrap().id;
    let site = site::ActiveModel {
        name: Set("社区教育中心".to_owned()),
        address: Set("常兴路1号".to_owned()),
        community_id: Set(Some(community)),
        ..Default::default()
    };
    let site = site.insert(db).await.unwrap().id;
    let term = term::ActiveModel {
        name: Set("2026年秋季班".to_owned()),
        first_day: Set(clock::local_date(now) - TimeDelta::days(1)),
        last_day: Set(clock::local_date(now) + TimeDelta::days(110)),
        enrolment_opens_at: Set(now - TimeDelta::days(10)),
        enrolment_closes_at: Set(now + TimeDelta::days(20)),
        max_classes_per_person: Set(3),
        min_age: Set(50),
        ..Default::default()
    };
    let term = term.insert(db).await.unwrap().id;
    let course = course_named(app, "智在指尖").await;
    let teacher = teacher::ActiveModel {
        name: Set("王芳".to_owned()),
        kind: Set(TeacherKind::PartTime),
        staff_id: Set(None),
        ..Default::default()
    };
    let teacher = teacher.insert(db).await.unwrap().id;
    School { community, site, term, course, teacher }
}

pub async fn community_named(app: &TestApp, name: &str) -> CommunityId {
    let community = community::ActiveModel { name: Set(name.to_owned()), ..Default::default() };
    community.insert(app.app.db.writer()).await.unwrap().id
}

pub async fn course_named(app: &TestApp, name: &str) -> CourseId {
    let course = course::ActiveModel {
        name: Set(name.to_owned()),
        subject: Set("智能技术".to_owned()),
        description: Set("学会用手机。".to_owned()),
        smart_technology: Set(true),
        ..Default::default()
    };
    course.insert(app.app.db.writer()).await.unwrap().id
}

/// A class on Tuesdays from 9:00 to 10:30; the tests' time is its first day at 9:00.
pub async fn class(app: &TestApp, school: &School, name: &str, capacity: i32) -> ClassId {
    let class = class::ActiveModel {
        term_id: Set(school.term),
        course_id: Set(school.course),
        teacher_id: Set(school.teacher),
        site_id: Set(school.site),
        name: Set(name.to_owned()),
        room: Set("201教室".to_owned()),
        capacity: Set(capacity),
        taken: Set(0),
        waiting: Set(0),
        weekday: Set(2),
        start_minute: Set(9 * 60),
        duration_minutes: Set(90),
        status: Set(ClassStatus::Open),
        created_at: Set(app.now()),
        ..Default::default()
    };
    class.insert(app.app.db.writer()).await.unwrap().id
}

/// A meeting that starts so long after the tests' time (negative: before), for 90 minutes.
pub async fn meeting(
    app: &TestApp,
    school: &School,
    class: ClassId,
    number: i32,
    starts_in: TimeDelta,
) -> MeetingId {
    let starts_at = app.now() + starts_in;
    let meeting = meeting::ActiveModel {
        class_id: Set(class),
        number: Set(number),
        starts_at: Set(starts_at),
        ends_at: Set(starts_at + TimeDelta::minutes(90)),
        site_id: Set(school.site),
        room: Set("201教室".to_owned()),
        status: Set(MeetingStatus::Planned),
        ..Default::default()
    };
    meeting.insert(app.app.db.writer()).await.unwrap().id
}

/// A resident of 70 with consent and profile, signed in. `nth` tells them apart.
pub async fn person(app: &TestApp, community: CommunityId, nth: u32) -> Person {
    let db = app.app.db.writer();
    let now = app.now();
    let resident = resident::ActiveModel {
        learner_number: Set(format!("2026{nth:06}")),
        name: Set(Some(format!("学员{nth}"))),
        birth_date: Set(NaiveDate::from_ymd_opt(1956, 3, 1)),
        community_id: Set(Some(community)),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let id = resident.insert(db).await.unwrap().id;
    let given = consent::ActiveModel {
        resident_id: Set(id),
        kind: Set(ConsentKind::Privacy),
        version: Set(app.app.config.members.consent_version.clone()),
        given_at: Set(now),
        ..Default::default()
    };
    given.insert(db).await.unwrap();
    let (token, token_hash) = vault::new_token().unwrap();
    let session = resident_session::ActiveModel {
        resident_id: Set(id),
        token_hash: Set(token_hash),
        created_at: Set(now),
        last_seen_at: Set(now),
        expires_at: Set(now + TimeDelta::days(90)),
        ..Default::default()
    };
    session.insert(db).await.unwrap();
    Person { id, token }
}

/// A member of staff, signed in.
pub async fn clerk(
    app: &TestApp,
    login: &str,
    role: Role,
    community: Option<CommunityId>,
) -> Clerk {
    let db = app.app.db.writer();
    let now = app.now();
    let row = staff::ActiveModel {
        login: Set(login.to_owned()),
        name: Set(format!("{login}同志")),
        role: Set(role),
        community_id: Set(community),
        password_hash: Set("no password fits".to_owned()),
        failed_logins: Set(0),
        created_at: Set(now),
        ..Default::default()
    };
    let id = row.insert(db).await.unwrap().id;
    let (token, token_hash) = vault::new_token().unwrap();
    let session = staff_session::ActiveModel {
        staff_id: Set(id),
        token_hash: Set(token_hash),
        created_at: Set(now),
        last_seen_at: Set(now),
        expires_at: Set(now + TimeDelta::days(30)),
        ..Default::default()
    };
    session.insert(db).await.unwrap();
    let csrf = wire::auth::csrf_token(&app.app, &token);
    Clerk { id, token, csrf }
}

/// Gives a person a place without asking any rule.
pub async fn placed(app: &TestApp, school: &School, class: ClassId, person: ResidentId) {
    let now = app.now();
    let row = enrolment::ActiveModel {
        resident_id: Set(person),
        class_id: Set(class),
        course_id: Set(school.course),
        term_id: Set(school.term),
        status: Set(EnrolmentStatus::Placed),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    row.insert(app.app.db.writer()).await.unwrap();
}
