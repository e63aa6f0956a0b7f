//! What follows from the register, on the wire.

use chrono::{Datelike, NaiveDate};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use entity::ids::{ClassId, ResidentId};

use crate::app::App;
use crate::attendance;
use crate::clock;
use crate::courses;
use crate::error::Result;
use crate::learning::figures::Sum;
use crate::learning::link::{self, File};
use crate::learning::paper::{hundredths, tenths};
use crate::learning::{self, ClassRecord, Figures, LifeRecord, Standing};
use crate::members::Person;
use crate::sheets::{self, Table, Written};
use crate::wire::auth::{EnrolmentStaff, ForRecord, RollKeeper};
use crate::wire::common::{Done, FileLink};
use crate::wire::page::Page;
use crate::wire::sheet::SheetFile;
use crate::wire::tags::Tag;
use crate::wire::{ApiError, ApiResult};

mod certificates;
mod charts;

use certificates::MyCertificate;
pub use certificates::{CertificatesApi, StaffCertificatesApi};
pub use charts::StaffChartsApi;

pub struct LearningApi(pub App);

pub struct StaffLearningApi(pub App);

#[derive(Enum)]
#[oai(rename_all = "snake_case")]
enum ClassStanding {
    Learning,
    AwaitsTeacher,
    Completed,
    TooFew,
    NotPassed,
    Left,
}

impl From<Standing> for ClassStanding {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Learning => Self::Learning,
            Standing::AwaitsTeacher => Self::AwaitsTeacher,
            Standing::Completed => Self::Completed,
            Standing::TooFew => Self::TooFew,
            Standing::NotPassed => Self::NotPassed,
            Standing::Left => Self::Left,
        }
    }
}

/// How somebody stands in a class.
#[derive(Object)]
struct ClassResult {
    class_id: ClassId,
    class_name: String,
    course_name: String,
    term_name: String,
    teacher_name: String,
    site_name: String,
    /// 学时 attended and of the whole class, in hundredths.
    learnt_hundredths: i64,
    held_hundredths: i64,
    /// Meetings attended and of the whole class.
    attended: i64,
    meetings: i64,
    /// Of the 学时, rounded down.
    percent: i64,
    /// The share that the term asks for.
    needed_percent: i32,
    standing: ClassStanding,
    standing_text: String,
    /// In tenths.
    credits_tenths: i64,
    /// Why the teacher did not let them pass.
    #[oai(skip_serializing_if_is_none)]
    not_passed_for: Option<String>,
}

impl From<&ClassRecord> for ClassResult {
    fn from(one: &ClassRecord) -> Self {
        let facts = &one.facts;
        let not_passed = one.standing == Standing::NotPassed;
        Self {
            class_id: facts.class.id,
            class_name: facts.class.name.clone(),
            course_name: facts.course.name.clone(),
            term_name: facts.term.name.clone(),
            teacher_name: facts.teacher_name.clone(),
            site_name: facts.site.name.clone(),
            learnt_hundredths: one.learnt,
            held_hundredths: one.held,
            attended: one.attended,
            meetings: one.meetings,
            percent: percent(one),
            needed_percent: facts.term.completion_percent,
            standing: one.standing.into(),
            standing_text: one.standing.text().to_owned(),
            credits_tenths: one.credits,
            not_passed_for: one
                .word
                .as_ref()
                .filter(|_| not_passed)
                .and_then(|word| word.reason.clone()),
        }
    }
}

fn percent(one: &ClassRecord) -> i64 {
    if one.held == 0 { 0 } else { one.learnt * 100 / one.held }
}

#[derive(Object)]
struct YearHours {
    year: i32,
    hundredths: i64,
}

/// 学习档案.
#[derive(Object)]
struct Record {
    name: String,
    learner_number: String,
    /// 学时 by calendar year, the newest first.
    years: Vec<YearHours>,
    total_hundredths: i64,
    /// The plan's goal for a year.
    goal_hundredths: i64,
    /// Meetings attended.
    attended: i64,
    /// In tenths.
    credits_tenths: i64,
    /// The newest first.
    classes: Vec<ClassResult>,
    /// What was handed out, the newest first.
    certificates: Vec<MyCertificate>,
    made_text: String,
}

async fn record(app: &App, resident: ResidentId) -> Result<Record> {
    let LifeRecord { person, classes, years, total, attended, credits } =
        learning::life_record(app, resident).await?;
    let handed = learning::certificates::of_resident(app, resident).await?;
    Ok(Record {
        name: person.name,
        learner_number: person.learner_number,
        years: years.into_iter().map(|(year, hundredths)| YearHours { year, hundredths }).collect(),
        total_hundredths: total,
        goal_hundredths: app.config.learning.year_goal_hours * 100,
        attended,
        credits_tenths: credits,
        classes: classes.iter().map(ClassResult::from).collect(),
        certificates: handed.into_iter().map(MyCertificate::from).collect(),
        made_text: clock::spoken_day(app.clock.today()),
    })
}

async fn record_file(app: &App, resident: ResidentId) -> Result<Written> {
    let LifeRecord { person, classes, years, total, attended, credits } =
        learning::life_record(app, resident).await?;
    let now = app.clock.now();
    let row = |one: &ClassRecord| {
        vec![
            one.facts.term.name.clone(),
            one.facts.class.name.clone(),
            one.facts.teacher_name.clone(),
            one.facts.site.name.clone(),
            format!("{} / {}", one.attended, one.meetings),
            format!("{} / {}", hundredths(one.learnt), hundredths(one.held)),
            one.standing.text().to_owned(),
            if one.credits > 0 { tenths(one.credits) } else { String::new() },
        ]
    };
    let years = years.iter().map(|(year, sum)| format!("{year}年 {} 学时", hundredths(*sum)));
    let years = years.collect::<Vec<_>>().join("，");
    let day = clock::spoken_day(clock::local_date(now));
    let table = Table {
        sheet: "学习档案",
        title: format!("{}的学习档案", person.name),
        notes: vec![
            format!("学员号 {}，{day}导出。", person.learner_number),
            format!(
                "一共 {} 学时，上课 {attended} 次，{} 学分。",
                hundredths(total),
                tenths(credits)
            ),
            years,
        ],
        headings: sheets::headings(&[
            ("学期", 18),
            ("班级", 22),
            ("老师", 10),
            ("学习点", 24),
            ("上课次数", 12),
            ("学时", 14),
            ("结果", 12),
            ("学分", 8),
        ]),
        rows: classes.iter().map(row).collect(),
        foot: format!("{} {day}", app.config.centre.name),
        large: false,
    };
    let bytes = sheets::list(table, now).await?;
    Ok(Written::named(&format!("{}的学习档案{}", person.name, clock::local_date(now)), bytes))
}

#[OpenApi(tag = "Tag::Attendance")]
impl LearningApi {
    /// My life record: classes, 学时, credits.
    #[oai(path = "/me/record", method = "get", operation_id = "my_record")]
    async fn record(&self, who: ForRecord) -> ApiResult<Json<Record>> {
        Ok(Json(record(&self.0, who.0.learner).await?))
    }

    /// Where my life record can be fetched as an .xlsx, for some minutes.
    #[oai(path = "/me/record/link", method = "post", operation_id = "my_record_link")]
    async fn record_link(&self, who: ForRecord) -> ApiResult<Json<FileLink>> {
        let url = link::address(&self.0, File::Record, who.0.learner, 0);
        Ok(Json(FileLink { url }))
    }

    /// A spreadsheet, by a link that was made for it.
    ///
    /// Codes: `link_invalid`, `link_expired`.
    #[oai(path = "/files", method = "get", operation_id = "file")]
    async fn file(&self, t: Query<String>) -> ApiResult<SheetFile> {
        let (whose, _) = link::read(&self.0, File::Record, &t.0)?;
        Ok(record_file(&self.0, whose).await?.into())
    }
}

/// A learner of a class at its end.
#[derive(Object)]
struct ResultLine {
    resident_id: ResidentId,
    name: String,
    learner_number: String,
    #[oai(flatten)]
    result: ClassResult,
    /// What the teacher said last; missing: nothing.
    #[oai(skip_serializing_if_is_none)]
    passed: Option<bool>,
    #[oai(skip_serializing_if_is_none)]
    reason: Option<String>,
    /// Of the certificate that stands.
    #[oai(skip_serializing_if_is_none)]
    certificate: Option<String>,
}

impl ResultLine {
    fn of((one, person): &(ClassRecord, Person), certificate: Option<String>) -> Self {
        Self {
            certificate,
            resident_id: person.id,
            name: person.name.clone(),
            learner_number: person.learner_number.clone(),
            result: one.into(),
            passed: one.word.as_ref().map(|word| word.passed),
            reason: one.word.as_ref().and_then(|word| word.reason.clone()),
        }
    }
}

/// How the learners of a class stand.
#[derive(Object)]
struct ClassResults {
    class_id: ClassId,
    class_name: String,
    time_text: String,
    teacher_name: String,
    term_name: String,
    needed_percent: i32,
    pass_needed: bool,
    items: Vec<ResultLine>,
    completed: u64,
    total: u64,
}

#[derive(Object)]
struct PassBody {
    passed: bool,
    /// Needed where they do not pass, and where an earlier word is changed.
    reason: Option<String>,
}

/// 人次 and 学时 of one thing.
#[derive(Object)]
struct FigureLine {
    name: String,
    person_times: i64,
    hundredths: i64,
}

/// 人次 and 学时 of a time.
#[derive(Object)]
struct FigureView {
    first_day: NaiveDate,
    last_day: NaiveDate,
    person_times: i64,
    hundredths: i64,
    /// In courses that count for 智在指尖, and the plan's goal of a year.
    smart_person_times: i64,
    smart_goal: i64,
    /// Learners who came at all, and of them those who have the year's 学时.
    learners: u64,
    reached: u64,
    goal_hundredths: i64,
    classes: Vec<FigureLine>,
    courses: Vec<FigureLine>,
    sites: Vec<FigureLine>,
    /// Of the learners.
    communities: Vec<FigureLine>,
}

fn figure((name, sum): (String, Sum)) -> FigureLine {
    FigureLine { name, person_times: sum.times, hundredths: sum.hundredths }
}

/// A class whose results I may say.
#[derive(Object)]
struct KeptClass {
    class_id: ClassId,
    class_name: String,
    time_text: String,
    term_name: String,
    /// 结业 needs the teacher's word.
    pass_needed: bool,
    /// The term is over.
    over: bool,
}

#[OpenApi(tag = "Tag::StaffAttendance")]
impl StaffLearningApi {
    /// The classes that I look after, of whatever term, the newest first.
    #[oai(path = "/staff/kept-classes", method = "get", operation_id = "staff_kept_classes")]
    async fn kept(&self, who: RollKeeper) -> ApiResult<Json<Page<KeptClass>>> {
        let found = attendance::classes_of(&self.0, &who.0).await.map_err(ApiError::from)?;
        let today = self.0.clock.today();
        let kept = |facts: courses::ClassFacts| KeptClass {
            class_id: facts.class.id,
            time_text: courses::time_text(&facts.class),
            class_name: facts.class.name,
            term_name: facts.term.name,
            pass_needed: facts.term.pass_needed,
            over: facts.term.last_day < today,
        };
        Ok(Json(Page::whole(found.into_iter().map(kept).collect())))
    }

    /// How the learners of a class stand: 学时, the teacher's word, completion, credits.
    ///
    /// Codes: `class_not_found`, `not_your_class`.
    #[oai(path = "/staff/classes/:id/results", method = "get", operation_id = "staff_results")]
    async fn results(&self, who: RollKeeper, id: Path<ClassId>) -> ApiResult<Json<ClassResults>> {
        let (facts, rows) = learning::class_results(&self.0, &who.0, id.0).await?;
        let numbers = learning::certificates::numbers(&self.0, id.0).await?;
        let completed = rows.iter().filter(|(row, _)| row.standing == Standing::Completed).count();
        Ok(Json(ClassResults {
            class_id: facts.class.id,
            time_text: courses::time_text(&facts.class),
            class_name: facts.class.name,
            teacher_name: facts.teacher_name,
            term_name: facts.term.name,
            needed_percent: facts.term.completion_percent,
            pass_needed: facts.term.pass_needed,
            completed: completed as u64,
            total: rows.len() as u64,
            items: rows
                .iter()
                .map(|row| ResultLine::of(row, numbers.get(&row.1.id).cloned()))
                .collect(),
        }))
    }

    /// Let somebody pass, or not.
    ///
    /// Codes: `class_not_found`, `not_your_class`, `not_in_class`, `pass_not_asked`,
    /// `reason_needed`, `reason_too_long`.
    #[oai(
        path = "/staff/classes/:id/results/:resident_id",
        method = "put",
        operation_id = "staff_let_pass"
    )]
    async fn let_pass(
        &self,
        who: RollKeeper,
        id: Path<ClassId>,
        resident_id: Path<ResidentId>,
        body: Json<PassBody>,
    ) -> ApiResult<Done> {
        let PassBody { passed, reason } = body.0;
        let (app, whom) = (&self.0, [resident_id.0]);
        learning::let_pass(app, &who.0, id.0, &whom, passed, reason.as_deref()).await?;
        Ok(Done::Done)
    }

    /// Let everybody pass of whom nothing was said.
    ///
    /// Codes: `class_not_found`, `not_your_class`, `pass_not_asked`.
    #[oai(
        path = "/staff/classes/:id/results/pass-all",
        method = "post",
        operation_id = "staff_let_all_pass"
    )]
    async fn let_all_pass(&self, who: RollKeeper, id: Path<ClassId>) -> ApiResult<Done> {
        learning::let_all_pass(&self.0, &who.0, id.0).await?;
        Ok(Done::Done)
    }

    /// 人次 (each person and meeting once) and 学时 of a time; this year by default. Officers
    /// see those of their community's people.
    ///
    /// Codes: `no_community`, `bad_days`.
    #[oai(path = "/staff/figures", method = "get", operation_id = "staff_figures")]
    async fn figures(
        &self,
        who: EnrolmentStaff,
        first_day: Query<Option<NaiveDate>>,
        last_day: Query<Option<NaiveDate>>,
    ) -> ApiResult<Json<FigureView>> {
        let (app, today) = (&self.0, self.0.clock.today());
        let new_year = NaiveDate::from_ymd_opt(today.year(), 1, 1).unwrap_or(today);
        let first = first_day.0.unwrap_or(new_year);
        let last = last_day.0.unwrap_or(today);
        let Figures {
            all,
            smart_technology,
            classes,
            courses,
            sites,
            communities,
            learners,
            reached,
        } = learning::figures(app, &who.0, first, last).await?;
        Ok(Json(FigureView {
            first_day: first,
            last_day: last,
            person_times: all.times,
            hundredths: all.hundredths,
            smart_person_times: smart_technology.times,
            smart_goal: app.config.learning.smart_technology_goal,
            learners,
            reached,
            goal_hundredths: app.config.learning.year_goal_hours * 100,
            classes: classes.into_iter().map(|(_, name, sum)| figure((name, sum))).collect(),
            courses: courses.into_iter().map(figure).collect(),
            sites: sites.into_iter().map(figure).collect(),
            communities: communities.into_iter().map(figure).collect(),
        }))
    }
}
