//! 家人: who may act for whom, by what, for what and until when; and what is seen of it.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::ids::{ClassId, DelegationId, EnrolmentId, ResidentId};
use entity::kinds::{ActorKind, DelegatedScope, DelegationWay, Kinship, Role};
use entity::{audit, delegation, enrolment, enrolment_change, notice, resident};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};
use serde_json::{Value, json};
use shangxue::app::App;
use shangxue::enrolment::{Actor, SignUpOptions, sign_up};
use shangxue::error::Result;
use shangxue::family::{self, Entry, Terms};
use shangxue::staff::Colleague;
use tokio::sync::Barrier;

use crate::on_both_databases;
use crate::support::fixtures::{self, Clerk, Person, School};
use crate::support::{Answer, Request, TestApp};

pub const ALL: [&str; 3] = ["enrolment", "record", "notices"];

pub trait ActingFor {
    fn acting_for(self, learner: &Person) -> Self;
}

impl ActingFor for Request {
    fn acting_for(self, learner: &Person) -> Self {
        self.header("x-acting-for", &learner.id.to_string())
    }
}

async fn code(app: &TestApp, mother: &Person, may: &[&str], last_day: Option<&str>) -> String {
    let body = json!({"may": may, "last_day": last_day, "agreed": true});
    let shown = app.post("/api/me/family/code", &body).bearer(&mother.token).send().await.ok();
    shown["code"].as_str().unwrap().to_owned()
}

async fn join(app: &TestApp, who: &Person, code: &str) -> Answer {
    let body = json!({"code": code, "relation": "daughter"});
    app.post("/api/me/family", &body).bearer(&who.token).send().await
}

/// The daughter acts for the mother from now on.
pub async fn joined(app: &TestApp, mother: &Person, daughter: &Person, may: &[&str]) -> i64 {
    let code = code(app, mother, may, None).await;
    let view = join(app, daughter, &code).await.ok();
    let lines = view["learners"].as_array().unwrap();
    let line = lines.iter().find(|line| line["resident_id"] == json!(mother.id.0)).unwrap();
    line["id"].as_i64().unwrap()
}

async fn sign_up_for(app: &TestApp, who: &Person, learner: &Person, class: ClassId) -> Answer {
    let path = format!("/api/classes/{class}/enrolments");
    let request = app.post(&path, &json!({"join_waitlist": true}));
    request.bearer(&who.token).acting_for(learner).send().await
}

async fn list(app: &TestApp, who: &Person, path: &str) -> Vec<Value> {
    let list = app.get(path).bearer(&who.token).send().await.ok();
    list["items"].as_array().unwrap().clone()
}

async fn two(app: &TestApp) -> (School, ClassId, Person, Person) {
    let school = fixtures::school(app).await;
    let class = fixtures::class(app, &school, "一班", 1).await;
    let mother = fixtures::person(app, school.community, 1).await;
    let daughter = fixtures::person(app, school.community, 2).await;
    (school, class, mother, daughter)
}

fn colleague(clerk: &Clerk) -> Colleague {
    Colleague {
        id: clerk.id,
        login: "centre".to_owned(),
        name: "中心".to_owned(),
        role: Role::Centre,
        community: None,
        token_hash: String::new(),
    }
}

async fn number_of(app: &TestApp, who: ResidentId) -> String {
    let row = resident::Entity::find_by_id(who).one(app.app.db.read()).await.unwrap().unwrap();
    row.learner_number
}

async fn live(app: &TestApp) -> Vec<delegation::Model> {
    let find = delegation::Entity::find().filter(delegation::Column::EndedAt.is_null());
    find.all(app.app.db.writer()).await.unwrap()
}

on_both_databases! {
    async fn a_daughter_signs_her_mother_up_and_the_mother_sees_who_did_it(app: TestApp) {
        let (_, class, mother, daughter) = two(&app).await;
        let id = joined(&app, &mother, &daughter, &ALL).await;
        let done = sign_up_for(&app, &daughter, &mother, class).await.ok();
        assert_eq!(done["outcome"], "placed");
        assert!(done["message"].as_str().unwrap().contains("替家人"), "{done}");

        let theirs = list(&app, &mother, "/api/me/enrolments").await;
        let line = theirs[0]["by_family"][0].as_str().unwrap();
        assert!(line.ends_with("女儿学员2代报"), "{line}");
        assert!(list(&app, &daughter, "/api/me/enrolments").await.is_empty());
        let step = enrolment_change::Entity::find().one(app.app.db.read()).await.unwrap().unwrap();
        assert_eq!((step.actor_kind, step.actor_id), (ActorKind::Delegate, Some(daughter.id.0)));

        app.run_jobs().await;
        let told = list(&app, &mother, "/api/me/notices").await;
        let bodies: Vec<_> = told.iter().map(|one| one["body"].as_str().unwrap()).collect();
        assert!(bodies.iter().any(|body| body.contains("您的女儿替您报上了“一班”")), "{bodies:?}");
        assert!(bodies.iter().any(|body| body.contains("可以替您报名、退课")), "{bodies:?}");
        let copy = &list(&app, &daughter, "/api/me/notices").await[0];
        assert_eq!((&copy["title"], &copy["about_name"]), (&json!("报名成功"), &json!("学员1")));
        assert_eq!(copy["page"], json!(format!("/mine?for={}", mother.id)));

        // Staff see it too.
        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let enrolment = theirs[0]["id"].as_i64().unwrap();
        let past = app.get(&format!("/api/staff/enrolments/{enrolment}/history")).by(&centre).send().await.ok();
        assert_eq!(past["items"][0]["who"], "女儿学员2代报");

        // One tap, and the daughter is refused at once.
        let path = format!("/api/me/family/{id}");
        app.request(reqwest::Method::DELETE, &path).bearer(&mother.token).send().await.ok();
        app.request(reqwest::Method::DELETE, &path).bearer(&mother.token).send().await.ok();
        let withdraw = format!("/api/me/enrolments/{enrolment}/withdraw");
        let refused = app.post(&withdraw, &json!({})).bearer(&daughter.token).acting_for(&mother).send().await;
        let refused = refused.refused(403, "not_delegate");
        assert_eq!(refused["next"][0]["page"], "/family");
        app.run_jobs().await;
        let told = list(&app, &daughter, "/api/me/notices").await;
        assert_eq!(told[0]["title"], "家人代办取消了");
    }

    async fn the_child_answers_the_offer(app: TestApp) {
        let (school, class, mother, daughter) = two(&app).await;
        let holder = fixtures::person(&app, school.community, 3).await;
        joined(&app, &mother, &daughter, &ALL).await;
        let held = app.post(&format!("/api/classes/{class}/enrolments"), &json!({})).bearer(&holder.token).send().await.ok();
        assert_eq!(sign_up_for(&app, &daughter, &mother, class).await.ok()["outcome"], "waiting");
        let told = list(&app, &mother, "/api/me/notices").await;
        assert!(told[0]["body"].as_str().unwrap().contains("您的女儿替您报了“一班”的候补"), "{told:?}");
        // She knows what she did herself.
        assert!(list(&app, &daughter, "/api/me/notices").await.is_empty());

        let id = held["enrolment"]["id"].as_i64().unwrap();
        app.post(&format!("/api/me/enrolments/{id}/withdraw"), &json!({})).bearer(&holder.token).send().await.ok();
        app.run_jobs().await;
        let copies = list(&app, &daughter, "/api/me/notices").await;
        assert_eq!(copies[0]["title"], "有名额了，请确认");
        let mine = app.get("/api/me/enrolments").bearer(&daughter.token).acting_for(&mother).send().await.ok();
        assert_eq!(mine["items"][0]["may"], json!(["accept", "decline"]));
        let id = mine["items"][0]["id"].as_i64().unwrap();
        // Without saying for whom, it is somebody else's.
        let path = format!("/api/me/enrolments/{id}/accept");
        app.post(&path, &json!({})).bearer(&daughter.token).send().await.refused(404, "enrolment_not_found");
        let taken = app.post(&path, &json!({})).bearer(&daughter.token).acting_for(&mother).send().await.ok();
        assert_eq!(taken["status"], "placed");
        app.post(&format!("/api/me/enrolments/{id}/withdraw"), &json!({})).bearer(&daughter.token).acting_for(&mother).send().await.ok();
        app.run_jobs().await;
        let told = list(&app, &mother, "/api/me/notices").await;
        assert!(told[0]["body"].as_str().unwrap().contains("您的女儿替您退出了“一班”"), "{told:?}");
    }

    async fn each_thing_is_allowed_by_itself_and_for_these_two_alone(app: TestApp) {
        let (school, class, mother, daughter) = two(&app).await;
        let stranger = fixtures::person(&app, school.community, 3).await;
        joined(&app, &mother, &daughter, &["record"]).await;
        sign_up_for(&app, &daughter, &mother, class).await.refused(403, "not_delegated");
        sign_up_for(&app, &stranger, &mother, class).await.refused(403, "not_delegate");
        // It is not mutual.
        sign_up_for(&app, &mother, &daughter, class).await.refused(403, "not_delegate");
        for path in ["/api/me/attendance", "/api/me/meetings"] {
            app.get(path).bearer(&daughter.token).acting_for(&mother).send().await.ok();
        }
        app.get("/api/me/attendance").bearer(&daughter.token).header("x-acting-for", "妈妈").send().await.refused(403, "acting_refused");
        // A further code takes the place of what was allowed before.
        joined(&app, &mother, &daughter, &["enrolment"]).await;
        assert_eq!(live(&app).await.len(), 1);
        sign_up_for(&app, &daughter, &mother, class).await.ok();
        app.get("/api/me/attendance").bearer(&daughter.token).acting_for(&mother).send().await.refused(403, "not_delegated");
    }

    async fn what_does_not_ask_for_it_refuses_who_acts_for_another(app: TestApp) {
        let (_, _, mother, daughter) = two(&app).await;
        joined(&app, &mother, &daughter, &ALL).await;
        let spec = app.get("/openapi.json").send().await.ok();
        let (mut own, mut delegated) = (0, Vec::new());
        for (path, operations) in spec["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let scheme = operation["security"][0].as_object().and_then(|one| one.keys().next().cloned());
                match scheme.as_deref() {
                    Some("Resident") => {}
                    Some("ForEnrolment" | "ForRecord") => {
                        delegated.push(operation["operationId"].as_str().unwrap().to_owned());
                        continue;
                    }
                    _ => continue,
                }
                own += 1;
                let path = format!("/api{}", path.replace("{id}", "1").replace("{kind}", "privacy"));
                let method = method.to_uppercase().parse().unwrap();
                let request = app.request(method, &path).json(&json!({}));
                request.bearer(&daughter.token).acting_for(&mother).send().await.refused(403, "acting_refused");
            }
        }
        assert!(own > 15, "{own}");
        delegated.sort();
        assert_eq!(delegated, [
            "accept_offer", "change_class", "class_calendar_link", "class_needs", "decline_offer", "join_club", "keep_place", "my_attendance",
            "my_certificate_link", "my_continuations", "my_draw", "my_enrolments", "my_meetings", "my_record",
            "my_record_link", "my_statement", "my_wishes", "save_wishes", "sign_up", "sign_up_for_activity", "sister_classes", "withdraw",
        ]);
    }

    async fn it_ends_by_itself(app: TestApp) {
        let (_, class, mother, daughter) = two(&app).await;
        let last = (app.app.clock.today() + TimeDelta::days(2)).to_string();
        let shown = code(&app, &mother, &ALL, Some(&last)).await;
        join(&app, &daughter, &shown).await.ok();
        app.advance(TimeDelta::days(2));
        sign_up_for(&app, &daughter, &mother, class).await.ok();
        app.advance(TimeDelta::days(1));
        app.get("/api/me/enrolments").bearer(&daughter.token).acting_for(&mother).send().await.refused(403, "not_delegate");
        let view = app.get("/api/me/family").bearer(&mother.token).send().await.ok();
        assert_eq!(view["delegates"], json!([]));
        for days in [-1, 735] {
            let last = (app.app.clock.today() + TimeDelta::days(days)).to_string();
            let body = json!({"may": ALL, "last_day": last, "agreed": true});
            app.post("/api/me/family/code", &body).bearer(&mother.token).send().await.refused(400, "bad_last_day");
        }
        let body = json!({"may": [], "agreed": true});
        app.post("/api/me/family/code", &body).bearer(&mother.token).send().await.refused(400, "nothing_allowed");
        let body = json!({"may": ALL, "agreed": false});
        app.post("/api/me/family/code", &body).bearer(&mother.token).send().await.refused(400, "not_asked");
    }

    async fn a_code_is_good_once_for_minutes_and_not_to_be_guessed(app: TestApp) {
        let (school, _, mother, daughter) = two(&app).await;
        let son = fixtures::person(&app, school.community, 3).await;
        let first = code(&app, &mother, &ALL, None).await;
        join(&app, &mother, &first).await.refused(400, "own_code");
        let second = code(&app, &mother, &ALL, None).await;
        join(&app, &daughter, &first).await.refused(400, "code_wrong");
        let spaced = format!("{} {}", &second[..4], &second[4..]);
        join(&app, &daughter, &spaced).await.ok();
        // The answer was lost; and nobody else can use it.
        join(&app, &daughter, &second).await.ok();
        join(&app, &son, &second).await.refused(400, "code_wrong");
        assert_eq!(live(&app).await.len(), 1);
        let third = code(&app, &mother, &ALL, None).await;
        app.advance(TimeDelta::minutes(10));
        join(&app, &son, &third).await.refused(400, "code_wrong");
        for _ in 0..8 {
            join(&app, &son, "00000000").await.refused(400, "code_wrong");
        }
        let good = code(&app, &mother, &ALL, None).await;
        join(&app, &son, &good).await.refused(429, "too_many_tries");
        app.advance(TimeDelta::minutes(61));
        let good = code(&app, &mother, &ALL, None).await;
        join(&app, &son, &good).await.ok();
        family::prune(&app.app).await.unwrap();
    }

    async fn a_child_who_is_asked_for_nothing_but_a_name_agrees_first(app: TestApp) {
        let (_, class, mother, daughter) = two(&app).await;
        let row = resident::Entity::find_by_id(daughter.id).one(app.app.db.read()).await.unwrap().unwrap();
        let mut row = row.into_active_model();
        (row.name, row.birth_date, row.community_id) = (Set(None), Set(None), Set(None));
        row.update(app.app.db.writer()).await.unwrap();
        let agree = |agreed: bool| {
            let consents = "/api/me/consents";
            let version = app.app.config.members.consent_version.clone();
            let request = if agreed {
                app.post(consents, &json!({"kind": "privacy", "version": version}))
            } else {
                app.request(reqwest::Method::DELETE, "/api/me/consents/privacy")
            };
            request.bearer(&daughter.token).send()
        };
        agree(false).await.ok();
        let shown = code(&app, &mother, &ALL, None).await;
        join(&app, &daughter, &shown).await.refused(403, "consent_needed");
        agree(true).await.ok();
        join(&app, &daughter, &shown).await.refused(400, "name_needed");
        let body = json!({"code": shown, "relation": "daughter", "name": "王小丽"});
        app.post("/api/me/family", &body).bearer(&daughter.token).send().await.ok();
        sign_up_for(&app, &daughter, &mother, class).await.ok();
        let theirs = list(&app, &mother, "/api/me/enrolments").await;
        // Nobody has judged the name yet.
        assert!(theirs[0]["by_family"][0].as_str().unwrap().ends_with("女儿王**代报"), "{theirs:?}");
        // Without her consent she does nothing more.
        agree(false).await.ok();
        app.get("/api/me/enrolments").bearer(&daughter.token).acting_for(&mother).send().await.refused(403, "consent_needed");
    }

    async fn staff_enter_it_after_a_call_or_from_paper_and_end_it(app: TestApp) {
        let (school, class, mother, daughter) = two(&app).await;
        let elsewhere = entity::community::ActiveModel { name: Set("常红社区".to_owned()), ..Default::default() };
        let elsewhere = elsewhere.insert(app.app.db.writer()).await.unwrap().id;
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(school.community)).await;
        let other = fixtures::clerk(&app, "other", Role::Officer, Some(elsewhere)).await;
        let path = format!("/api/staff/residents/{}/family", mother.id);
        let body = |way: &str, agreed: bool, number: String| {
            json!({"delegate_number": number, "relation": "son", "may": ALL, "way": way, "agreed": agreed})
        };
        let (own, theirs) = (number_of(&app, mother.id).await, number_of(&app, daughter.id).await);
        app.post(&path, &body("phone", true, theirs.clone())).by(&other).send().await.refused(403, "out_of_scope");
        app.get(&path).by(&other).send().await.refused(403, "out_of_scope");
        app.post(&path, &body("phone", false, theirs.clone())).by(&officer).send().await.refused(400, "not_asked");
        app.post(&path, &body("code", true, theirs.clone())).by(&officer).send().await.refused(400, "not_asked");
        app.post(&path, &body("paper", true, "1".to_owned())).by(&officer).send().await.refused(404, "no_such_number");
        app.post(&path, &body("paper", true, own)).by(&officer).send().await.refused(400, "own_code");
        let view = app.post(&path, &body("paper", true, theirs)).by(&officer).send().await.ok();
        assert_eq!(view["delegates"][0]["way_text"], "本人签了纸");
        let row = live(&app).await.remove(0);
        assert_eq!((row.way, row.entered_by, row.relation), (DelegationWay::Paper, Some(officer.id), Kinship::Son));
        sign_up_for(&app, &daughter, &mother, class).await.ok();

        let end = format!("/api/staff/delegations/{}/end", row.id);
        app.post(&end, &json!({})).by(&other).send().await.refused(403, "out_of_scope");
        let view = app.post(&end, &json!({})).by(&officer).send().await.ok();
        assert_eq!(view["delegates"], json!([]));
        app.get("/api/me/enrolments").bearer(&daughter.token).acting_for(&mother).send().await.refused(403, "not_delegate");
        let noted = audit::Entity::find().all(app.app.db.read()).await.unwrap();
        let noted: Vec<_> = noted.iter().map(|line| (line.action.as_str(), line.staff_id)).collect();
        assert_eq!(noted, [("family.begun", Some(officer.id)), ("family.ended", Some(officer.id))]);
        app.run_jobs().await;
        for (who, title) in [(&mother, "家人代办取消了"), (&daughter, "家人代办取消了")] {
            assert_eq!(list(&app, who, "/api/me/notices").await[0]["title"], title);
        }
    }

    async fn an_erased_person_is_nobodys_family(app: TestApp) {
        let (_, class, mother, daughter) = two(&app).await;
        joined(&app, &mother, &daughter, &ALL).await;
        code(&app, &mother, &ALL, None).await;
        sign_up_for(&app, &daughter, &mother, class).await.ok();
        app.run_jobs().await;
        assert!(!list(&app, &daughter, "/api/me/notices").await.is_empty());
        app.request(reqwest::Method::DELETE, "/api/me").bearer(&mother.token).send().await.ok();
        // At once, also before the rest follows.
        app.get("/api/me/enrolments").bearer(&daughter.token).acting_for(&mother).send().await.refused(403, "not_delegate");
        app.run_jobs().await;
        assert!(live(&app).await.is_empty());
        let copies = notice::Entity::find().filter(notice::Column::AboutId.is_not_null());
        assert_eq!(copies.count(app.app.db.read()).await.unwrap(), 0);
        assert_eq!(entity::family_code::Entity::find().count(app.app.db.read()).await.unwrap(), 0);
    }

    async fn mother_and_child_tap_at_once_and_she_is_in_once(app: TestApp) {
        let (_, class, mother, daughter) = two(&app).await;
        joined(&app, &mother, &daughter, &ALL).await;
        let by_child = Actor::Delegate { learner: mother.id, delegate: daughter.id };
        let acts: Vec<_> = [Actor::Resident(mother.id), by_child].repeat(8);
        let answers = rush(&app, acts, move |app, actor| async move {
            let options = SignUpOptions { join_waitlist: false, actor, request_key: None };
            sign_up(&app, mother.id, class, options).await.map(|done| done.outcome)
        })
        .await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        assert_eq!(enrolment::Entity::find().count(app.app.db.writer()).await.unwrap(), 1);
    }

    async fn limits_hold_for_many_at_once(app: TestApp) {
        let (learner, delegate, entries) = many(&app).await;
        let answers = rush(&app, entries, |app, (who, entry)| async move {
            family::enter(&app, &who, entry).await
        })
        .await;
        let mut codes: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).map(|error| error.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes, ["too_many_delegates", "too_many_learners"]);
        assert_eq!(of(&app, learner, delegate).await, (3, 4));
    }

    async fn the_same_crowd_breaks_the_limits_without_the_locks(app: TestApp) {
        let (learner, delegate, entries) = many(&app).await;
        rush(&app, entries, |app, (_, entry)| async move {
            naive(&app, &entry).await;
            Ok(())
        })
        .await;
        let (delegates, learners) = of(&app, learner, delegate).await;
        assert!(delegates > 3 && learners > 4, "too gentle: {delegates} and {learners}");
    }

    async fn nothing_is_written_after_the_end(app: TestApp) {
        let (school, _, mother, daughter) = two(&app).await;
        for nth in 0..12 {
            let id = DelegationId(joined(&app, &mother, &daughter, &ALL).await);
            let course = fixtures::course_named(&app, &format!("{nth}")).await;
            let class = fixtures::class(&app, &School { course, ..school }, "班", 1).await;
            let start = Arc::new(Barrier::new(2));
            let acts = {
                let (app, start) = (app.app.clone(), start.clone());
                tokio::spawn(async move {
                    start.wait().await;
                    let actor = Actor::Delegate { learner: mother.id, delegate: daughter.id };
                    let options = SignUpOptions { join_waitlist: false, actor, request_key: None };
                    sign_up(&app, mother.id, class, options).await
                })
            };
            start.wait().await;
            family::end(&app.app, mother.id, id).await.unwrap();
            // What is there when it has ended is all there will be.
            let there = latest(&app, mother.id, class).await;
            match acts.await.unwrap() {
                Ok(done) => {
                    assert_eq!(there, Some(done.mine.enrolment.id));
                    let actor = Actor::Resident(mother.id);
                    shangxue::enrolment::withdraw(&app.app, actor, done.mine.enrolment.id, None).await.unwrap();
                }
                Err(error) => assert_eq!((error.code, there), ("not_delegate", None)),
            }
            // So that the attempts of an hour are not used up.
            app.advance(TimeDelta::minutes(10));
        }
    }
}

async fn latest(app: &TestApp, who: ResidentId, class: ClassId) -> Option<EnrolmentId> {
    let find = enrolment::Entity::find().filter(enrolment::Column::ResidentId.eq(who));
    let row =
        find.filter(enrolment::Column::ClassId.eq(class)).one(app.app.db.writer()).await.unwrap();
    row.map(|row| row.id)
}

/// Lets everybody do the same at the same moment.
async fn rush<T, R, F>(app: &TestApp, all: Vec<T>, act: impl Fn(App, T) -> F) -> Vec<Result<R>>
where
    F: Future<Output = Result<R>> + Send + 'static,
    R: Send + 'static,
{
    let start = Arc::new(Barrier::new(all.len()));
    let tasks: Vec<_> = all
        .into_iter()
        .map(|one| {
            let (work, start) = (act(app.app.clone(), one), start.clone());
            tokio::spawn(async move {
                start.wait().await;
                work.await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

/// Ten who would act for one learner, and one who would act for ten.
async fn many(app: &TestApp) -> (ResidentId, ResidentId, Vec<(Colleague, Entry)>) {
    let school = fixtures::school(app).await;
    let who = colleague(&fixtures::clerk(app, "centre", Role::Centre, None).await);
    let mut people = Vec::new();
    for nth in 0..22 {
        people.push(fixtures::person(app, school.community, nth).await.id);
    }
    let may = vec![DelegatedScope::Enrolment];
    let terms = Terms::checked(&app.app, may, None).unwrap();
    let (learner, delegate) = (people[0], people[11]);
    let mut entries = Vec::new();
    for nth in 1..=10 {
        for (learner, delegate) in [(learner, people[nth]), (people[11 + nth], delegate)] {
            let entry = Entry {
                learner,
                delegate_number: number_of(app, delegate).await,
                delegate_name: None,
                relation: Kinship::Other,
                terms: terms.clone(),
                way: DelegationWay::Phone,
                agreed: true,
            };
            entries.push((who.clone(), entry));
        }
    }
    (learner, delegate, entries)
}

/// How many act for the one, and for how many the other acts.
async fn of(app: &TestApp, learner: ResidentId, delegate: ResidentId) -> (usize, usize) {
    let rows = live(app).await;
    let delegates = rows.iter().filter(|row| row.learner_id == learner).count();
    (delegates, rows.iter().filter(|row| row.delegate_id == delegate).count())
}

/// What everybody writes first: count, and add one if there is room.
async fn naive(app: &App, entry: &Entry) {
    let find = resident::Entity::find()
        .filter(resident::Column::LearnerNumber.eq(entry.delegate_number.as_str()));
    let delegate = find.one(app.db.read()).await.unwrap().unwrap().id;
    let count = |column: delegation::Column, id: ResidentId| {
        delegation::Entity::find().filter(column.eq(id)).count(app.db.read())
    };
    let delegates = count(delegation::Column::LearnerId, entry.learner).await.unwrap();
    let learners = count(delegation::Column::DelegateId, delegate).await.unwrap();
    if delegates >= 3 || learners >= 4 {
        return;
    }
    let row = delegation::ActiveModel {
        learner_id: Set(entry.learner),
        delegate_id: Set(delegate),
        relation: Set(entry.relation),
        may_enrol: Set(true),
        may_see_record: Set(false),
        gets_notices: Set(false),
        way: Set(DelegationWay::Code),
        consent_version: Set("1".to_owned()),
        created_at: Set(app.clock.now()),
        last_day: Set(entry.terms.last_day),
        ..Default::default()
    };
    row.insert(app.db.writer()).await.unwrap();
}
