//! Phases, wishes and draws on the wire.

use chrono::{DateTime, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{Json, PlainText};
use poem_openapi::{Enum, Object, OpenApi};

use entity::ids::{ClassId, CourseId, DrawId, StaffId, TermId};
use entity::{draw, term, term_plan};

use crate::app::App;
use crate::clock;
use crate::courses::api::ClassCard;
use crate::courses::{self, ClassFilter, NewPlan, Stage};
use crate::draw::mine::Came;
use crate::draw::run::Seed;
use crate::draw::{self as room, file, mine, store};
use crate::error::{Error, Result};
use crate::wire::ApiResult;
use crate::wire::auth::{CentreStaff, EnrolmentStaff, ForEnrolment};
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;
use crate::{members, staff};

pub struct DrawApi(pub App);

pub struct StaffDrawApi(pub App);

/// What people can do in a term now.
#[derive(Clone, Copy, Enum)]
#[oai(rename_all = "snake_case")]
enum PhaseName {
    /// Nothing yet, or not between two phases.
    Between,
    Continuation,
    Wishes,
    Draw,
    Confirm,
    /// First come first served.
    Open,
    Closed,
}

impl From<Stage> for PhaseName {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Between => Self::Between,
            Stage::Continuation => Self::Continuation,
            Stage::Wishes => Self::Wishes,
            Stage::Draw => Self::Draw,
            Stage::Confirm => Self::Confirm,
            Stage::Open => Self::Open,
            Stage::Closed => Self::Closed,
        }
    }
}

/// A phase with its times.
#[derive(Object)]
struct PhaseLine {
    phase: PhaseName,
    name: String,
    opens_at: DateTime<Utc>,
    closes_at: DateTime<Utc>,
    /// From when to when, in words.
    time_text: String,
}

/// Where the current term stands, fit for a countdown.
#[derive(Object)]
struct Phases {
    term_id: TermId,
    term_name: String,
    /// The service's clock: a phone's may be wrong.
    now: DateTime<Utc>,
    phase: PhaseName,
    title: String,
    /// What to do, in a sentence.
    text: String,
    /// When the next thing happens.
    #[oai(skip_serializing_if_is_none)]
    until: Option<DateTime<Utc>>,
    /// What `until` is, as in 离填志愿截止.
    #[oai(skip_serializing_if_is_none)]
    until_text: Option<String>,
    phases: Vec<PhaseLine>,
    #[oai(skip_serializing_if_is_none)]
    draw: Option<DrawCard>,
}

/// What everybody may know of a draw.
#[derive(Object)]
struct DrawCard {
    id: DrawId,
    /// How many people are on the list.
    people: u64,
    list_sha256: String,
    frozen_at: DateTime<Utc>,
    frozen_text: String,
    seed_source: String,
    seed_at: DateTime<Utc>,
    seed_at_text: String,
    /// Once two people of the centre have entered it.
    #[oai(skip_serializing_if_is_none)]
    seed: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    result_sha256: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    drawn_at: Option<DateTime<Utc>>,
}

impl DrawCard {
    fn of(row: draw::Model, plan: &term_plan::Model) -> Self {
        let people = row.list.lines().filter(|line| line.starts_with("号 ")).count();
        Self {
            id: row.id,
            people: people as u64,
            list_sha256: row.list_sha256,
            frozen_at: row.frozen_at,
            frozen_text: clock::spoken(row.frozen_at),
            seed_source: plan.seed_source.clone(),
            seed_at: plan.seed_at,
            seed_at_text: clock::spoken(plan.seed_at),
            seed: row.seed.filter(|_| row.confirmed_by.is_some()),
            result_sha256: row.result_sha256,
            drawn_at: row.drawn_at,
        }
    }
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Between => "等待",
        Stage::Continuation => "老学员续读",
        Stage::Wishes => "填志愿",
        Stage::Draw => "摇号",
        Stage::Confirm => "确认",
        Stage::Open => "先到先得",
        Stage::Closed => "结束",
    }
}

/// Title and what to do; `only`: there is no more than first come first served.
fn words(stage: Stage, only: bool) -> (&'static str, &'static str) {
    match stage {
        Stage::Between if only => ("报名还没开始", "先看看有哪些班，到时间再来。"),
        Stage::Between => ("还没到时候", "先看看有哪些班，到时间再来。"),
        Stage::Continuation => ("老学员续读", "上学期的学员，先保留名额。"),
        Stage::Wishes => ("正在填志愿", "按喜欢的先后排好。早填晚填一样，不用抢。"),
        Stage::Draw => ("等待摇号", "志愿已经锁定，名单已经公布。"),
        Stage::Confirm => ("摇号结果出来了", "摇中的，请在截止之前确认。"),
        Stage::Open => ("正在报名", "还有名额的班，先到先得。"),
        Stage::Closed => ("报名已经结束", "想来上课，可以打电话问问教育中心。"),
    }
}

impl Phases {
    fn of(
        term: term::Model,
        plan: Option<&term_plan::Model>,
        draw: Option<DrawCard>,
        now: DateTime<Utc>,
    ) -> Self {
        let steps = courses::steps(&term, plan);
        let stage = courses::stage(&term, plan, now);
        let only = steps.len() == 1;
        let (title, text) = words(stage, only);
        let name = |stage| if only { "报名" } else { name(stage) };
        let here = steps.iter().find(|step| step.stage == stage);
        let next = steps.iter().find(|step| step.opens_at > now);
        let until = match (stage, here, next) {
            (Stage::Closed, ..) => None,
            (Stage::Between, _, Some(next)) => {
                Some((next.opens_at, format!("离{}开始", name(next.stage))))
            }
            (Stage::Draw, Some(here), _) if here.closes_at > now => {
                Some((here.closes_at, "离种子公布".to_owned()))
            }
            (Stage::Draw, ..) => None,
            (_, Some(here), _) => Some((here.closes_at, format!("离{}截止", name(stage)))),
            (_, None, _) => None,
        };
        Self {
            term_id: term.id,
            term_name: term.name,
            now,
            phase: stage.into(),
            title: title.to_owned(),
            text: text.to_owned(),
            until: until.as_ref().map(|(at, _)| *at),
            until_text: until.map(|(_, text)| text),
            phases: steps
                .into_iter()
                .map(|step| PhaseLine {
                    phase: step.stage.into(),
                    name: name(step.stage).to_owned(),
                    opens_at: step.opens_at,
                    closes_at: step.closes_at,
                    time_text: format!(
                        "{}到{}",
                        clock::spoken(step.opens_at),
                        clock::spoken(step.closes_at)
                    ),
                })
                .collect(),
            draw,
        }
    }
}

/// My wishes, the dearest first.
#[derive(Object)]
struct Wishes {
    items: Vec<ClassCard>,
    /// How many there may be.
    most: u64,
    /// How many classes I can get by the draw.
    most_classes: i32,
    may_change: bool,
    /// Until when they can be changed, in words.
    until_text: String,
}

#[derive(Object)]
struct WishesBody {
    /// The dearest first.
    class_ids: Vec<ClassId>,
}

/// A class in which I may keep a place.
#[derive(Object)]
struct Continuation {
    class: ClassCard,
    kept: bool,
}

#[derive(Object)]
struct KeepBody {
    class_id: ClassId,
}

/// What came of a wish.
#[derive(Enum)]
#[oai(rename_all = "snake_case")]
enum WishOutcome {
    Placed,
    Waiting,
    /// Neither: enough classes, or it does not go with them.
    No,
}

/// A wish of mine, as it stands on the list.
#[derive(Object)]
struct WishLine {
    class_id: ClassId,
    name: String,
    places: u64,
    /// Who would like it.
    people: u64,
    lots: u32,
    all_lots: u32,
    /// Why so many lots.
    why: String,
    #[oai(skip_serializing_if_is_none)]
    outcome: Option<WishOutcome>,
    /// In words.
    outcome_text: String,
}

/// My part in the draw of the current term.
#[derive(Object)]
struct MyDraw {
    draw: DrawCard,
    number: String,
    wishes: Vec<WishLine>,
}

impl From<mine::MyWish> for WishLine {
    fn from(wish: mine::MyWish) -> Self {
        let (outcome, outcome_text) = match wish.came {
            None => (None, "还没有摇号。".to_owned()),
            Some(Came::Placed) => (Some(WishOutcome::Placed), "摇中了。".to_owned()),
            Some(Came::Waiting(at)) => {
                (Some(WishOutcome::Waiting), format!("没有摇中，候补第 {at} 位。"))
            }
            Some(Came::No) => {
                (Some(WishOutcome::No), "没有列入：已得满，或和得到的班冲突。".to_owned())
            }
        };
        Self {
            class_id: ClassId(wish.class),
            name: wish.name,
            places: wish.places as u64,
            people: wish.people as u64,
            lots: wish.lots,
            all_lots: wish.all_lots,
            why: wish.why,
            outcome,
            outcome_text,
        }
    }
}

async fn card(app: &App, row: draw::Model) -> Result<DrawCard> {
    let plan = courses::plan(app.db.read(), row.term_id).await?.ok_or_else(courses::no_plan)?;
    Ok(DrawCard::of(row, &plan))
}

#[OpenApi(tag = "Tag::Draw")]
impl DrawApi {
    /// What can be done in the current term now, and until when.
    ///
    /// Codes: `no_term`.
    #[oai(path = "/enrolment-phases", method = "get", operation_id = "enrolment_phases")]
    async fn phases(&self) -> ApiResult<Json<Phases>> {
        let conn = self.0.db.read();
        let now = self.0.clock.now();
        let term = courses::current_term(conn, clock::local_date(now)).await?;
        let term = term.ok_or_else(|| Error::not_found("no_term", "现在还没有安排新的学期。"))?;
        let plan = courses::plan(conn, term.id).await?;
        let draw = room::draw_of(conn, term.id).await?;
        let card = plan.as_ref().and_then(|plan| draw.map(|draw| DrawCard::of(draw, plan)));
        Ok(Json(Phases::of(term, plan.as_ref(), card, now)))
    }

    /// The next term of which nothing has begun, beside the current one, with the times of its
    /// phases; nothing where none is planned.
    #[oai(path = "/enrolment-phases/coming", method = "get", operation_id = "coming_phases")]
    async fn coming(&self) -> ApiResult<Json<Page<Phases>>> {
        let (conn, now) = (self.0.db.read(), self.0.clock.now());
        let Some(term) = courses::coming_term(conn, now).await? else {
            return Ok(Json(Page::whole(Vec::new())));
        };
        let plan = courses::plan(conn, term.id).await?;
        Ok(Json(Page::whole(vec![Phases::of(term, plan.as_ref(), None, now)])))
    }

    /// My wishes for the current term.
    ///
    /// Codes: `no_term`, `no_plan`.
    #[oai(path = "/me/wishes", method = "get", operation_id = "my_wishes")]
    async fn wishes(&self, who: ForEnrolment) -> ApiResult<Json<Wishes>> {
        Ok(Json(my_wishes(&self.0, who.0.learner).await?))
    }

    /// Say what I would like, in the place of what I said before; nothing at all is allowed.
    ///
    /// Codes: `not_in_phase`, `no_plan`, `too_many_wishes`, `wish_twice`, `wrong_term`, `class_cancelled`,
    /// `too_young`, `too_old`, `limit_reached`, `same_course`, `overlap`, `consent_needed`, `profile_needed`.
    #[oai(path = "/me/wishes", method = "put", operation_id = "save_wishes")]
    async fn save_wishes(
        &self,
        who: ForEnrolment,
        body: Json<WishesBody>,
    ) -> ApiResult<Json<Wishes>> {
        let saved = room::save_wishes(&self.0, who.0, &body.0.class_ids).await;
        saved.map_err(|error| who.0.explained(error))?;
        Ok(Json(my_wishes(&self.0, who.0.learner).await?))
    }

    /// The classes in which I may keep a place now.
    ///
    /// Codes: `no_term`, `no_plan`.
    #[oai(path = "/me/continuations", method = "get", operation_id = "my_continuations")]
    async fn continuations(&self, who: ForEnrolment) -> ApiResult<Json<Page<Continuation>>> {
        let now = self.0.clock.now();
        let found = room::may_keep(&self.0, self.0.db.read(), who.0.learner).await?;
        let items = found
            .into_iter()
            .map(|(class, kept)| Continuation { class: ClassCard::of(class, None, now), kept });
        Ok(Json(Page::whole(items.collect())))
    }

    /// Keep a place in a class that goes on with what I learnt.
    ///
    /// Codes: `not_in_phase`, `no_plan`, `not_continuing`, `class_full`, and those of a sign-up.
    #[oai(path = "/me/continuations", method = "post", operation_id = "keep_place")]
    async fn keep(&self, who: ForEnrolment, body: Json<KeepBody>) -> ApiResult<Done> {
        let kept = room::keep(&self.0, who.0, body.0.class_id).await;
        kept.map_err(|error| who.0.explained(error))?;
        Ok(Done::Done)
    }

    /// My number in the draw of the current term, my lots and why, and what came of it.
    ///
    /// Codes: `no_draw`, `not_on_list`, `no_term`, `no_plan`.
    #[oai(path = "/me/draw", method = "get", operation_id = "my_draw")]
    async fn my_draw(&self, who: ForEnrolment) -> ApiResult<Json<MyDraw>> {
        let draw = mine::current(&self.0).await?;
        let found = room::my_draw(self.0.db.read(), draw, who.0.learner).await?;
        let found = found.ok_or_else(|| {
            Error::not_found("not_on_list", "您没有填志愿，不在摇号名单上。")
                .or_else("看看有哪些班", Some("/classes".to_owned()))
        })?;
        Ok(Json(MyDraw {
            draw: card(&self.0, found.draw).await?,
            number: found.number,
            wishes: found.wishes.into_iter().map(WishLine::from).collect(),
        }))
    }

    /// A draw: its hashes, its seed and where that came from.
    ///
    /// Codes: `no_draw`.
    #[oai(path = "/draws/:id", method = "get", operation_id = "draw")]
    async fn draw(&self, id: Path<DrawId>) -> ApiResult<Json<DrawCard>> {
        let row = room::one(self.0.db.read(), id.0).await?;
        Ok(Json(card(&self.0, row).await?))
    }

    /// The list, to the byte: `sha256sum` gives the published hash.
    ///
    /// Codes: `no_draw`.
    #[oai(path = "/draws/:id/list.txt", method = "get", operation_id = "draw_list")]
    async fn list(&self, id: Path<DrawId>) -> ApiResult<PlainText<String>> {
        Ok(PlainText(room::one(self.0.db.read(), id.0).await?.list))
    }

    /// The result: the list, the seed, and what follows. `shangxue draw verify` repeats it.
    ///
    /// Codes: `no_draw`, `not_drawn`.
    #[oai(path = "/draws/:id/result.txt", method = "get", operation_id = "draw_result")]
    async fn result(&self, id: Path<DrawId>) -> ApiResult<PlainText<String>> {
        let row = room::one(self.0.db.read(), id.0).await?;
        let not_yet = || Error::not_found("not_drawn", "还没有摇号。");
        Ok(PlainText(row.result.ok_or_else(not_yet)?))
    }
}

async fn my_wishes(app: &App, who: entity::ids::ResidentId) -> Result<Wishes> {
    let conn = app.db.read();
    let (term, plan) = room::planned_term(app, conn).await?;
    let items = room::wishes(conn, term.id, who).await?;
    Ok(Wishes {
        items: items.into_iter().map(|class| ClassCard::of(class, None, app.clock.now())).collect(),
        most: app.config.draw.most_wishes as u64,
        most_classes: plan.most_classes,
        may_change: courses::stage(&term, Some(&plan), app.clock.now()) == Stage::Wishes,
        until_text: clock::spoken(plan.wishes_close_at),
    })
}

/// The phases of a term before first come first served.
#[derive(Object)]
struct PlanBody {
    /// Both or none.
    continuation_opens_at: Option<DateTime<Utc>>,
    continuation_closes_at: Option<DateTime<Utc>>,
    wishes_open_at: DateTime<Utc>,
    /// The list is frozen and published then.
    wishes_close_at: DateTime<Utc>,
    /// When the seed is published, later than the list.
    seed_at: DateTime<Utc>,
    /// Where anybody finds it.
    seed_source: String,
    confirm_until: DateTime<Utc>,
    /// How many classes one person may get before first come first served.
    most_classes: i32,
    /// Of the places of a beginners' class, kept for people new to the course.
    newcomer_percent: i32,
}

impl From<PlanBody> for NewPlan {
    fn from(body: PlanBody) -> Self {
        Self {
            continuation: body.continuation_opens_at.zip(body.continuation_closes_at),
            wishes: (body.wishes_open_at, body.wishes_close_at),
            seed_at: body.seed_at,
            seed_source: body.seed_source,
            confirm_until: body.confirm_until,
            most_classes: body.most_classes,
            newcomer_percent: body.newcomer_percent,
        }
    }
}

impl From<term_plan::Model> for PlanBody {
    fn from(row: term_plan::Model) -> Self {
        Self {
            continuation_opens_at: row.continuation_opens_at,
            continuation_closes_at: row.continuation_closes_at,
            wishes_open_at: row.wishes_open_at,
            wishes_close_at: row.wishes_close_at,
            seed_at: row.seed_at,
            seed_source: row.seed_source,
            confirm_until: row.confirm_until,
            most_classes: row.most_classes,
            newcomer_percent: row.newcomer_percent,
        }
    }
}

/// A term's phases and its draw, as staff see them.
#[derive(Object)]
struct TermDraw {
    phases: Phases,
    #[oai(skip_serializing_if_is_none)]
    plan: Option<PlanBody>,
    may_change: bool,
    /// People with wishes.
    wishing: u64,
    /// Who entered the seed, while a second person has to.
    #[oai(skip_serializing_if_is_none)]
    seed_entered_by: Option<StaffId>,
    #[oai(skip_serializing_if_is_none)]
    seed_entered_by_name: Option<String>,
    classes: Vec<DrawClass>,
    /// Who got nothing.
    lost: Vec<DrawLoser>,
}

/// A class, with what is wished of it.
#[derive(Object)]
struct DrawClass {
    class_id: ClassId,
    name: String,
    capacity: i32,
    free: i32,
    /// People who would like it, and of these as the first of their wishes.
    wishes: u64,
    first_wishes: u64,
    beginners: bool,
    #[oai(skip_serializing_if_is_none)]
    previous_course_id: Option<CourseId>,
    /// After the draw.
    placed: u64,
    waiting: u64,
}

#[derive(Object)]
struct DrawLoser {
    number: String,
    name: String,
    learner_number: String,
}

#[derive(Object)]
struct ClassRuleBody {
    beginners: bool,
    previous_course_id: Option<CourseId>,
}

#[derive(Object)]
struct SeedBody {
    seed: String,
}

/// What became of it.
#[derive(Object)]
struct SeedAnswer {
    confirmed: bool,
    message: String,
}

#[derive(Object)]
struct CounterWishesBody {
    learner_number: String,
    class_ids: Vec<ClassId>,
}

#[OpenApi(tag = "Tag::StaffDraw")]
impl StaffDrawApi {
    /// A term's phases, wishes and draw.
    ///
    /// Codes: `not_found`.
    #[oai(path = "/staff/terms/:id/draw", method = "get", operation_id = "staff_term_draw")]
    async fn term_draw(&self, _who: CentreStaff, id: Path<TermId>) -> ApiResult<Json<TermDraw>> {
        Ok(Json(term_draw(&self.0, id.0).await?))
    }

    /// Enter or change the phases of a term, until its list is published.
    ///
    /// Codes: `bad_phases`, `plan_frozen`, `missing`, `too_long`, `out_of_range`, `not_found`.
    #[oai(path = "/staff/terms/:id/plan", method = "put", operation_id = "staff_save_plan")]
    async fn save_plan(
        &self,
        who: CentreStaff,
        id: Path<TermId>,
        body: Json<PlanBody>,
    ) -> ApiResult<Json<TermDraw>> {
        courses::save_plan(&self.0, &who.0, id.0, &body.0.into()).await?;
        Ok(Json(term_draw(&self.0, id.0).await?))
    }

    /// Make a term first come first served alone, as long as no list is published.
    ///
    /// Codes: `plan_frozen`.
    #[oai(path = "/staff/terms/:id/plan", method = "delete", operation_id = "staff_remove_plan")]
    async fn remove_plan(&self, who: CentreStaff, id: Path<TermId>) -> ApiResult<Done> {
        courses::remove_plan(&self.0, &who.0, id.0).await?;
        Ok(Done::Done)
    }

    /// Say how a class takes part: places kept for newcomers, or who continues in it.
    ///
    /// Codes: `plan_frozen`, `class_not_found`, `unknown_reference`, `out_of_scope`.
    #[oai(
        path = "/staff/classes/:id/draw-rule",
        method = "put",
        operation_id = "staff_save_class_rule"
    )]
    async fn save_rule(
        &self,
        who: CentreStaff,
        id: Path<ClassId>,
        body: Json<ClassRuleBody>,
    ) -> ApiResult<Done> {
        let ClassRuleBody { beginners, previous_course_id } = body.0;
        courses::save_class_rule(&self.0, &who.0, id.0, beginners, previous_course_id).await?;
        Ok(Done::Done)
    }

    /// Enter the seed that was published. When a second person enters the same, the draw runs.
    ///
    /// Codes: `bad_seed`, `too_early`, `seed_differs`, `seed_confirmed`, `no_draw`.
    #[oai(path = "/staff/draws/:id/seed", method = "post", operation_id = "staff_enter_seed")]
    async fn enter_seed(
        &self,
        who: CentreStaff,
        id: Path<DrawId>,
        body: Json<SeedBody>,
    ) -> ApiResult<Json<SeedAnswer>> {
        let done = room::enter_seed(&self.0, &who.0, id.0, &body.0.seed).await?;
        let (confirmed, message) = match done {
            Seed::Entered => (false, "已记下。请另一位同事用自己的账号再填一次。"),
            Seed::Confirmed => (true, "两人填的一样，开始摇号。"),
        };
        Ok(Json(SeedAnswer { confirmed, message: message.to_owned() }))
    }

    /// The wishes of a resident at the counter.
    ///
    /// Codes: `resident_not_found`, `no_term`, `no_plan`.
    #[oai(path = "/staff/wishes", method = "get", operation_id = "staff_wishes")]
    async fn wishes(
        &self,
        who: EnrolmentStaff,
        learner_number: Query<String>,
    ) -> ApiResult<Json<Wishes>> {
        let person = room::at_counter(&self.0, &who.0, &learner_number.0).await?;
        Ok(Json(my_wishes(&self.0, person).await?))
    }

    /// Enter the wishes of a resident who came to the counter or called.
    ///
    /// Codes: `resident_not_found`, and those of the residents' own wishes.
    #[oai(path = "/staff/wishes", method = "put", operation_id = "staff_save_wishes")]
    async fn save_wishes(
        &self,
        who: EnrolmentStaff,
        body: Json<CounterWishesBody>,
    ) -> ApiResult<Json<Wishes>> {
        let CounterWishesBody { learner_number, class_ids } = body.0;
        let person = room::save_at_counter(&self.0, &who.0, &learner_number, &class_ids).await?;
        Ok(Json(my_wishes(&self.0, person).await?))
    }
}

async fn term_draw(app: &App, id: TermId) -> Result<TermDraw> {
    let conn = app.db.read();
    let now = app.clock.now();
    let term = courses::terms(conn).await?.into_iter().find(|term| term.id == id);
    let term = term.ok_or_else(|| Error::not_found("not_found", "没有这个学期。"))?;
    let plan = courses::plan(conn, id).await?;
    let draw = room::draw_of(conn, id).await?;
    let wishes = store::all_wishes(conn, id).await?;
    let wishing = wishes.chunk_by(|one, other| one.resident_id == other.resident_id).count();
    let entered = draw.as_ref().filter(|draw| draw.confirmed_by.is_none());
    let seed_entered_by = entered.and_then(|draw| draw.seed_by);
    let names = staff::names(conn, seed_entered_by.as_slice()).await?;
    let outcome = draw.as_ref().and_then(|draw| draw.result.as_deref()).map(file::read_outcome);

    let filter = ClassFilter { term_id: Some(id), open_only: true, ..Default::default() };
    let found = courses::list_classes(conn, &filter).await?;
    let ids: Vec<_> = found.iter().map(|facts| facts.class.id).collect();
    let rules = courses::class_rules(conn, &ids).await?;
    let classes = found.into_iter().map(|facts| {
        let free = courses::free_places(&facts, now);
        let class = facts.class;
        let rule = rules.get(&class.id);
        let drawn = outcome.as_ref().and_then(|outcome| outcome.classes.get(&class.id.0));
        let of_it = || wishes.iter().filter(|wish| wish.class_id == class.id);
        DrawClass {
            class_id: class.id,
            capacity: class.capacity,
            free,
            wishes: of_it().count() as u64,
            first_wishes: of_it().filter(|wish| wish.rank == 1).count() as u64,
            beginners: rule.is_some_and(|rule| rule.beginners),
            previous_course_id: rule.and_then(|rule| rule.previous_course_id),
            placed: drawn.map_or(0, |drawn| drawn.placed.len() as u64),
            waiting: drawn.map_or(0, |drawn| drawn.waiting.len() as u64),
            name: class.name,
        }
    });
    let classes = classes.collect();
    let lost = match (&draw, &outcome) {
        (Some(draw), Some(_)) => losers(app, draw.id).await?,
        _ => Vec::new(),
    };
    let card = plan.as_ref().and_then(|plan| draw.map(|draw| DrawCard::of(draw, plan)));
    Ok(TermDraw {
        phases: Phases::of(term, plan.as_ref(), card, now),
        may_change: plan.as_ref().is_none_or(|plan| plan.frozen_at.is_none()),
        plan: plan.map(PlanBody::from),
        wishing: wishing as u64,
        seed_entered_by,
        seed_entered_by_name: seed_entered_by.and_then(|id| names.get(&id).cloned()),
        classes,
        lost,
    })
}

async fn losers(app: &App, draw: DrawId) -> Result<Vec<DrawLoser>> {
    let conn = app.db.read();
    let mut entries = store::entries(conn, draw).await?;
    entries.retain(|entry| entry.lost == Some(true));
    let ids: Vec<_> = entries.iter().map(|entry| entry.resident_id).collect();
    let mut people = members::people(app, conn, &ids).await?;
    let lost = entries.into_iter().map(|entry| {
        let person = people.remove(&entry.resident_id);
        let (name, learner_number) =
            person.map(|person| (person.name, person.learner_number)).unwrap_or_default();
        DrawLoser { number: entry.number, name, learner_number }
    });
    Ok(lost.collect())
}
