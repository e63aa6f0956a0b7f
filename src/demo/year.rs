//! The year around the sample term: projects with activities that were held and that are to
//! come, two clubs that meet, and volunteers who serve.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use entity::ids::{ClassId, ClubId, ProjectId, ResidentId, SiteId, TeacherId, TeamId};
use entity::kinds::{
    ActivityKind, AttendanceStatus, ClassKind, MemberState, Residence, TeacherKind,
};

use super::seed::{back_then, keeper};
use crate::activities::{self, NewActivity};
use crate::app::App;
use crate::attendance::{self, CheckIns};
use crate::clock::{self, Clock};
use crate::clubs;
use crate::courses::{self, Gathering, NewTeacher, Times};
use crate::enrolment::{self, Actor, SignUpOptions};
use crate::error::{Error, Result};
use crate::members::{self, Learner, NewRelative};
use crate::staff::Colleague;
use crate::volunteers::{self, Applied, NewShift, NewTeam};

/// An activity that was held: so many days ago, of a project, of a kind, led by somebody; how
/// many came with their names, and how many heads were counted besides.
type Held = (i64, i64, ActivityKind, &'static str, &'static str, usize, i32, &'static str);

const HELD: [Held; 9] = [
    (
        240,
        1,
        ActivityKind::Exhibition,
        "农耕老物件展",
        "陈永兴",
        5,
        86,
        "展出老农具四十件，孩子们围着看了一上午。",
    ),
    (
        215,
        4,
        ActivityKind::Reading,
        "共读《大地上的居民》",
        "小常姐姐",
        7,
        0,
        "大家轮流读，读到散场还不肯走。",
    ),
    (
        190,
        5,
        ActivityKind::Farming,
        "水稻育秧技术培训",
        "李农技",
        8,
        0,
        "讲了育秧和追肥，田头问答半小时。",
    ),
    (
        160,
        3,
        ActivityKind::Law,
        "防范电信诈骗法律课",
        "周律师",
        9,
        0,
        "讲了五个真案例，当场装好反诈软件。",
    ),
    (
        130,
        2,
        ActivityKind::Lesson,
        "暑期故事会",
        "常阴沙学校 顾老师",
        4,
        22,
        "祖孙一起来，老师讲，孩子演。",
    ),
    (
        110,
        2,
        ActivityKind::Lesson,
        "暑期折纸课",
        "常阴沙幼儿园 施老师",
        5,
        18,
        "折了荷花，送给独居老人。",
    ),
    (
        75,
        5,
        ActivityKind::Vocational,
        "农机安全操作培训",
        "李农技",
        6,
        0,
        "企业职工和农户一起学，考试全部通过。",
    ),
    (
        40,
        2,
        ActivityKind::Charity,
        "重阳编结义卖",
        "编结社 徐师傅",
        6,
        140,
        "卖出编结四十六件，善款送给助学金。",
    ),
    (
        20,
        6,
        ActivityKind::LearningWeek,
        "全民终身学习周：手机集市",
        "手机课 小马",
        10,
        95,
        "摆了八个摊位，当场教会扫码和挂号。",
    ),
];

/// To come: in so many days, of a project, of a kind, led by somebody, with so many places;
/// none: whoever comes.
type ToCome = (i64, i64, ActivityKind, &'static str, &'static str, Option<i32>, &'static str);

const TO_COME: [ToCome; 4] = [
    (
        6,
        4,
        ActivityKind::Reading,
        "共读《端午的鸭蛋》",
        "小常姐姐",
        Some(20),
        "一人读一段，读完说说自己的端午。有老花镜请带上。",
    ),
    (
        9,
        5,
        ActivityKind::Farming,
        "草莓大棚管理培训",
        "李农技",
        Some(30),
        "先讲课，后下棚。请穿不怕脏的鞋。",
    ),
    (
        13,
        6,
        ActivityKind::Law,
        "法律咨询上门",
        "周律师",
        Some(2),
        "房屋、赡养、合同，带上材料来问。",
    ),
    (
        20,
        1,
        ActivityKind::Exhibition,
        "老年大学成果展演",
        "教育中心",
        None,
        "书画、编结、葫芦丝，看一看，也可以上台。",
    ),
];

struct Place {
    site: SiteId,
    teacher: TeacherId,
}

/// All of it. `residents`: those of the sample.
pub(super) async fn sow(app: &App, residents: &[ResidentId]) -> Result<()> {
    let who = keeper(app).await?;
    let conn = app.db.read();
    // Of the officer's community, who sees all of it.
    let mut sites = courses::sites(conn).await?.into_iter();
    let site = sites.find(|site| site.community_id.is_some());
    let teacher = courses::teachers(conn).await?.into_iter().find(|one| one.staff_id.is_some());
    let (Some(site), Some(teacher)) = (site, teacher) else { return Ok(()) };
    let place = Place { site: site.id, teacher: teacher.id };
    for held in &HELD {
        activity(app, &who, &place, residents, held).await?;
    }
    for coming in &TO_COME {
        coming_activity(app, &who, &place, residents, coming).await?;
    }
    for (club, room, people) in [(1, "编结社活动室", 0..6), (2, "乐器社排练室", 5..9)] {
        meets(app, &who, &place, &residents[people], (ClubId(club), room)).await?;
    }
    serves(app, &who, &place, residents, teacher.staff_id).await
}

/// A day so many days from now, from this hour on for two hours.
fn hours(app: &App, days: i64, hour: i32) -> Times {
    let day = clock::local_date(app.clock.now()) + TimeDelta::days(days);
    let from = clock::at_local(day, hour * 60);
    (from, from + TimeDelta::hours(2))
}

fn gathering(place: &Place, name: &str, capacity: Option<i32>) -> Gathering {
    Gathering {
        kind: ClassKind::Activity,
        name: name.to_owned(),
        teacher_id: place.teacher,
        site_id: place.site,
        room: "大教室".to_owned(),
        capacity: capacity.unwrap_or(200),
        residence: Residence::Everyone,
        open_door: capacity.is_none(),
        credited: true,
        smart_technology: false,
        project_id: None,
    }
}

async fn activity(
    app: &App,
    who: &Colleague,
    place: &Place,
    residents: &[ResidentId],
    (ago, project, kind, name, lecturer, people, heads, summary): &Held,
) -> Result<()> {
    let time = hours(app, -ago, 14);
    let (then, now) = back_then(app, time.0 - TimeDelta::days(7));
    let class = Gathering {
        credited: activities::credited(*kind),
        smart_technology: *project == 6,
        project_id: Some(ProjectId(*project)),
        ..gathering(place, name, None)
    };
    let new = NewActivity {
        kind: *kind,
        class,
        lecturer: Some((*lecturer).to_owned()),
        tags: Vec::new(),
        programme: String::new(),
    };
    let id = activities::create(&then, who, &new, &[time]).await?;
    let meeting = first_meeting(app, id).await?;
    now.advance(time.0 + TimeDelta::minutes(30) - now.now());
    let first = usize::try_from(*project).unwrap_or(0);
    for nth in 0..*people {
        let resident = residents[(first + nth) % residents.len()];
        let there = AttendanceStatus::Present;
        attendance::set_roll(&then, who, meeting, resident, there, None).await?;
    }
    if *heads > 0 {
        activities::count_heads(&then, who, meeting, *heads, "门口按人头数").await?;
    }
    now.advance(TimeDelta::hours(4));
    activities::close(&then, who, id, summary).await
}

async fn first_meeting(app: &App, class: ClassId) -> Result<entity::ids::MeetingId> {
    let meetings = courses::meetings(app.db.read(), class).await?;
    let none = || Error::internal("a class without a meeting");
    Ok(meetings.first().ok_or_else(none)?.id)
}

async fn coming_activity(
    app: &App,
    who: &Colleague,
    place: &Place,
    residents: &[ResidentId],
    (days, project, kind, name, lecturer, places, programme): &ToCome,
) -> Result<()> {
    let class = Gathering {
        credited: activities::credited(*kind),
        project_id: Some(ProjectId(*project)),
        ..gathering(place, name, *places)
    };
    let new = NewActivity {
        kind: *kind,
        class,
        lecturer: Some((*lecturer).to_owned()),
        tags: vec!["报名从速".to_owned()].into_iter().filter(|_| *places == Some(2)).collect(),
        programme: (*programme).to_owned(),
    };
    let id = activities::create(app, who, &new, &[hours(app, *days, 14)]).await?;
    let Some(places) = *places else { return Ok(()) };
    for resident in residents.iter().rev().take(usize::try_from(places.min(3)).unwrap_or(0)) {
        put(app, ClassKind::Activity, *resident, id).await?;
    }
    Ok(())
}

async fn put(app: &App, kind: ClassKind, resident: ResidentId, class: ClassId) -> Result<()> {
    let actor = Actor::Resident(resident);
    let options = SignUpOptions { join_waitlist: true, actor, request_key: None };
    enrolment::sign_up_to(app, kind, resident, class, options).await?;
    Ok(())
}

/// A club that met in the weeks before, and meets on.
async fn meets(
    app: &App,
    who: &Colleague,
    place: &Place,
    members: &[ResidentId],
    (id, room): (ClubId, &str),
) -> Result<()> {
    let times: Vec<Times> =
        [-21, -14, -7, 5, 12, 19].into_iter().map(|days| hours(app, days, 9)).collect();
    let (then, now) = back_then(app, times[0].0 - TimeDelta::days(10));
    let home = Gathering { room: room.to_owned(), ..gathering(place, "", Some(20)) };
    // Whose week is free, on whatever day the demo begins.
    let coach = NewTeacher {
        name: (if id.0 == 1 { "徐师傅（编结）" } else { "黄老师（民乐）" }).to_owned(),
        kind: TeacherKind::Volunteer,
        staff_id: None,
    };
    let tx = app.db.begin().await?;
    let coach = courses::create_teacher(&tx, Some(who.id), &coach, now.now()).await?;
    tx.commit().await?;
    let home = Gathering { teacher_id: coach.id, ..home };
    clubs::open(&then, who, id, &home, &times).await?;
    let club = clubs::one(app.db.read(), id).await?;
    let Some(class) = club.row.class_id else { return Ok(()) };
    for member in members {
        put(&then, ClassKind::Club, *member, class).await?;
    }
    for meeting in courses::meetings(app.db.read(), class).await?.iter().take(3) {
        now.advance(meeting.starts_at - now.now());
        for member in members {
            let there = AttendanceStatus::Present;
            attendance::set_roll(&then, who, meeting.id, *member, there, None).await?;
        }
    }
    if let Some(leader) = members.first() {
        attendance::make_monitor(&then, who, class, *leader).await?;
    }
    let work = |title: &str, author: &str, note: &str| clubs::NewWork {
        title: title.to_owned(),
        author: author.to_owned(),
        note: note.to_owned(),
        picture: None,
    };
    let (works, show) = if id.0 == 1 {
        let works = vec![
            work("牡丹杯垫", "张阿姨", "六种颜色，钩了三个晚上。"),
            work("小老虎挎包", "陈阿姨", "给孙女的生日礼物。"),
        ];
        (works, "重阳编结义卖")
    } else {
        (vec![work("《茉莉花》合奏录音", "乐器社", "二胡和葫芦丝。")], "中秋邻里音乐会")
    };
    for one in &works {
        clubs::add_work(&then, who, id, one).await?;
    }
    let day: NaiveDate = clock::local_date(app.clock.now()) - TimeDelta::days(40);
    let show = clubs::NewShow {
        title: show.to_owned(),
        day,
        place: "文化广场".to_owned(),
        note: String::new(),
    };
    clubs::add_show(&then, who, id, &show).await
}

/// Two volunteers who served, one who applies, a shift that was and one to come.
async fn serves(
    app: &App,
    who: &Colleague,
    place: &Place,
    residents: &[ResidentId],
    leader: Option<entity::ids::StaffId>,
) -> Result<()> {
    let id = TeamId(2);
    let row = volunteers::team(app.db.read(), id).await?;
    let led = NewTeam { name: row.name, purpose: row.purpose, leader_id: leader, closed: false };
    volunteers::save_team(app, who, Some(id), &led).await?;
    // In the evening, when no class meets.
    let past = hours(app, -15, 17);
    let (then, now) = scanning(app, past.0 - TimeDelta::days(20));
    for (nth, resident) in residents.iter().skip(3).take(3).enumerate() {
        let learner = Learner { id: *resident, token_hash: String::new() };
        let relative = NewRelative {
            name: "小黄".to_owned(),
            phone: format!("1390000{nth:04}"),
            relation: "儿子".to_owned(),
        };
        members::save_relative(&then, *resident, &relative, true).await?;
        let said = Applied {
            skills: "会用手机，会拍照".to_owned(),
            availability: "上午".to_owned(),
        };
        volunteers::apply(&then, &learner, id, &said).await?;
        if nth == 2 {
            continue;
        }
        let (_, rows) = volunteers::memberships(app.db.read(), *resident).await?;
        for (row, state) in
            rows.iter().flat_map(|row| [(row, MemberState::Approved), (row, MemberState::Trained)])
        {
            volunteers::set_state(&then, who, row.id, state, None).await?;
        }
    }
    let shift = |name: &str| NewShift {
        class: Gathering { room: "201教室".to_owned(), ..gathering(place, name, Some(4)) },
        task: "帮大家签到、摆桌椅、教不会用手机的老人。".to_owned(),
    };
    let done = volunteers::add_shift(&then, who, id, &shift("课堂助教"), &[past]).await?;
    let meeting = first_meeting(app, done).await?;
    let served: Vec<Learner> =
        residents[3..5].iter().map(|id| Learner { id: *id, token_hash: String::new() }).collect();
    for learner in &served {
        volunteers::sign_up(&then, learner, done, None).await?;
    }
    // In, and out.
    for at in [past.0 - TimeDelta::minutes(5), past.1 - TimeDelta::minutes(20)] {
        now.advance(at - now.now());
        let code = attendance::code_for(&then, who, meeting).await?;
        for learner in &served {
            attendance::check_in(&then, learner, &code.link, None).await?;
        }
    }
    now.advance(TimeDelta::hours(3));
    volunteers::settle(&then, who, meeting).await?;
    volunteers::add_shift(app, who, id, &shift("周末便民服务"), &[hours(app, 7, 14)]).await?;
    Ok(())
}

/// As [`back_then`], where codes are scanned as well.
fn scanning(app: &App, at: DateTime<Utc>) -> (App, Clock) {
    let (then, clock) = back_then(app, at);
    let (db, vault, config) = (app.db.clone(), Arc::clone(&app.vault), Arc::clone(&app.config));
    let check_ins = Arc::new(CheckIns::new(db, clock.clone(), vault, config));
    (App { check_ins, ..then }, clock)
}
