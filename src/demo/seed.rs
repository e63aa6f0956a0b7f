//! A believable term: everything here is made up.
//!
//! It is written by the rooms' own verbs, so that what the demo shows could have
//! been entered by hand.

use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

use entity::ids::{ClassId, CommunityId, ResidentId, SiteId, StaffId, TeacherId};
use entity::kinds::{AttendanceStatus, Role, TeacherKind};

use super::{finished, year};
use crate::app::App;
use crate::attendance;
use crate::clock::{self, Clock};
use crate::courses::{
    self, NewClass, NewCourse, NewPlan, NewSite, NewTeacher, NewTerm, Offer, SiteRules, TermRules,
};
use crate::enrolment::{self, Actor, Decisions, SignUpOptions};
use crate::error::Result;
use crate::members::{self, NewResident};
use crate::staff::{self, Colleague, NewLogin};

/// Of every login of the demo.
pub const PASSWORD: &str = "changyinsha-demo";

pub struct Login {
    pub login: &'static str,
    pub name: &'static str,
    pub role: Role,
    /// What it is for, on the command line.
    pub says: &'static str,
}

pub const LOGINS: &[Login] = &[
    Login { login: "admin", name: "管理员小周", role: Role::Admin, says: "everything" },
    Login {
        login: "centre",
        name: "教育中心陈老师",
        role: Role::Centre,
        says: "terms, courses, classes (教育中心)",
    },
    Login {
        login: "officer",
        name: "常沙社区小沈",
        role: Role::Officer,
        says: "one community (社区专职)",
    },
    Login {
        login: "teacher",
        name: "王芳",
        role: Role::Teacher,
        says: "the rolls of her classes (教师)",
    },
    Login {
        login: "editor", name: "编辑小顾", role: Role::Editor, says: "writes articles (编辑)"
    },
    Login {
        login: "editor2",
        name: "编辑小钱",
        role: Role::Editor,
        says: "reviews the language (编辑)",
    },
    Login {
        login: "head",
        name: "科长老徐",
        role: Role::SectionHead,
        says: "reviews the facts (科长)",
    },
    Login {
        login: "leader",
        name: "主任老黄",
        role: Role::Leader,
        says: "reviews the direction (领导)",
    },
];

const COMMUNITIES: [&str; 4] = ["常沙社区", "常兴社区", "常东社区", "红旗社区"];

const RESIDENTS: [(&str, i32, usize); 12] = [
    ("张桂芳", 1953, 0),
    ("陆永福", 1950, 0),
    ("陈秀珍", 1958, 1),
    ("黄金龙", 1955, 1),
    ("施玉兰", 1960, 2),
    ("徐国强", 1949, 2),
    ("顾美英", 1957, 3),
    ("季建华", 1962, 3),
    ("朱月娥", 1954, 0),
    ("沈志明", 1951, 1),
    ("杨凤英", 1959, 2),
    ("钱惠琴", 1956, 3),
];

/// name, subject, smart technology, description
const COURSES: [(&str, &str, bool, &str); 6] = [
    (
        "智在指尖",
        "智能技术",
        true,
        "学会用手机：微信聊天、视频通话、手机支付、预约挂号，还有怎样识破骗局。从头教起，不怕学不会。",
    ),
    (
        "钩针编结",
        "手工",
        false,
        "从起针学起，钩杯垫、帽子和披肩。材料由中心准备，第一次来带一副老花镜就行。",
    ),
    (
        "老年乐器",
        "音乐",
        false,
        "葫芦丝和口琴入门。不用识谱，老师一句一句地教，学期末一起上台表演。",
    ),
    ("太极拳", "健身", false, "二十四式太极拳，动作慢，护膝盖。请穿平底鞋和宽松的衣服。"),
    ("书法", "书画", false, "楷书入门：握笔、坐姿、基本笔画，学写自己的名字和春联。"),
    ("农耕文化", "文化", false, "田园牧歌传乡音：听老把式讲常阴沙的垦荒故事，学唱沙上山歌。"),
];

/// course, class, teacher, site, room, places, weekday (0: today), start minute
type ClassPlan = (usize, &'static str, usize, usize, &'static str, i32, i32, i32);

const CLASSES: [ClassPlan; 8] = [
    (0, "智在指尖·初级班", 0, 0, "201教室", 30, 0, 0),
    (0, "智在指尖·提高班", 0, 1, "活动室", 24, 3, 14 * 60),
    (1, "钩针编结班", 1, 0, "手工室", 20, 1, 9 * 60),
    (2, "葫芦丝班", 2, 0, "音乐室", 4, 2, 14 * 60),
    (2, "口琴班", 2, 1, "活动室", 16, 5, 14 * 60),
    (3, "太极拳班", 3, 1, "院子", 40, 4, 8 * 60),
    (4, "书法班", 4, 0, "书画室", 18, 5, 9 * 60),
    (5, "农耕文化班", 1, 1, "活动室", 25, 6, 9 * 60 + 30),
];

/// Of the next term: which of the classes it follows, and its name.
const NEXT: [(usize, &str); 3] = [(0, "智在指尖·下期班"), (3, "葫芦丝下期班"), (6, "书法下期班")];

/// Sows once: false when something grows already.
///
/// # Errors
/// The database.
pub async fn sow_once(app: &App) -> Result<bool> {
    if staff::any(app.db.read()).await? {
        return Ok(false);
    }
    sow(app).await?;
    Ok(true)
}

/// # Errors
/// The database, or a rule that the sample data break.
pub async fn sow(app: &App) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let mut communities = Vec::new();
    for name in COMMUNITIES {
        communities.push(courses::create_community(&tx, None, name, now).await?.id);
    }
    tx.commit().await?;
    let mut teacher_login = None;
    for login in LOGINS {
        let community = (login.role == Role::Officer).then(|| communities[0]);
        let id = add_login(app, login, community).await?;
        if login.role == Role::Teacher {
            teacher_login = Some(id);
        }
    }
    let classes = sow_classes(app, &communities, teacher_login, now).await?;
    let residents = sow_residents(app, &communities).await?;
    // Most of them learn with the phone; the small class is full, and two wait.
    past_weeks(app, &residents[..8], classes[0]).await?;
    for (nth, resident) in residents.iter().enumerate() {
        if nth >= 6 {
            sign_up(app, *resident, classes[3]).await?;
        }
        if nth % 3 == 0 {
            sign_up(app, *resident, classes[5]).await?;
        }
    }
    next_term(app, &keeper(app).await?, &classes).await?;
    finished::class(app, &residents).await?;
    year::sow(app, &residents).await
}

/// The term after this one, with all phases, so that there is a countdown and something to
/// plan: from the day after this one's sign-up ends. The classes go on as they are.
async fn next_term(app: &App, who: &Colleague, classes: &[ClassId]) -> Result<()> {
    let now = app.clock.now();
    let today = clock::local_date(now);
    let at = |days: i64, hour: i32| clock::at_local(today + TimeDelta::days(days), hour * 60);
    let first_day = today + TimeDelta::days(98);
    let new = NewTerm {
        name: format!("{}年示例学期（下一期）", first_day.year()),
        first_day,
        last_day: first_day + TimeDelta::days(111),
        enrolment_opens_at: at(78, 9),
        enrolment_closes_at: at(98 + 27, 17),
        max_classes_per_person: 3,
        min_age: 50,
        rules: TermRules::default(),
        held_percent: 20,
        held_hours: 24,
    };
    let tx = app.db.begin().await?;
    let term = courses::create_term(&tx, None, &new, now).await?.id;
    for (nth, name) in NEXT {
        let facts = courses::class(&tx, classes[nth]).await?;
        let class = facts.class;
        let new = NewClass {
            term_id: term,
            course_id: class.course_id,
            teacher_id: class.teacher_id,
            site_id: class.site_id,
            name: name.to_owned(),
            room: class.room,
            capacity: class.capacity,
            weekday: class.weekday,
            start_minute: class.start_minute,
            duration_minutes: class.duration_minutes,
            meeting_count: 16,
            held_percent: None,
            offer: Offer::default(),
        };
        courses::create_class(&tx, None, &new, now).await?;
    }
    tx.commit().await?;
    let plan = NewPlan {
        continuation: Some((at(61, 9), at(68, 9))),
        wishes: (at(68, 9), at(73, 9)),
        seed_at: at(73, 21),
        seed_source: "体彩排列5，志愿截止当天开奖的那一期".to_owned(),
        confirm_until: at(77, 20),
        most_classes: 2,
        newcomer_percent: 30,
    };
    courses::save_plan(app, who, term, &plan).await?;
    Ok(())
}

/// They signed up before the term began, and came; but one of them lately did not.
async fn past_weeks(app: &App, residents: &[ResidentId], class: ClassId) -> Result<()> {
    let now = app.clock.now();
    let (then, clock) = back_then(app, now - TimeDelta::days(30));
    for resident in residents {
        sign_up(&then, *resident, class).await?;
    }
    let keeper = keeper(app).await?;
    let meetings = courses::meetings(app.db.read(), class).await?;
    let over = now - TimeDelta::days(1);
    let past: Vec<_> = meetings.into_iter().filter(|meeting| meeting.ends_at < over).collect();
    for (nth, meeting) in past.iter().enumerate() {
        clock.advance(meeting.starts_at - clock.now());
        for resident in residents {
            let away = nth + 2 >= past.len() && *resident == residents[1];
            let status = if away { AttendanceStatus::Absent } else { AttendanceStatus::Present };
            attendance::set_roll(&then, &keeper, meeting.id, *resident, status, None).await?;
        }
    }
    Ok(())
}

/// The same service at another time.
pub(super) fn back_then(app: &App, at: DateTime<Utc>) -> (App, Clock) {
    let clock = Clock::fixed(at);
    let (db, cache, config) = (app.db.clone(), app.cache.clone(), Arc::clone(&app.config));
    let decisions = Arc::new(Decisions::new(db, cache, clock.clone(), config));
    (App { clock: clock.clone(), decisions, ..app.clone() }, clock)
}

/// Who keeps the terms and the rolls.
pub(super) async fn keeper(app: &App) -> Result<Colleague> {
    let keeper = staff::find(app, "centre").await?;
    Ok(Colleague {
        id: keeper.id,
        login: keeper.login,
        name: keeper.name,
        role: keeper.role,
        community: keeper.community_id,
        token_hash: String::new(),
    })
}

async fn add_login(app: &App, login: &Login, community: Option<CommunityId>) -> Result<StaffId> {
    let new = NewLogin {
        login: login.login.to_owned(),
        name: login.name.to_owned(),
        role: login.role,
        community,
        password: PASSWORD.to_owned(),
    };
    staff::add(app, new, None).await
}

async fn sow_classes(
    app: &App,
    communities: &[CommunityId],
    teacher_login: Option<StaffId>,
    now: DateTime<Utc>,
) -> Result<Vec<ClassId>> {
    let today = clock::local_date(now);
    let tx = app.db.begin().await?;
    let sites = [
        ("社区教育中心", "常阴沙常兴路1号", None),
        ("常沙社区学习点（家门口的老年大学）", "常沙社区居委会二楼", Some(communities[0])),
    ];
    let mut site_ids: Vec<SiteId> = Vec::new();
    for (name, address, community_id) in sites {
        let site = NewSite {
            name: name.to_owned(),
            address: address.to_owned(),
            community_id,
            classes: SiteRules::default(),
        };
        site_ids.push(courses::create_site(&tx, None, &site, now).await?.id);
    }
    let term = NewTerm {
        name: format!("{}年示例学期", today.year()),
        first_day: today - TimeDelta::days(28),
        last_day: today + TimeDelta::days(84),
        enrolment_opens_at: now - TimeDelta::days(40),
        enrolment_closes_at: now + TimeDelta::days(60),
        max_classes_per_person: 3,
        min_age: 50,
        rules: TermRules::default(),
        held_percent: 20,
        held_hours: 24,
    };
    let term_id = courses::create_term(&tx, None, &term, now).await?.id;
    let mut course_ids = Vec::new();
    for (name, subject, smart_technology, description) in COURSES {
        let course = NewCourse {
            name: name.to_owned(),
            subject: subject.to_owned(),
            description: description.to_owned(),
            smart_technology,
            min_age: None,
            max_age: None,
        };
        course_ids.push(courses::create_course(&tx, None, &course, now).await?.id);
    }
    let teachers = [
        ("王芳", TeacherKind::FullTime, teacher_login),
        ("李红梅", TeacherKind::PartTime, None),
        ("周建国", TeacherKind::PartTime, None),
        ("吴志远", TeacherKind::Volunteer, None),
        ("孙立平", TeacherKind::Volunteer, None),
    ];
    let mut teacher_ids: Vec<TeacherId> = Vec::new();
    for (name, kind, staff_id) in teachers {
        let teacher = NewTeacher { name: name.to_owned(), kind, staff_id };
        teacher_ids.push(courses::create_teacher(&tx, None, &teacher, now).await?.id);
    }
    let mut classes = Vec::new();
    for (course, name, teacher, site, room, capacity, weekday, start_minute) in CLASSES {
        let (weekday, start_minute) =
            if weekday == 0 { around(now) } else { (weekday, start_minute) };
        let class = NewClass {
            term_id,
            course_id: course_ids[course],
            teacher_id: teacher_ids[teacher],
            site_id: site_ids[site],
            name: name.to_owned(),
            room: room.to_owned(),
            capacity,
            weekday,
            start_minute,
            duration_minutes: 90,
            meeting_count: 16,
            held_percent: None,
            offer: Offer::default(),
        };
        classes.push(courses::create_class(&tx, None, &class, now).await?.id);
    }
    tx.commit().await?;
    Ok(classes)
}

/// Weekday and start of a meeting that is open for check-in right now.
fn around(now: DateTime<Utc>) -> (i32, i32) {
    let weekday = clock::local_date(now).weekday().number_from_monday();
    let start = (clock::local_minute(now) - 10).clamp(0, 24 * 60 - 95);
    (i32::try_from(weekday).unwrap_or(1), start / 5 * 5)
}

async fn sow_residents(app: &App, communities: &[CommunityId]) -> Result<Vec<ResidentId>> {
    let mut residents = Vec::new();
    for (nth, (name, born, community)) in RESIDENTS.into_iter().enumerate() {
        let tx = app.db.begin().await?;
        let month = u32::try_from(nth).unwrap_or(0) % 12 + 1;
        let new = NewResident {
            name: name.to_owned(),
            birth_date: NaiveDate::from_ymd_opt(born, month, 8).unwrap_or_default(),
            community_id: communities[community],
            phone: Some(format!("1380000{nth:04}")),
            mini_openid: None,
        };
        residents.push(members::create(app, &tx, &new).await?);
        tx.commit().await?;
    }
    Ok(residents)
}

pub(super) async fn sign_up(app: &App, resident: ResidentId, class: ClassId) -> Result<()> {
    let actor = Actor::Resident(resident);
    let options = SignUpOptions { join_waitlist: true, actor, request_key: None };
    enrolment::sign_up(app, resident, class, options).await?;
    Ok(())
}
