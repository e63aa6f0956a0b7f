//! A town as it may be: 10,000 residents, 200 classes and half a term behind them, put straight
//! into the tables; and what the pages of the console ask of the service.

use chrono::{NaiveDate, TimeDelta};
use entity::ids::{ClassId, CommunityId, MeetingId, ResidentId, SiteId, TeacherId};
use entity::kinds::{
    AttendanceStatus, ClassStatus, ConsentKind, EnrolmentStatus, JobState, MeetingStatus,
    NoticeKind, NoticeState, Role, TeacherKind,
};
use entity::{
    attendance, class, consent, enrolment, job, meeting, notice, resident, site, teacher,
};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, EntityTrait};

use super::TestApp;
use super::fixtures::{self, Clerk, School};

/// Without optimisation a fifth of it is enough to see what is grossly slow.
const SCALE: i64 = if cfg!(debug_assertions) { 5 } else { 1 };
pub const RESIDENTS: i64 = 10_000 / SCALE;
pub const CLASSES: i64 = 200 / SCALE;
const SITES: i64 = 20;
const MEETINGS: i32 = 16;
/// So many meetings of each class are over.
const HELD: i32 = 8;
const PLACES: i64 = 30;
const WAITING: i64 = 4;
/// Of this moment's notices.
const NOTICES: i64 = 20_000 / SCALE;

/// How long the server may take for one of them, on the machine that it is meant for.
pub const LIMIT_MS: u64 = 200;

pub struct Town {
    pub school: School,
    pub centre: Clerk,
    pub admin: Clerk,
    pub officer: Clerk,
    pub teacher: Clerk,
    pub leader: Clerk,
    class: ClassId,
    meeting: MeetingId,
}

/// Rows in one statement; SQLite takes 32,766 values.
async fn insert<A>(app: &TestApp, rows: Vec<A>)
where
    A: ActiveModelTrait + Send,
{
    let mut rows = rows.into_iter().peekable();
    let tx = app.app.db.begin().await.unwrap();
    while rows.peek().is_some() {
        let some: Vec<A> = rows.by_ref().take(1_000).collect();
        A::Entity::insert_many(some).exec_without_returning(&tx).await.unwrap();
    }
    tx.commit().await.unwrap();
}

impl Town {
    pub async fn new(app: &TestApp) -> Self {
        let school = fixtures::school(app).await;
        let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
        let admin = fixtures::clerk(app, "admin", Role::Admin, None).await;
        let officer = fixtures::clerk(app, "officer", Role::Officer, Some(school.community)).await;
        let teacher = fixtures::clerk(app, "teacher", Role::Teacher, None).await;
        let leader = fixtures::clerk(app, "leader", Role::Leader, None).await;
        let mut communities = vec![school.community];
        for name in ["新桥社区", "锦绣社区", "登瀛社区", "红旗社区"] {
            communities.push(fixtures::community_named(app, name).await);
        }
        places(app, &communities, &teacher).await;
        people(app, &communities).await;
        let class = fixtures::class(app, &school, "数班的班", 1).await;
        let first = ClassId(class.0 + 1);
        classes(app, &school, first).await;
        let meeting = meetings(app, first).await;
        enrolments(app, &school, first).await;
        register(app, meeting).await;
        letters(app).await;
        Self { school, centre, admin, officer, teacher, leader, class: first, meeting }
    }

    /// Who asks, and for what: what each page of the console asks when it is opened.
    pub fn asked(&self) -> Vec<(&Clerk, String)> {
        let Self { school, class, meeting, .. } = self;
        let term = school.term;
        let centre = [
            "offers",
            "call-count",
            "care-count",
            "desk-count",
            "checks-count",
            "tray-count",
            "status",
            "meetings",
            "calls?told=false",
            "calls?told=true",
            "care-tasks",
            "desk",
            "checks",
            "tray",
            "questions",
            "terms",
            "courses",
            "teachers",
            "sites",
            "communities",
            "holidays",
            "timetable",
            "figures",
            "kept-classes",
            "day-roll",
            "jobs?state=ready",
            "jobs?state=dead",
            "jobs?state=running",
            "exports/learners",
            "exports/classes",
            "exports/attendance",
            "months/2026-09-01",
        ];
        let mut asked: Vec<(&Clerk, String)> =
            centre.iter().map(|path| (&self.centre, (*path).to_owned())).collect();
        for path in [
            format!("classes?term_id={term}"),
            format!("terms/{term}/running"),
            format!("terms/{term}/opening"),
            format!("terms/{term}/charts"),
            format!("classes/{class}"),
            format!("classes/{class}/enrolments"),
            format!("classes/{class}/results"),
            format!("classes/{class}/monitors"),
            format!("meetings/{meeting}/roll"),
            format!("meetings/{meeting}/guests"),
            "residents?q=%E5%AD%A6%E5%91%98".to_owned(),
            "residents?q=0001".to_owned(),
            "residents/77/papers".to_owned(),
            "residents/77/family".to_owned(),
            "residents/77/notices".to_owned(),
            "search?q=%E5%AD%A6%E5%91%98".to_owned(),
            "search?q=%E7%8F%AD".to_owned() + "%E7%BA%A7",
            "search?q=0001".to_owned(),
            "counter/matches?number=2026000001".to_owned(),
        ] {
            asked.push((&self.centre, path));
        }
        for path in ["logins", "wechat", "status"] {
            asked.push((&self.admin, path.to_owned()));
        }
        for path in [
            format!("classes?term_id={term}"),
            format!("terms/{term}/running"),
            format!("terms/{term}/charts"),
            "offers".to_owned(),
            "timetable".to_owned(),
            "figures".to_owned(),
            "call-count".to_owned(),
            "search?q=%E5%AD%A6%E5%91%98".to_owned(),
            "news-items?year=2026".to_owned(),
        ] {
            asked.push((&self.officer, path));
        }
        for path in ["meetings", "kept-classes", "day-roll", "tray", "search?q=%E7%8F%AD%E7%BA%A7"]
        {
            asked.push((&self.teacher, path.to_owned()));
        }
        for path in [
            "articles",
            "news-alarms",
            "news-calendar?month=2026-09",
            "news-words",
            "news-items?year=2026",
            "outlets",
        ] {
            asked.push((&self.leader, path.to_owned()));
        }
        asked
    }
}

async fn places(app: &TestApp, communities: &[CommunityId], teacher: &Clerk) {
    let sites = (1..=SITES).map(|nth| site::ActiveModel {
        name: Set(format!("第{nth}学习点")),
        address: Set(format!("常兴路{nth}号")),
        community_id: Set(Some(communities[usize::try_from(nth).unwrap() % communities.len()])),
        ..Default::default()
    });
    insert(app, sites.collect()).await;
    let teachers = (1..=50).map(|nth| teacher::ActiveModel {
        name: Set(format!("老师{nth}")),
        kind: Set(TeacherKind::PartTime),
        staff_id: Set((nth == 1).then_some(teacher.id)),
        ..Default::default()
    });
    insert(app, teachers.collect()).await;
}

async fn people(app: &TestApp, communities: &[CommunityId]) {
    let now = app.now();
    let (vault, version) = (&app.app.vault, &app.app.config.members.consent_version);
    let sealed = vault.seal("phone", "13800000001").unwrap();
    let residents = (1..=RESIDENTS).map(|nth| {
        let born = NaiveDate::from_ymd_opt(1940, 1, 1).unwrap() + TimeDelta::days(nth);
        let phone = format!("138{nth:08}");
        resident::ActiveModel {
            learner_number: Set(format!("2026{nth:06}")),
            name: Set(Some(format!("学员{nth}"))),
            birth_date: Set(Some(born)),
            community_id: Set(Some(communities[usize::try_from(nth).unwrap() % communities.len()])),
            phone_sealed: Set(Some(sealed.clone())),
            phone_hash: Set(Some(vault.fingerprint("phone", &phone))),
            phone_tail_hash: Set(Some(vault.fingerprint("phone-tail", &phone[7..]))),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        }
    });
    insert(app, residents.collect()).await;
    let consents = (1..=RESIDENTS).map(|nth| consent::ActiveModel {
        resident_id: Set(ResidentId(nth)),
        kind: Set(ConsentKind::Privacy),
        version: Set(version.clone()),
        given_at: Set(now),
        ..Default::default()
    });
    insert(app, consents.collect()).await;
}

async fn classes(app: &TestApp, school: &School, first: ClassId) {
    let rows = (0..CLASSES).map(|nth| {
        let (nth_i32, hour) = (i32::try_from(nth).unwrap(), [8, 10, 13, 15, 19]);
        class::ActiveModel {
            id: Set(ClassId(first.0 + nth)),
            term_id: Set(school.term),
            course_id: Set(school.course),
            // The first of each is the school's own.
            teacher_id: Set(TeacherId(school.teacher.0 + 1 + nth % 50)),
            site_id: Set(SiteId(school.site.0 + 1 + nth % SITES)),
            name: Set(format!("班级{nth}")),
            room: Set(format!("{}教室", 101 + nth / 35 % 6)),
            capacity: Set(i32::try_from(PLACES).unwrap()),
            taken: Set(i32::try_from(PLACES).unwrap()),
            waiting: Set(i32::try_from(WAITING).unwrap() - 1),
            last_queue_number: Set(WAITING),
            weekday: Set(nth_i32 % 7 + 1),
            start_minute: Set(hour[usize::try_from(nth).unwrap() / 7 % 5] * 60),
            duration_minutes: Set(90),
            status: Set(ClassStatus::Open),
            created_at: Set(app.now()),
            ..Default::default()
        }
    });
    insert(app, rows.collect()).await;
}

async fn meetings(app: &TestApp, first: ClassId) -> MeetingId {
    let now = app.now();
    let rows = (0..CLASSES).flat_map(|nth| {
        (1..=MEETINGS).map(move |number| {
            let weeks = TimeDelta::weeks((number - HELD - 1).into());
            let starts_at = now + weeks + TimeDelta::hours(nth % 7 * 24 + nth / 7 % 5 * 2 - 60);
            meeting::ActiveModel {
                id: Set(MeetingId(nth * i64::from(MEETINGS) + i64::from(number))),
                class_id: Set(ClassId(first.0 + nth)),
                number: Set(number),
                starts_at: Set(starts_at),
                ends_at: Set(starts_at + TimeDelta::minutes(90)),
                site_id: Set(SiteId(2 + nth % SITES)),
                room: Set(format!("{}教室", 101 + nth / 35 % 6)),
                status: Set(MeetingStatus::Planned),
                ..Default::default()
            }
        })
    });
    insert(app, rows.collect()).await;
    MeetingId(1)
}

async fn enrolments(app: &TestApp, school: &School, first: ClassId) {
    // The course of each row is one of its own where somebody is in several classes: the index
    // of live rows is by person, course and term.
    let now = app.now();
    let rows = (0..CLASSES).flat_map(|class| {
        (0..PLACES + WAITING).map(move |nth| {
            let status = match nth {
                nth if nth < PLACES - 1 => EnrolmentStatus::Placed,
                nth if nth < PLACES => EnrolmentStatus::Offered,
                _ => EnrolmentStatus::Waiting,
            };
            let at = now - TimeDelta::minutes((class * 7 + nth * 41) % 14_000);
            let offered = status == EnrolmentStatus::Offered;
            enrolment::ActiveModel {
                resident_id: Set(ResidentId(1 + class * (PLACES + WAITING) + nth)),
                class_id: Set(ClassId(first.0 + class)),
                course_id: Set(school.course),
                term_id: Set(school.term),
                status: Set(status),
                queue_number: Set((status != EnrolmentStatus::Placed).then_some(nth)),
                offer_expires_at: Set(offered.then_some(now + TimeDelta::hours(20))),
                by_staff: Set(false),
                created_at: Set(at),
                updated_at: Set(at),
                ..Default::default()
            }
        })
    });
    insert(app, rows.collect()).await;
}

/// Most were there, at the meetings that are over.
async fn register(app: &TestApp, _first: MeetingId) {
    let now = app.now();
    let rows = (0..CLASSES).flat_map(|class| {
        (1..=i64::from(HELD)).flat_map(move |number| {
            (0..PLACES - 1).map(move |nth| {
                let present = (class + number + nth) % 6 != 0;
                let status =
                    if present { AttendanceStatus::Present } else { AttendanceStatus::Absent };
                attendance::ActiveModel {
                    meeting_id: Set(MeetingId(class * i64::from(MEETINGS) + number)),
                    resident_id: Set(ResidentId(1 + class * (PLACES + WAITING) + nth)),
                    status: Set(Some(status)),
                    hours_hundredths: Set(if present { 200 } else { 0 }),
                    first_present_at: Set(present.then_some(now)),
                    updated_at: Set(now),
                    ..Default::default()
                }
            })
        })
    });
    insert(app, rows.collect()).await;
}

/// What was sent, and the jobs that sent it.
async fn letters(app: &TestApp) {
    let now = app.now();
    let notices = (0..NOTICES).map(|nth| notice::ActiveModel {
        resident_id: Set(ResidentId(1 + nth % RESIDENTS)),
        kind: Set(NoticeKind::Reminder),
        dedup_key: Set(format!("town:{nth}")),
        title: Set("上课提醒".to_owned()),
        body: Set("明天上课，请带好手机。".to_owned()),
        page: Set("/mine".to_owned()),
        values: Set("{}".to_owned()),
        state: Set(if nth % 5 == 0 { NoticeState::NoConsent } else { NoticeState::Sent }),
        created_at: Set(now - TimeDelta::minutes(nth)),
        ..Default::default()
    });
    insert(app, notices.collect()).await;
    let jobs = (0..NOTICES).map(|nth| job::ActiveModel {
        kind: Set("send_notice".to_owned()),
        payload: Set(r#"{"kind":"send_notice","notice":1}"#.to_owned()),
        state: Set(if nth % 400 == 0 { JobState::Dead } else { JobState::Done }),
        run_after: Set(now),
        attempts: Set(1),
        created_at: Set(now - TimeDelta::minutes(nth)),
        finished_at: Set(Some(now)),
        ..Default::default()
    });
    insert(app, jobs.collect()).await;
}
