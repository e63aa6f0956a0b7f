//! Sign-up on the wire: for residents, and for staff at the counter.

use chrono::{DateTime, Utc};
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};
use qrcode::QrCode;
use qrcode::render::svg;

use entity::enrolment::Model;
use entity::ids::{ClassId, EnrolmentId, ResidentId, TeacherId, TermId};
use entity::kinds::{ActorKind, EnrolmentStatus, LeaveReason, NameState, Role};

use crate::app::App;
use crate::clock;
use crate::courses::api::{ClassCard, ClassDetail, class_detail};
use crate::courses::{self, ClassFilter};
use crate::enrolment::{
    self, Actor, Mine, Outcome, SignUp, SignUpOptions, Slip, status_text, store,
};
use crate::error::{Error, Result};
use crate::family::Caller;
use crate::members;
use crate::wire::ApiResult;
use crate::wire::auth::{CentreStaff, EnrolmentStaff, ForEnrolment};
use crate::wire::page::Page;
use crate::wire::tags::Tag;

mod lists;
mod offers;

pub use lists::StaffListsApi;
pub use offers::StaffOffersApi;

pub struct EnrolmentApi(pub App);

pub struct StaffEnrolmentApi(pub App);

#[derive(Object)]
struct SignUpBody {
    /// Wait where there is no place.
    #[oai(default)]
    join_waitlist: bool,
}

/// Why somebody leaves a class: from the list, in own words, or both.
#[derive(Object)]
struct LeaveBody {
    why: Option<LeaveReason>,
    reason: Option<String>,
}

#[derive(Object)]
struct ChangeBody {
    class_id: ClassId,
}

#[derive(Enum)]
#[oai(rename_all = "snake_case")]
enum SignUpOutcome {
    Placed,
    Waiting,
    /// Was in before; nothing changed.
    Already,
}

/// What the holder can do with an enrolment.
#[derive(Enum)]
#[oai(rename_all = "snake_case")]
enum May {
    Withdraw,
    Accept,
    Decline,
    /// To another class of the course.
    ChangeClass,
}

/// An enrolment of mine.
#[derive(Object)]
struct MyEnrolment {
    id: EnrolmentId,
    status: EnrolmentStatus,
    /// In words.
    status_text: String,
    class: ClassCard,
    /// From 1; only while waiting.
    #[oai(skip_serializing_if_is_none)]
    waiting_position: Option<u64>,
    /// Until when a place is kept; only while one is offered.
    #[oai(skip_serializing_if_is_none)]
    offer_expires_at: Option<DateTime<Utc>>,
    /// What there is to say of an offer, a passed one included.
    #[oai(skip_serializing_if_is_none)]
    offer_text: Option<String>,
    may: Vec<May>,
    /// As in a short way between two classes.
    #[oai(skip_serializing_if_is_none)]
    warning: Option<String>,
    /// What family members did of it, as in `9月1日 9:05，报上了：女儿王小丽代报`. In lists only.
    #[oai(skip_serializing_if_is_empty)]
    by_family: Vec<String>,
}

/// How a sign-up ended.
#[derive(Object)]
pub struct SignedUp {
    enrolment: MyEnrolment,
    outcome: SignUpOutcome,
    /// A plain sentence.
    message: String,
}

impl SignedUp {
    /// As whoever signed up is told; for the rooms above as well.
    pub fn of(SignUp { mine, outcome }: SignUp, who: Caller, now: DateTime<Utc>) -> Self {
        Self {
            message: message(outcome, &mine, who),
            enrolment: MyEnrolment::of(mine, now),
            outcome: match outcome {
                Outcome::Placed => SignUpOutcome::Placed,
                Outcome::Waiting => SignUpOutcome::Waiting,
                Outcome::Already => SignUpOutcome::Already,
            },
        }
    }
}

/// Something to be done before a sign-up.
#[derive(Object)]
struct Needed {
    /// As the sign-up would refuse.
    code: String,
    /// A plain sentence.
    text: String,
    /// Where to do it.
    #[oai(skip_serializing_if_is_none)]
    page: Option<String>,
}

fn offer_text(row: &Model) -> Option<String> {
    let at = clock::spoken(row.offer_expires_at?);
    match row.status {
        EnrolmentStatus::Offered => Some(format!("名额为您保留到{at}，请在这之前确认。")),
        EnrolmentStatus::Waiting => {
            Some(format!("上次的名额到{at}没有确认，已经让出。您还在候补名单上。"))
        }
        _ => None,
    }
}

impl MyEnrolment {
    fn of(mine: Mine, now: DateTime<Utc>) -> Self {
        let Mine { enrolment, class, position, warning, may_change } = mine;
        let mut may = match enrolment.status {
            EnrolmentStatus::Placed | EnrolmentStatus::Waiting => vec![May::Withdraw],
            EnrolmentStatus::Offered => vec![May::Accept, May::Decline],
            EnrolmentStatus::Withdrawn | EnrolmentStatus::Cancelled => Vec::new(),
        };
        if may_change {
            may.push(May::ChangeClass);
        }
        let offered = enrolment.status == EnrolmentStatus::Offered;
        Self {
            id: enrolment.id,
            status: enrolment.status,
            status_text: status_text(enrolment.status).to_owned(),
            class: ClassCard::of(class, None, now),
            waiting_position: position,
            offer_text: offer_text(&enrolment),
            offer_expires_at: enrolment.offer_expires_at.filter(|_| offered),
            may,
            warning,
            by_family: Vec::new(),
        }
    }
}

async fn mine(app: &App, row: Model) -> Result<MyEnrolment> {
    Ok(MyEnrolment::of(enrolment::mine(app, app.db.read(), row).await?, app.clock.now()))
}

async fn sister_cards(app: &App, actor: Actor, id: EnrolmentId) -> Result<Page<ClassCard>> {
    let sisters = enrolment::sister_classes(app, actor, id).await?;
    let ids: Vec<_> = sisters.iter().map(|facts| facts.class.id).collect();
    let first = courses::first_meetings(app.db.read(), &ids).await?;
    let cards = sisters.into_iter().map(|facts| {
        let first = first.get(&facts.class.id).copied();
        ClassCard::of(facts, first, app.clock.now())
    });
    Ok(Page::whole(cards.collect()))
}

fn message(outcome: Outcome, mine: &Mine, caller: Caller) -> String {
    let name = &mine.class.class.name;
    let place = mine.position.map(|nth| format!("，排在第 {nth} 位")).unwrap_or_default();
    if caller.delegate.is_some() {
        return match (outcome, mine.enrolment.status) {
            (Outcome::Placed, _) => format!("报名成功，已替家人报上“{name}”。"),
            (Outcome::Waiting, _) => format!("“{name}”已满，已替家人加入候补{place}。"),
            (Outcome::Already, EnrolmentStatus::Withdrawn) => {
                format!("家人报过“{name}”，后来退出了。想再来，请重新报名。")
            }
            (Outcome::Already, _) => format!("家人已经报过“{name}”了，不用再报。"),
        };
    }
    let place = mine.position.map(|nth| format!("，您排在第 {nth} 位")).unwrap_or_default();
    match (outcome, mine.enrolment.status) {
        (Outcome::Placed, _) => format!("报名成功，您已报上“{name}”。"),
        (Outcome::Waiting, _) => format!("“{name}”已满，已为您加入候补{place}。有名额会通知您。"),
        (Outcome::Already, EnrolmentStatus::Offered) => {
            format!("“{name}”有一个名额为您留着，请到“我的课程”确认。")
        }
        (Outcome::Already, EnrolmentStatus::Waiting) => {
            format!("您已经在“{name}”的候补名单上{place}。")
        }
        (Outcome::Already, EnrolmentStatus::Withdrawn) => {
            format!("您报过“{name}”，后来退出了。想再来，请重新报名。")
        }
        (Outcome::Already, _) => format!("您已经报过“{name}”了，不用再报。"),
    }
}

#[OpenApi(tag = "Tag::Enrolment")]
impl EnrolmentApi {
    /// Sign up for a class; saying it twice is the same as once.
    ///
    /// Codes: `not_open`, `closed`, `class_full`, `class_cancelled`, `too_young`, `too_old`, `limit_reached`,
    /// `same_course`, `overlap`, `too_far`, `barred`, `taken_out`, `other_community`, `previous_needed`,
    /// `consent_needed`, `profile_needed`, `pledge_needed`, `relative_needed`, `class_not_found`, `bad_request_key`,
    /// `busy`.
    #[oai(path = "/classes/:id/enrolments", method = "post", operation_id = "sign_up")]
    async fn sign_up(
        &self,
        who: ForEnrolment,
        id: Path<ClassId>,
        /// Names the request, so that it can be repeated after a lost answer.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        body: Json<SignUpBody>,
    ) -> ApiResult<Json<SignedUp>> {
        let options = SignUpOptions {
            join_waitlist: body.0.join_waitlist,
            actor: who.0.into(),
            request_key: key.0,
        };
        let signed_up = enrolment::sign_up(&self.0, who.0.learner, id.0, options).await;
        let signed_up = signed_up.map_err(|error| who.0.explained(error))?;
        Ok(Json(SignedUp::of(signed_up, who.0, self.0.clock.now())))
    }

    /// What is still asked of me before I can sign up for this class, in order.
    ///
    /// Codes: `class_not_found`.
    #[oai(path = "/classes/:id/needs", method = "get", operation_id = "class_needs")]
    async fn needs(&self, who: ForEnrolment, id: Path<ClassId>) -> ApiResult<Json<Page<Needed>>> {
        let needs = enrolment::needs(&self.0, who.0.learner, id.0).await?;
        let needed = needs.into_iter().map(|refusal| Needed {
            code: refusal.code.to_owned(),
            text: refusal.message.into_owned(),
            page: refusal.next.into_iter().find_map(|step| step.page),
        });
        Ok(Json(Page::whole(needed.collect())))
    }

    /// What I am in and wait for in terms that have not ended; live ones first.
    #[oai(path = "/me/enrolments", method = "get", operation_id = "my_enrolments")]
    async fn my(&self, who: ForEnrolment) -> ApiResult<Json<Page<MyEnrolment>>> {
        let conn = self.0.db.read();
        let rows = enrolment::my(&self.0, conn, who.0.learner).await?;
        let ids: Vec<_> = rows.iter().map(|mine| mine.class.class.id).collect();
        let first = courses::first_meetings(conn, &ids).await?;
        let held: Vec<_> = rows.iter().map(|mine| mine.enrolment.clone()).collect();
        let mut past = enrolment::history(&self.0, conn, &held, false).await?;
        past.retain(|step| step.by == ActorKind::Delegate);
        let items = rows.into_iter().map(|mine| {
            let mut item = MyEnrolment::of(mine, self.0.clock.now());
            item.class.first_meeting_at = first.get(&item.class.id).copied();
            let theirs = past.iter().filter(|step| step.enrolment == item.id);
            item.by_family = theirs
                .map(|step| format!("{}，{}：{}", clock::spoken(step.at), step.what, step.who))
                .collect();
            item
        });
        Ok(Json(Page::whole(items.collect())))
    }

    /// Leave a class or its waiting list.
    ///
    /// Codes: `reason_needed` (from the third week of the term on), `bad_reason`, `term_over`, `class_cancelled`, `too_long`,
    /// `enrolment_not_found`.
    #[oai(path = "/me/enrolments/:id/withdraw", method = "post", operation_id = "withdraw")]
    async fn withdraw(
        &self,
        who: ForEnrolment,
        id: Path<EnrolmentId>,
        body: Json<LeaveBody>,
    ) -> ApiResult<Json<MyEnrolment>> {
        let LeaveBody { why, reason } = body.0;
        let row =
            enrolment::withdraw_for(&self.0, who.0.into(), id.0, why, reason.as_deref()).await?;
        Ok(Json(mine(&self.0, row).await?))
    }

    /// The classes of the same course with a free place that I could change to.
    ///
    /// Codes: `enrolment_not_found`.
    #[oai(
        path = "/me/enrolments/:id/sister-classes",
        method = "get",
        operation_id = "sister_classes"
    )]
    async fn sisters(
        &self,
        who: ForEnrolment,
        id: Path<EnrolmentId>,
    ) -> ApiResult<Json<Page<ClassCard>>> {
        Ok(Json(sister_cards(&self.0, who.0.into(), id.0).await?))
    }

    /// Change to another class of the same course, without losing the place on the way.
    ///
    /// Codes: `change_over`, `draw_running`, `not_sister`, `class_full`, `class_cancelled`, `overlap`, `class_not_found`,
    /// `enrolment_not_found`.
    #[oai(path = "/me/enrolments/:id/change", method = "post", operation_id = "change_class")]
    async fn change(
        &self,
        who: ForEnrolment,
        id: Path<EnrolmentId>,
        body: Json<ChangeBody>,
    ) -> ApiResult<Json<MyEnrolment>> {
        let actor = who.0.into();
        let mine = enrolment::change_class(&self.0, actor, id.0, body.0.class_id).await?;
        Ok(Json(MyEnrolment::of(mine, self.0.clock.now())))
    }

    /// Take the place that is kept for me.
    ///
    /// Codes: `offer_expired`, `not_offered`, `enrolment_not_found`.
    #[oai(path = "/me/enrolments/:id/accept", method = "post", operation_id = "accept_offer")]
    async fn accept(
        &self,
        who: ForEnrolment,
        id: Path<EnrolmentId>,
    ) -> ApiResult<Json<MyEnrolment>> {
        let row = enrolment::accept(&self.0, who.0.into(), id.0).await?;
        Ok(Json(mine(&self.0, row).await?))
    }

    /// Leave the place that is kept for me to the next, and the waiting list.
    ///
    /// Codes: `offer_expired`, `not_offered`, `enrolment_not_found`.
    #[oai(path = "/me/enrolments/:id/decline", method = "post", operation_id = "decline_offer")]
    async fn decline(
        &self,
        who: ForEnrolment,
        id: Path<EnrolmentId>,
    ) -> ApiResult<Json<MyEnrolment>> {
        let row = enrolment::decline(&self.0, who.0.into(), id.0).await?;
        Ok(Json(mine(&self.0, row).await?))
    }
}

/// A class in the list of staff.
#[derive(Object)]
struct StaffClass {
    #[oai(flatten)]
    card: ClassCard,
    term_id: TermId,
    teacher_id: TeacherId,
    /// Places that are reserved for people who have not answered yet.
    offered: i64,
}

/// A person in a class or on its list, as staff see them.
#[derive(Object)]
struct ClassLearner {
    enrolment_id: EnrolmentId,
    resident_id: ResidentId,
    name: String,
    /// May others see the name?
    name_state: NameState,
    learner_number: String,
    /// As in `138****0001`.
    #[oai(skip_serializing_if_is_none)]
    phone_masked: Option<String>,
    status: EnrolmentStatus,
    /// In words.
    status_text: String,
    /// From 1; only while waiting.
    #[oai(skip_serializing_if_is_none)]
    waiting_position: Option<u64>,
    created_at: DateTime<Utc>,
    /// When they signed up.
    time_text: String,
}

/// One step of an enrolment, as staff see it.
#[derive(Object)]
struct PastStep {
    time_text: String,
    /// In words.
    what: String,
    by: ActorKind,
    /// As in 本人, 女儿王小丽代报.
    who: String,
    #[oai(skip_serializing_if_is_none)]
    reason: Option<String>,
}

/// How many sign-ups ended in one way.
#[derive(Object)]
struct EndedLine {
    code: String,
    /// In words.
    text: String,
    count: u64,
}

impl From<enrolment::Ended> for EndedLine {
    fn from(ended: enrolment::Ended) -> Self {
        let enrolment::Ended { code, text, count } = ended;
        Self { code: code.to_owned(), text: text.to_owned(), count }
    }
}

/// A minute of an opening.
#[derive(Object)]
struct OpeningMinute {
    at: DateTime<Utc>,
    /// `09:05`.
    time_text: String,
    sign_ups: u64,
    ended: Vec<EndedLine>,
}

/// A class of an opening.
#[derive(Object)]
struct OpeningClass {
    id: ClassId,
    name: String,
    capacity: i32,
    /// Held by people, those included who have not answered an offer yet.
    taken: i32,
    offered: i64,
    waiting: i32,
}

/// How the opening of a term goes.
#[derive(Object)]
struct OpeningView {
    term_name: String,
    at: DateTime<Utc>,
    /// `09:05:30`.
    time_text: String,
    capacity: i64,
    taken: i64,
    waiting: i64,
    /// Work that is due and not done, as notices to be sent.
    jobs_due: u64,
    /// The last quarter of an hour, the oldest minute first.
    minutes: Vec<OpeningMinute>,
    /// The fullest first.
    classes: Vec<OpeningClass>,
}

impl OpeningView {
    fn of(opening: enrolment::Opening, now: DateTime<Utc>) -> Self {
        let sum = |of: fn(&courses::ClassFacts) -> i32| {
            opening.classes.iter().map(|(facts, _)| i64::from(of(facts))).sum()
        };
        Self {
            at: now,
            time_text: clock::local(now).format("%H:%M:%S").to_string(),
            capacity: sum(|facts| facts.class.capacity),
            taken: sum(|facts| facts.class.taken),
            waiting: sum(|facts| facts.class.waiting),
            jobs_due: opening.jobs_due,
            minutes: opening
                .minutes
                .into_iter()
                .map(|minute| OpeningMinute {
                    at: minute.at,
                    time_text: clock::local(minute.at).format("%H:%M").to_string(),
                    sign_ups: minute.sign_ups(),
                    ended: minute.ended.into_iter().map(EndedLine::from).collect(),
                })
                .collect(),
            classes: opening
                .classes
                .into_iter()
                .map(|(facts, offered)| OpeningClass {
                    id: facts.class.id,
                    name: facts.class.name,
                    capacity: facts.class.capacity,
                    taken: facts.class.taken,
                    offered,
                    waiting: facts.class.waiting,
                })
                .collect(),
            term_name: opening.term.name,
        }
    }
}

#[derive(Object)]
struct CounterBody {
    learner_number: String,
    /// Wait where there is no place.
    #[oai(default)]
    join_waitlist: bool,
}

/// What somebody takes home from the counter, on paper.
#[derive(Object)]
struct SlipView {
    enrolment_id: EnrolmentId,
    /// Whole: it is handed to the person.
    name: String,
    learner_number: String,
    status: EnrolmentStatus,
    /// In words.
    status_text: String,
    class_id: ClassId,
    class_name: String,
    teacher_name: String,
    site_name: String,
    site_address: String,
    room: String,
    time_text: String,
    #[oai(skip_serializing_if_is_none)]
    next_meeting_at: Option<DateTime<Utc>>,
    /// What the QR code says: the class's page.
    link: String,
    /// The QR code as a picture.
    svg: String,
}

impl SlipView {
    fn of(slip: Slip) -> Result<Self> {
        let Slip { person, mine, next_meeting_at, link } = slip;
        let picture = QrCode::new(link.as_bytes()).map_err(Error::internal)?;
        let (facts, row) = (mine.class, mine.enrolment);
        let nth = mine.position.map(|nth| format!("（第 {nth} 位）")).unwrap_or_default();
        Ok(Self {
            enrolment_id: row.id,
            name: person.name,
            learner_number: person.learner_number,
            status: row.status,
            status_text: format!("{}{nth}", status_text(row.status)),
            class_id: facts.class.id,
            time_text: courses::time_text(&facts.class),
            class_name: facts.class.name,
            teacher_name: facts.teacher_name,
            site_name: facts.site.name,
            site_address: facts.site.address,
            room: facts.class.room,
            next_meeting_at,
            svg: picture.render::<svg::Color<'_>>().min_dimensions(240, 240).build(),
            link,
        })
    }
}

#[derive(Object)]
struct CancelBody {
    /// Told to the learners.
    reason: String,
    /// Another class of the course, to which they can change by one tap.
    sister_id: Option<ClassId>,
}

/// A class of a term that is about to begin.
#[derive(Object)]
struct RunningLine {
    id: ClassId,
    name: String,
    time_text: String,
    site_name: String,
    capacity: i32,
    /// Placed for good.
    people: i64,
    waiting: i32,
    /// So many are needed.
    least: i32,
    /// Too few, and staff have to say what becomes of it.
    undecided: bool,
    /// Staff said that it begins all the same.
    kept_open: bool,
    /// Other classes of the course with free places.
    sisters: Vec<ClassCard>,
}

/// How many people left for one reason.
#[derive(Object)]
struct LeftLine {
    text: String,
    people: i64,
}

/// How the classes of a term are filled.
#[derive(Object)]
struct RunningView {
    term_name: String,
    /// When it is seen which classes have too few people.
    decide_at: DateTime<Utc>,
    /// As in 11月24日（周二）8:00.
    decide_text: String,
    /// Those to be decided first.
    classes: Vec<RunningLine>,
    /// Why people left.
    left: Vec<LeftLine>,
}

impl RunningView {
    fn of(running: enrolment::Running, now: DateTime<Utc>) -> Self {
        let enrolment::Running { term, classes, left } = running;
        let decide_at = courses::must_decide_at(&term);
        let line = |one: enrolment::RunningClass| RunningLine {
            id: one.facts.class.id,
            time_text: courses::time_text(&one.facts.class),
            site_name: one.facts.site.name,
            capacity: one.facts.class.capacity,
            people: one.people,
            waiting: one.facts.class.waiting,
            least: one.least,
            undecided: one.undecided,
            kept_open: one.facts.class.kept_open_at.is_some(),
            sisters: one.sisters.into_iter().map(|facts| ClassCard::of(facts, None, now)).collect(),
            name: one.facts.class.name,
        };
        Self {
            term_name: term.name,
            decide_at,
            decide_text: clock::spoken(decide_at),
            classes: classes.into_iter().map(line).collect(),
            left: left
                .into_iter()
                .map(|(text, people)| LeftLine { text: text.to_owned(), people })
                .collect(),
        }
    }
}

/// Adds the people to enrolments of one class.
async fn learners(app: &App, rows: Vec<Model>) -> Result<Vec<ClassLearner>> {
    let conn = app.db.read();
    let ids: Vec<_> = rows.iter().map(|row| row.resident_id).collect();
    let mut people = members::people(app, conn, &ids).await?;
    let positions = store::positions(conn, &rows.iter().collect::<Vec<_>>()).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let person = people.remove(&row.resident_id);
            let name_state = person.as_ref().map_or(NameState::Shown, |one| one.name_state);
            let (name, learner_number, phone_masked) = person
                .map(|person| (person.name, person.learner_number, person.phone_masked))
                .unwrap_or_default();
            ClassLearner {
                enrolment_id: row.id,
                resident_id: row.resident_id,
                name,
                name_state,
                learner_number,
                phone_masked,
                status: row.status,
                status_text: status_text(row.status).to_owned(),
                waiting_position: positions.get(&row.id).copied(),
                created_at: row.created_at,
                time_text: clock::spoken(row.created_at),
            }
        })
        .collect())
}

async fn learner(app: &App, row: Model) -> Result<ClassLearner> {
    let id = row.id;
    let found = learners(app, vec![row]).await?;
    found.into_iter().find(|one| one.enrolment_id == id).ok_or_else(enrolment::no_enrolment)
}

#[OpenApi(tag = "Tag::StaffEnrolment")]
impl StaffEnrolmentApi {
    /// The classes of a term (the current one by default) with places and waiting
    /// lists; an officer's own community only.
    #[oai(path = "/staff/classes", method = "get", operation_id = "staff_classes")]
    async fn classes(
        &self,
        who: EnrolmentStaff,
        term_id: Query<Option<TermId>>,
    ) -> ApiResult<Json<Page<StaffClass>>> {
        let conn = self.0.db.read();
        let term = match term_id.0 {
            Some(id) => Some(id),
            None => courses::current_term(conn, self.0.clock.today()).await?.map(|term| term.id),
        };
        let Some(term) = term else { return Ok(Json(Page::whole(Vec::new()))) };
        let mut found =
            courses::list_classes(conn, &ClassFilter { term_id: Some(term), ..Default::default() })
                .await?;
        if who.0.role == Role::Officer {
            found.retain(|facts| courses::within_scope(&who.0, &facts.site).is_ok());
        }
        let ids: Vec<_> = found.iter().map(|facts| facts.class.id).collect();
        let first = courses::first_meetings(conn, &ids).await?;
        let offered = store::counts(conn, &ids, EnrolmentStatus::Offered).await?;
        let items = found.into_iter().map(|facts| {
            let id = facts.class.id;
            StaffClass {
                term_id: facts.class.term_id,
                teacher_id: facts.class.teacher_id,
                offered: offered.get(&id).copied().unwrap_or(0),
                card: ClassCard::of(facts, first.get(&id).copied(), self.0.clock.now()),
            }
        });
        Ok(Json(Page::whole(items.collect())))
    }

    /// How the opening of a term goes: places, waiting lists, and how sign-ups ended
    /// minute by minute.
    ///
    /// Codes: `term_not_found`.
    #[oai(path = "/staff/terms/:id/opening", method = "get", operation_id = "staff_opening")]
    async fn opening(&self, _who: CentreStaff, id: Path<TermId>) -> ApiResult<Json<OpeningView>> {
        let opening = enrolment::opening(&self.0, id.0).await?;
        Ok(Json(OpeningView::of(opening, self.0.clock.now())))
    }

    /// How the classes of a term are filled, and why people left; those that staff have to
    /// decide about first. An officer's own community only.
    ///
    /// Codes: `term_not_found`.
    #[oai(path = "/staff/terms/:id/running", method = "get", operation_id = "staff_running")]
    async fn running(&self, who: EnrolmentStaff, id: Path<TermId>) -> ApiResult<Json<RunningView>> {
        let running = enrolment::running(&self.0, &who.0, id.0).await?;
        Ok(Json(RunningView::of(running, self.0.clock.now())))
    }

    /// End a class, its meetings to come and its enrolments. Everyone in it is told.
    ///
    /// Codes: `missing`, `too_long`, `class_cancelled`, `draw_running`, `not_sister`, `class_full`,
    /// `class_not_found`, `out_of_scope`.
    #[oai(path = "/staff/classes/:id/cancel", method = "post", operation_id = "staff_cancel_class")]
    async fn cancel_class(
        &self,
        who: EnrolmentStaff,
        id: Path<ClassId>,
        body: Json<CancelBody>,
    ) -> ApiResult<Json<ClassDetail>> {
        let CancelBody { reason, sister_id } = body.0;
        enrolment::cancel_class(&self.0, &who.0, id.0, &reason, sister_id).await?;
        Ok(Json(class_detail(&self.0, id.0).await?))
    }

    /// Who is in a class, waits for it or left it, in the order of sign-up.
    ///
    /// Codes: `class_not_found`, `out_of_scope`.
    #[oai(
        path = "/staff/classes/:id/enrolments",
        method = "get",
        operation_id = "staff_class_enrolments"
    )]
    async fn enrolments(
        &self,
        who: EnrolmentStaff,
        id: Path<ClassId>,
    ) -> ApiResult<Json<Page<ClassLearner>>> {
        enrolment::scoped(&self.0, &who.0, id.0).await?;
        let rows = store::of_class(self.0.db.read(), id.0).await?;
        Ok(Json(Page::whole(learners(&self.0, rows).await?)))
    }

    /// Sign up a known resident at the counter.
    ///
    /// Codes: `resident_not_found`, `out_of_scope`, and those of the residents' own sign-up.
    #[oai(path = "/staff/classes/:id/enrolments", method = "post", operation_id = "staff_sign_up")]
    async fn sign_up(
        &self,
        who: EnrolmentStaff,
        id: Path<ClassId>,
        /// Names the request, so that it can be repeated after a lost answer.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        body: Json<CounterBody>,
    ) -> ApiResult<Json<ClassLearner>> {
        let CounterBody { learner_number, join_waitlist } = body.0;
        let signed_up = enrolment::sign_up_at_counter(
            &self.0,
            &who.0,
            id.0,
            &learner_number,
            join_waitlist,
            key.0,
        )
        .await?;
        Ok(Json(learner(&self.0, signed_up.mine.enrolment).await?))
    }

    /// How an enrolment came to stand as it does, oldest step first.
    ///
    /// Codes: `enrolment_not_found`, `out_of_scope`.
    #[oai(
        path = "/staff/enrolments/:id/history",
        method = "get",
        operation_id = "staff_enrolment_history"
    )]
    async fn history(
        &self,
        who: EnrolmentStaff,
        id: Path<EnrolmentId>,
    ) -> ApiResult<Json<Page<PastStep>>> {
        let conn = self.0.db.read();
        let row = store::one(conn, id.0).await?.ok_or_else(enrolment::no_enrolment)?;
        enrolment::scoped(&self.0, &who.0, row.class_id).await?;
        let past = enrolment::history(&self.0, conn, &[row], true).await?;
        let steps = past.into_iter().map(|step| PastStep {
            time_text: clock::spoken(step.at),
            what: step.what.to_owned(),
            by: step.by,
            who: step.who,
            reason: step.reason,
        });
        Ok(Json(Page::whole(steps.collect())))
    }

    /// What somebody takes home from the counter, on paper.
    ///
    /// Codes: `enrolment_not_found`, `out_of_scope`.
    #[oai(path = "/staff/enrolments/:id/slip", method = "get", operation_id = "staff_slip")]
    async fn slip(&self, who: EnrolmentStaff, id: Path<EnrolmentId>) -> ApiResult<Json<SlipView>> {
        let slip = enrolment::slip(&self.0, &who.0, id.0).await?;
        Ok(Json(SlipView::of(slip)?))
    }

    /// The classes of the same course with a free place that a person could change to.
    ///
    /// Codes: `enrolment_not_found`, `out_of_scope`.
    #[oai(
        path = "/staff/enrolments/:id/sister-classes",
        method = "get",
        operation_id = "staff_sister_classes"
    )]
    async fn sisters(
        &self,
        who: EnrolmentStaff,
        id: Path<EnrolmentId>,
    ) -> ApiResult<Json<Page<ClassCard>>> {
        Ok(Json(sister_cards(&self.0, Actor::Staff(who.0.id), id.0).await?))
    }

    /// Change a person to another class of the same course, at their wish.
    ///
    /// Codes: `change_over`, `draw_running`, `not_sister`, `class_full`, `class_cancelled`, `overlap`, `class_not_found`,
    /// `enrolment_not_found`, `out_of_scope`.
    #[oai(
        path = "/staff/enrolments/:id/change",
        method = "post",
        operation_id = "staff_change_class"
    )]
    async fn change(
        &self,
        who: EnrolmentStaff,
        id: Path<EnrolmentId>,
        body: Json<ChangeBody>,
    ) -> ApiResult<Json<ClassLearner>> {
        let mine =
            enrolment::change_class_at_counter(&self.0, &who.0, id.0, body.0.class_id).await?;
        Ok(Json(learner(&self.0, mine.enrolment).await?))
    }

    /// Take a person out of a class or off its list, with the reason.
    ///
    /// Codes: `reason_needed`, `term_over`, `class_cancelled`, `too_long`, `enrolment_not_found`, `out_of_scope`.
    #[oai(
        path = "/staff/enrolments/:id/withdraw",
        method = "post",
        operation_id = "staff_withdraw"
    )]
    async fn withdraw(
        &self,
        who: EnrolmentStaff,
        id: Path<EnrolmentId>,
        body: Json<LeaveBody>,
    ) -> ApiResult<Json<ClassLearner>> {
        let LeaveBody { why, reason } = body.0;
        let row =
            enrolment::withdraw_at_counter(&self.0, &who.0, id.0, why, reason.as_deref()).await?;
        Ok(Json(learner(&self.0, row).await?))
    }
}
