//! Classes of a term from a spreadsheet: looked through first, then made all together or not
//! at all.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;

use entity::ids::{CourseId, SiteId, TeacherId, TermId};
use entity::{site, teacher, term};

use super::make::Offer;
use super::timetable::{NewClass, Part, Slot, Timetable, collisions, part};
use super::{check, store, within_scope};
use crate::app::App;
use crate::error::{Error, Result};
use crate::sheets::{self, Choices, Column, Fault, Kind, Line, Report, Sheet, Template, Written};
use crate::staff::{self, Colleague};

const NAME: usize = 0;
const COURSE: usize = 1;
const TEACHER: usize = 2;
const SITE: usize = 3;
const ROOM: usize = 4;
const WEEKDAY: usize = 5;
const START: usize = 6;
const DURATION: usize = 7;
const COUNT: usize = 8;
const CAPACITY: usize = 9;
const HELD: usize = 10;

const WEEKDAYS: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];

static COLUMNS: [Column; 11] = [
    Column {
        title: "班级名称",
        also: &["班级", "班名"],
        needed: true,
        kind: Kind::Text,
        width: 22,
        example: "",
        help: "一个学期里不能重名，最多 30 个字。",
    },
    Column {
        title: "课程",
        also: &["课程名称"],
        needed: true,
        kind: Kind::Text,
        width: 16,
        example: "智在指尖",
        help: "从下拉里选。没有的，先到工作台的“课程”里添加。",
    },
    Column {
        title: "教师",
        also: &["老师", "任课教师", "教师姓名"],
        needed: true,
        kind: Kind::Text,
        width: 14,
        example: "王芳",
        help: "从下拉里选。没有的，先到“教师”里添加。同名的带编号。",
    },
    Column {
        title: "学习点",
        also: &["地点", "上课地点"],
        needed: true,
        kind: Kind::Text,
        width: 26,
        example: "社区教育中心",
        help: "从下拉里选。没有的，先到“学习点”里添加。",
    },
    Column {
        title: "教室",
        also: &["上课教室"],
        needed: true,
        kind: Kind::Text,
        width: 12,
        example: "201教室",
        help: "同一个教室每次写法要一样，才能查出时间冲突。",
    },
    Column {
        title: "星期",
        also: &["星期几", "上课星期"],
        needed: true,
        kind: Kind::Text,
        width: 8,
        example: "周二",
        help: "“周一”到“周日”，从下拉里选。",
    },
    Column {
        title: "几点开始",
        also: &["开始时间", "上课时间", "时间"],
        needed: true,
        kind: Kind::Hour,
        width: 11,
        example: "9:00",
        help: "24 小时制，比如 9:00、14:30。",
    },
    Column {
        title: "每次多少分钟",
        also: &["每次分钟数", "分钟", "时长"],
        needed: true,
        kind: Kind::Number,
        width: 14,
        example: "90",
        help: "15 到 480。45 分钟算 1 学时。",
    },
    Column {
        title: "一共几次课",
        also: &["课次数", "课次", "次数"],
        needed: true,
        kind: Kind::Number,
        width: 12,
        example: "16",
        help: "从学期里第一个上课日起，每周一次，放假日自动跳过。",
    },
    Column {
        title: "名额",
        also: &["人数", "招生人数"],
        needed: true,
        kind: Kind::Number,
        width: 8,
        example: "30",
        help: "1 到 500。",
    },
    Column {
        title: "窗口留百分之几",
        also: &["留给窗口和电话的百分比"],
        needed: false,
        kind: Kind::Number,
        width: 16,
        example: "",
        help: "0 到 100。空着：照学期定的。",
    },
];

/// What a row can name.
struct Lists {
    courses: Choices<CourseId>,
    teachers: Choices<TeacherId>,
    sites: Choices<SiteId>,
    teacher_rows: HashMap<TeacherId, teacher::Model>,
    site_rows: HashMap<SiteId, site::Model>,
}

impl Lists {
    async fn of(conn: &impl ConnectionTrait) -> Result<Self> {
        let courses = store::courses(conn).await?;
        let (teachers, sites) = (store::teachers(conn).await?, store::sites(conn).await?);
        let courses = courses.into_iter().map(|row| (row.id, row.id.0, row.name));
        let named = |row: &teacher::Model| (row.id, row.id.0, row.name.clone());
        let placed = |row: &site::Model| (row.id, row.id.0, row.name.clone());
        Ok(Self {
            courses: Choices::new("这门课程", "请从下拉里选，或先到“课程”里添加。", courses),
            teachers: Choices::new(
                "这位教师",
                "请从下拉里选，或先到“教师”里添加。",
                teachers.iter().map(named),
            ),
            sites: Choices::new(
                "这个学习点",
                "请从下拉里选，或先到“学习点”里添加。",
                sites.iter().map(placed),
            ),
            teacher_rows: teachers.into_iter().map(|row| (row.id, row)).collect(),
            site_rows: sites.into_iter().map(|row| (row.id, row)).collect(),
        })
    }
}

/// A file to be filled in with classes: what can be named, an officer the own sites alone.
///
/// # Errors
/// The database.
pub async fn template(app: &App, who: &Colleague) -> Result<Written> {
    let mut lists = Lists::of(app.db.read()).await?;
    lists.site_rows.retain(|_, site| within_scope(who, site).is_ok());
    let mut sites: Vec<&site::Model> = lists.site_rows.values().collect();
    sites.sort_by_key(|site| site.id);
    let template = Template {
        sheet: "班级",
        columns: &COLUMNS,
        choices: vec![
            (COURSE, lists.courses.labels().to_vec()),
            (TEACHER, lists.teachers.labels().to_vec()),
            (SITE, sites.into_iter().map(|site| site.name.clone()).collect()),
            (WEEKDAY, WEEKDAYS.map(str::to_owned).to_vec()),
        ],
        example: "示例：智在指尖一班",
        help: vec![
            "在“班级”那一页填，一行一个班。灰色的示例行不用删，系统会跳过。".to_owned(),
            "填好保存，到工作台的“班级”里点“导入班级”上传。先检查，没有问题才导入。".to_owned(),
            format!("要么全部导入，要么一个也不导入。一次最多 {} 行。", sheets::MOST_ROWS),
        ],
    };
    let bytes = sheets::template(template, app.clock.now()).await?;
    Ok(Written::named("班级导入模板", bytes))
}

/// What a file would come to; nothing is changed.
///
/// # Errors
/// `term_not_found`, or what is wrong with the file as a whole.
pub async fn look_through(
    app: &App,
    who: &Colleague,
    term: TermId,
    file: Vec<u8>,
) -> Result<Report> {
    let sheet = read(app, file).await?;
    let conn = app.db.read();
    let term = store::term(conn, term).await?.ok_or_else(no_term)?;
    let lists = Lists::of(conn).await?;
    let timetable = Timetable::of(conn, term.clone(), None).await?;
    Ok(weigh(who, &term, &lists, &timetable, &sheet).report)
}

/// Makes all classes of a file, if nothing speaks against any of them. The same file again
/// finds them there.
///
/// # Errors
/// As [`look_through`].
pub async fn import(app: &App, who: &Colleague, term: TermId, file: Vec<u8>) -> Result<Report> {
    let sheet = read(app, file).await?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    // Two files for one term come one after the other, and the second finds the first's.
    let term = store::lock_term(&tx, term).await?.ok_or_else(no_term)?;
    let lists = Lists::of(&tx).await?;
    let mut timetable = Timetable::of(&tx, term.clone(), None).await?;
    let Weighed { mut report, good } = weigh(who, &term, &lists, &timetable, &sheet);
    if !report.faults.is_empty() {
        return Ok(report);
    }
    for new in &good {
        let with = (&lists.teacher_rows[&new.teacher_id], &lists.site_rows[&new.site_id]);
        timetable.put(&tx, Some(who.id), new, with, now).await?;
    }
    let (object, detail) = (format!("term:{}", term.id), format!("{} classes", good.len()));
    staff::record(&tx, Some(who.id), "classes.imported", &object, Some(&detail), now).await?;
    tx.commit().await?;
    report.imported = true;
    Ok(report)
}

async fn read(app: &App, file: Vec<u8>) -> Result<Sheet> {
    sheets::fits(&file, app.config.server.max_sheet_bytes)?;
    sheets::read(file, &COLUMNS).await
}

fn no_term() -> Error {
    Error::not_found("term_not_found", "没有这个学期，请刷新后重新选择。")
}

struct Weighed {
    report: Report,
    good: Vec<NewClass>,
}

fn weigh(
    who: &Colleague,
    term: &term::Model,
    lists: &Lists,
    timetable: &Timetable,
    sheet: &Sheet,
) -> Weighed {
    let mut faults: Vec<Fault> = Vec::new();
    let mut good = Vec::new();
    // Of this file, so far: whose name stands in which row, and which hours are taken.
    let mut names: HashMap<String, u32> = HashMap::new();
    let mut slots: Vec<Slot> = Vec::new();
    for row in &sheet.rows {
        let mut line = Line::new(row, &COLUMNS);
        let name = name_of(&mut line, timetable, &names);
        if let Some(name) = &name {
            names.entry(name.clone()).or_insert(row.number);
        }
        if let Some(new) = class_of(&mut line, who, term, lists, name) {
            let with = (&lists.teacher_rows[&new.teacher_id], &lists.site_rows[&new.site_id]);
            let slot = Slot::new(&new, with.0, with.1, Some(row.number));
            // The class of this name is there already, which has been said.
            let there = timetable.slots().iter().filter(|other| other.name != slot.name);
            for (part, refusal) in collisions(&slot, there.chain(&slots)) {
                let column = match part {
                    Part::Teacher => TEACHER,
                    Part::Room => ROOM,
                };
                line.refuse(column, refusal.message);
            }
            if let Err(refusal) = timetable.days(new.weekday, new.meeting_count) {
                line.refuse(WEEKDAY, refusal.message);
            }
            slots.push(slot);
            if line.is_good() {
                good.push(new);
            }
        }
        faults.extend(line.into_faults());
    }
    let report = Report {
        rows: sheet.rows.len(),
        good: good.len(),
        faults,
        unused: sheet.unused.clone(),
        ..Default::default()
    };
    Weighed { report, good }
}

fn name_of(
    line: &mut Line<'_>,
    timetable: &Timetable,
    names: &HashMap<String, u32>,
) -> Option<String> {
    let name = line.text(NAME)?;
    let name = line.checked(NAME, part::name(&name))?;
    if timetable.slots().iter().any(|slot| slot.name == name) {
        let words =
            format!("这个学期已经有“{name}”了。如果就是它，请删掉这一行；如果不是，请换个名称。");
        line.refuse(NAME, words);
    }
    if let Some(row) = names.get(&name) {
        line.refuse(NAME, format!("和第 {row} 行重名，请换个名称，或者删掉一行。"));
    }
    Some(name)
}

/// What a row says, if all of it can be read; everything that is wrong is said.
fn class_of(
    line: &mut Line<'_>,
    who: &Colleague,
    term: &term::Model,
    lists: &Lists,
    name: Option<String>,
) -> Option<NewClass> {
    let course_id = line.choice(COURSE, &lists.courses);
    let teacher_id = line.choice(TEACHER, &lists.teachers);
    let site_id = line.choice(SITE, &lists.sites);
    if let Some(site) = site_id.and_then(|id| lists.site_rows.get(&id)) {
        line.checked(SITE, within_scope(who, site));
    }
    let room = line.text(ROOM);
    let room = room.and_then(|room| line.checked(ROOM, part::room(&room)));
    let weekday = line.weekday(WEEKDAY);
    let start_minute = line.minute(START);
    let duration = number(line, DURATION, part::duration);
    if let Some(hours) = start_minute.zip(duration) {
        line.checked(START, part::same_day(hours));
    }
    let count = number(line, COUNT, part::count);
    let capacity = number(line, CAPACITY, part::capacity);
    let held_percent = number(line, HELD, |percent| check::share(Some(percent)));
    Some(NewClass {
        term_id: term.id,
        course_id: course_id?,
        teacher_id: teacher_id?,
        site_id: site_id?,
        name: name?,
        room: room?,
        capacity: capacity?,
        weekday: weekday?,
        start_minute: start_minute?,
        duration_minutes: duration?,
        meeting_count: count?,
        held_percent,
        offer: Offer::default(),
    })
}

fn number(line: &mut Line<'_>, column: usize, check: fn(i32) -> Result<()>) -> Option<i32> {
    let number = line.whole(column)?;
    line.checked(column, check(number)).map(|()| number)
}
