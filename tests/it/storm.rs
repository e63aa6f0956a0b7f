//! A platform of which every fifth call fails, for an hour of its time: nothing is
//! lost, nothing is sent twice, and staff are told the truth. Subscription and template
//! messages, answers of the dialogue and of staff.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use entity::ids::ResidentId;
use entity::kinds::{
    ActorKind, HelpState, JobState, NoticeKind, NoticeState, NoticeWay, Role, WechatAccount,
};
use entity::{help_message, job, late_answer, notice};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use shangxue::notices::{self, NewNotice, Values};
use shangxue::sandbox::{Fault, RandomFaults, Sender, User};

use crate::support::Backend;
use crate::support::fixtures::{self, Clerk};
use crate::support::platform::World;

const MINUTES: i64 = 60;
const PEOPLE: usize = 6;

/// Every fifth call fails in one of the ways in which calls fail.
pub fn storm(seed: u64) -> RandomFaults {
    // A lost answer and a call that never arrives look the same from here.
    let faults = vec![
        Fault::Errcode(-1),
        Fault::Errcode(40001),
        Fault::Http500,
        Fault::Garbage,
        Fault::Timeout,
        Fault::Lost,
    ];
    RandomFaults { seed, percent: 20, faults }
}

async fn tell(world: &World, resident: ResidentId, minute: i64) {
    let new = NewNotice {
        resident,
        kind: NoticeKind::Placed,
        dedup_key: format!("storm:{minute}"),
        title: "报名成功".to_owned(),
        body: "您已报上“智在指尖”。".to_owned(),
        page: "/classes/3".to_owned(),
        values: Values {
            class: format!("智在指尖{minute}班"),
            time: "2026年9月1日 09:00".to_owned(),
            place: "社区教育中心".to_owned(),
            note: "请带手机".to_owned(),
        },
    };
    let tx = world.app.app.db.begin().await.unwrap();
    notices::notify(&tx, &new, world.app.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// What arrived on the phones, by the class it speaks of.
fn arrived(world: &World, people: &[(User, ResidentId)]) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for (user, _) in people {
        for message in world.platform.service_notices(user) {
            *count.entry(message.data["thing1"].clone()).or_default() += 1;
        }
    }
    count
}

/// What the platform has shown in the account's chat, as text to look into.
fn account_chat(world: &World, user: &User) -> String {
    serde_json::to_string(&world.platform.chat(user)).unwrap()
}

/// The counts that staff are told, beside what there is.
async fn the_console_tells_the_truth(world: &World, staff: &Clerk, minute: i64) {
    let said = world.app.get("/api/staff/status").by(staff).send().await.ok();
    let db = world.app.app.db.read();
    for (state, word) in [(JobState::Ready, "jobs_ready"), (JobState::Dead, "jobs_dead")] {
        let there =
            job::Entity::find().filter(job::Column::State.eq(state)).count(db).await.unwrap();
        assert_eq!(said[word], there, "{word} in minute {minute}");
    }
    for (state, word) in [
        (NoticeState::Pending, "late_answers_waiting"),
        (NoticeState::Unknown, "late_answers_unknown"),
        (NoticeState::Failed, "late_answers_failed"),
    ] {
        let there = late_answer::Entity::find().filter(late_answer::Column::State.eq(state));
        assert_eq!(said[word], there.count(db).await.unwrap(), "{word} in minute {minute}");
    }
}

/// People with both accounts, known to be the same.
async fn people(world: &World) -> Vec<(User, ResidentId)> {
    let mut people = Vec::new();
    for _ in 0..PEOPLE {
        let user = world.platform.add_user("王秀英");
        world.platform.follow(&user).await.unwrap();
        let id = ResidentId(world.sign_in(&user).await["me"]["id"].as_i64().unwrap());
        world.app.run_jobs().await;
        people.push((user, id));
    }
    people
}

/// How many questions people put to the account, in all.
#[derive(Default)]
struct Asked {
    /// Of those that everybody is answered alike, while WeChat waits: by who asked.
    at_once: BTreeMap<u64, usize>,
    /// Of those whose answer is not ready by then, and is brought.
    later: usize,
}

impl Asked {
    async fn the_account(&mut self, world: &World, user: &User, minute: i64) {
        let words = ["报名", "学时", "候补"][usize::try_from(minute % 3).unwrap()];
        let answered = world.platform.say(user, words).await.unwrap();
        if words == "报名" {
            assert!(answered[0].text.contains(AT_ONCE), "{answered:?}");
            *self.at_once.entry(user.id).or_default() += 1;
        } else {
            self.later += 1;
        }
    }
}

/// Stands in the answer to “报名”.
const AT_ONCE: &str = "点这里找班级、报名";
/// Stand in what is brought: the answers to “学时” and “候补”, and the welcome.
const LATER: [&str; 3] = ["您今年有", "您现在没有在候补", WELCOME];
/// Stands in what a new follower is told.
const WELCOME: &str = "欢迎关注";

async fn an_hour_of_failures_loses_nothing_and_doubles_nothing(backend: Backend) {
    // The account's answers too are brought by calls that fail.
    let patience = ("wechat.patience_ms", "0".to_owned());
    let world = World::start_with(backend, &[patience]).await;
    let placed = world.app.app.config.wechat.templates.placed.id.clone();
    let people = people(&world).await;
    let staff = fixtures::clerk(&world.app, "zhongxin", Role::Centre, None).await;
    // Somebody who waits for answers of staff.
    let writer = world.platform.add_user("李建国");
    for words in ["人工", "我想问一下水费怎么交呢"] {
        world.platform.say_to_mini(&writer, words).await.unwrap();
        world.app.run_jobs().await;
    }
    let desk = world.app.get("/api/staff/desk").by(&staff).send().await.ok();
    let thread = format!("/api/staff/desk/{}/answers", desk["items"][0]["id"]);

    let mut asked = Asked::default();
    world.platform.fail_at_random(Some(storm(2026)));
    for minute in 0..MINUTES {
        world.advance(TimeDelta::minutes(1));
        let (user, id) = &people[usize::try_from(minute).unwrap() % PEOPLE];
        if minute % 2 == 1 {
            let user = &people[usize::try_from(minute / 2).unwrap() % PEOPLE].0;
            asked.the_account(&world, user, minute).await;
        }
        // Who allowed none gets a template message.
        if minute % 3 != 0 {
            world.platform.subscribe(user, &[(placed.as_str(), true)]).await.unwrap();
        }
        tell(&world, *id, minute).await;
        if minute % 2 == 0 {
            world.platform.say_to_mini(user, "学时").await.unwrap();
        }
        if minute % 10 == 0 {
            // The window is opened anew.
            world.platform.say_to_mini(&writer, "我还有一件事想问问你们").await.unwrap();
        }
        if minute % 5 == 0 {
            let body = json!({ "text": format!("答复{minute}号") });
            world.app.post(&thread, &body).by(&staff).send().await.ok();
        }
        world.app.run_jobs().await;
        the_console_tells_the_truth(&world, &staff, minute).await;
    }
    world.platform.fail_at_random(None);
    for _ in 0..40 {
        world.advance(TimeDelta::minutes(10));
        world.app.run_jobs().await;
    }

    let db = world.app.app.db.read();
    let left =
        job::Entity::find().filter(job::Column::State.ne(JobState::Done)).count(db).await.unwrap();
    assert_eq!(left, 0, "nothing is given up, nothing waits for ever");
    notices_came_once(&world, &people, &staff).await;
    answers_came_once(&world, &people, &asked).await;
    letters_came_once(&world, &writer).await;
    the_console_tells_the_truth(&world, &staff, MINUTES).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_of_failures_loses_nothing_and_doubles_nothing_sqlite() {
    an_hour_of_failures_loses_nothing_and_doubles_nothing(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_of_failures_loses_nothing_and_doubles_nothing_postgres() {
    if Backend::Postgres.available() {
        an_hour_of_failures_loses_nothing_and_doubles_nothing(Backend::Postgres).await;
    }
}

async fn notices_came_once(world: &World, people: &[(User, ResidentId)], staff: &Clerk) {
    let notices = notice::Entity::find().filter(notice::Column::DedupKey.starts_with("storm:"));
    let notices = notices.all(world.app.app.db.read()).await.unwrap();
    assert_eq!(notices.len(), usize::try_from(MINUTES).unwrap(), "each stands in “消息”");
    let arrived = arrived(world, people);
    let chats: String = people.iter().map(|(user, _)| account_chat(world, user)).collect();
    let (mut unknown, mut templates) = (0, 0);
    for notice in &notices {
        let values: Values = serde_json::from_str(&notice.values).unwrap();
        let by_template = chats.matches(&values.class).count();
        let times = arrived.get(&values.class).copied().unwrap_or_default() + by_template;
        templates += by_template;
        match notice.state {
            NoticeState::Sent => assert_eq!(times, 1, "{}", values.class),
            // The platform never said; it is not sent again.
            NoticeState::Unknown => {
                unknown += 1;
                assert!(times <= 1, "{}", values.class);
                let keyed = notice.way == Some(NoticeWay::Template);
                assert!(!keyed, "{}: asked for again under its key", values.class);
            }
            other => panic!("{}: {other:?}", values.class),
        }
    }
    assert!(templates >= 15, "{templates} template messages");
    assert!(unknown > 0 && unknown < MINUTES / 3, "{unknown} of {MINUTES} unknown");
    let said = world.app.get("/api/staff/status").by(staff).send().await.ok();
    assert_eq!(said["notices_unsent"], unknown);
}

/// Answers of the dialogue: all of one text, so they are counted for each person and chat.
async fn answers_came_once(world: &World, people: &[(User, ResidentId)], asked: &Asked) {
    let db = world.app.app.db.read();
    let rows = late_answer::Entity::find().all(db).await.unwrap();
    let of_account = |account| rows.iter().filter(move |row| row.account == account);
    // Each was welcomed, before.
    assert_eq!(of_account(WechatAccount::Official).count(), asked.later + PEOPLE);
    let mut lost: BTreeMap<&str, usize> = BTreeMap::new();
    for (user, id) in people {
        let mut not_sure = 0;
        for (account, openid) in [
            (WechatAccount::Mini, &user.mini_openid),
            (WechatAccount::Official, &user.official_openid),
        ] {
            let theirs = || of_account(account).filter(|row| row.openid == *openid);
            let of = |state| theirs().filter(|row| row.state == state).count();
            let (sent, unknown) = (of(NoticeState::Sent), of(NoticeState::Unknown));
            assert_eq!(sent + unknown, theirs().count(), "none is given up");
            let came = came_later(world, user, account);
            let may = sent..=sent + unknown;
            assert!(may.contains(&came), "{account:?}: {sent} {unknown} {came}");
            not_sure += unknown;
            *lost.entry(account.as_str()).or_default() += unknown;
        }
        let at_once = asked.at_once.get(&user.id).copied().unwrap_or_default();
        assert_eq!(account_chat(world, user).matches(AT_ONCE).count(), at_once);
        // What may not have come is found in “消息”.
        let kept = notice::Entity::find()
            .filter(notice::Column::ResidentId.eq(*id))
            .filter(notice::Column::DedupKey.starts_with("late:"));
        assert_eq!(kept.count(db).await.unwrap(), u64::try_from(not_sure).unwrap());
    }
    assert!(lost.values().all(|lost| *lost > 0), "the storm does not reach answers: {lost:?}");
}

/// The late answers in a chat: in the mini-program's there are no others.
fn came_later(world: &World, user: &User, account: WechatAccount) -> usize {
    let chat = match account {
        WechatAccount::Mini => world.platform.mini_chat(user),
        WechatAccount::Official => world.platform.chat(user),
    };
    let brought = |text: &str| {
        account == WechatAccount::Mini || LATER.iter().any(|words| text.contains(words))
    };
    let of_account = chat.iter().filter(|line| line.sender == Sender::Account);
    of_account.filter(|line| brought(&line.text)).count()
}

async fn letters_came_once(world: &World, writer: &User) {
    let rows =
        help_message::Entity::find().filter(help_message::Column::Author.eq(ActorKind::Staff));
    let rows = rows.all(world.app.app.db.read()).await.unwrap();
    assert_eq!(rows.len(), 12);
    let chat = world.platform.mini_chat(writer);
    for row in rows {
        let times = chat.iter().filter(|line| line.text.contains(&row.text)).count();
        match row.state {
            HelpState::Sent => assert_eq!(times, 1, "{}", row.text),
            HelpState::Unknown => assert!(times <= 1, "{}", row.text),
            other => panic!("{}: {other:?}", row.text),
        }
    }
}
