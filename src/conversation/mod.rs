//! The dialogue of “美丽常阴沙”, and what WeChat's events do to our state.
//!
//! 1. A callback takes effect once: its key is written in the transaction of its
//!    effect, and a repeat gets the answer that the first delivery got.
//! 2. Everything a callback does is one transaction without a network call; slow work
//!    is a job. What only asks is answered from reading, and remembered many at a time;
//!    an answer that is the same for everybody is made again, and is the same again.
//! 3. An answer that is not ready within WeChat's patience is written down as owed,
//!    and brought by a job: as a customer message, or into “消息”, or both where nobody
//!    knows whether the message came. Staff see how many wait, and which came to nobody.
//! 4. What is not understood is answered too: with what can be asked, never silence.
//! 5. An answer is at most a few short sentences, with the place where to go on.
//! 6. The customer service of the mini-program is the same dialogue (`service.rs`); there
//!    every answer comes by a job.
//! 7. A number answers the list that was shown last, while that is remembered (`lists.rs`).

use std::time::{Duration, Instant};

use sea_orm::DatabaseTransaction;
use tokio::time::timeout;

use entity::kinds::WechatAccount;

use crate::app::App;
use crate::error::{Error, Result};
use crate::wechat::message::{Event, Message};
use crate::wechat::{Incoming, Reply};
use crate::{followers, members, news, notices, safety};

mod answers;
pub mod api;
mod by_phone;
pub mod callback;
mod desk;
mod dialogue;
mod intake;
mod late;
mod lists;
mod menu;
mod privacy;
mod reports;
mod service;
mod store;

pub use answers::Sayings;
pub use intake::Intake;
pub use late::{LateAnswers, Unheard, answer_late, late_answers, unheard};
pub use menu::{MenuState, check_menu, menu_state, sync_menu, write_menu};
pub use privacy::finish_erasure;

use dialogue::Question;
use intake::{Seen, Verdict};
use late::Owed;

/// Nobody waits longer for a cache that hangs.
const CACHE_PATIENCE: Duration = Duration::from_millis(500);

/// Callbacks that changed something are remembered so long.
const REMEMBERED: chrono::TimeDelta = chrono::TimeDelta::days(3);

/// Lets a callback take effect, once, and returns the passive reply as XML (`None`:
/// nothing to say, or it comes another way).
///
/// # Errors
/// The database; WeChat will deliver the callback again.
pub async fn receive(
    app: &App,
    account: WechatAccount,
    incoming: &Incoming,
) -> Result<Option<String>> {
    let begun = Instant::now();
    let question = dialogue::question(&incoming.message);
    if account == WechatAccount::Official
        && let Some(text) = question.as_ref().and_then(|question| app.sayings.answer(question))
    {
        return Ok(Some(written(incoming, &Reply::Text(text.to_owned()))));
    }
    // Aside, so that what is the same for everybody need not carry it along.
    Box::pin(receive_other(app, account, incoming, question, begun)).await
}

/// What has to be looked up, or changes something.
async fn receive_other(
    app: &App,
    account: WechatAccount,
    incoming: &Incoming,
    question: Option<Question>,
    begun: Instant,
) -> Result<Option<String>> {
    let mut asked = asked(app, Who { account, openid: &incoming.from }, incoming, question).await?;
    if account == WechatAccount::Official
        && !asked.for_staff
        && asked.phone.is_none()
        && let Some(question) = asked.question.take()
    {
        return answered(app, incoming, question, begun).await;
    }
    // A task of its own: WeChat's hanging up does not undo what is under way.
    let (own, incoming) = (app.clone(), incoming.clone());
    let work =
        app.tasks.spawn(async move { take_effect(&own, account, &incoming, &asked, begun).await });
    work.await.map_err(Error::internal)?
}

/// Who writes, and where.
#[derive(Clone, Copy)]
struct Who<'a> {
    account: WechatAccount,
    openid: &'a str,
}

impl<'a> Who<'a> {
    fn of_official(incoming: &'a Incoming) -> Self {
        Self { account: WechatAccount::Official, openid: &incoming.from }
    }

    fn of_mini(incoming: &'a Incoming) -> Self {
        Self { account: WechatAccount::Mini, openid: &incoming.from }
    }
}

/// What a callback asks, found out before anything is changed.
struct Asked {
    /// `None`: it asks nothing.
    question: Option<Question>,
    /// It is for staff rather than for the service.
    for_staff: bool,
    /// The phone number that a follower whom nobody knows writes.
    phone: Option<String>,
    greets: bool,
}

async fn asked(
    app: &App,
    who: Who<'_>,
    incoming: &Incoming,
    question: Option<Question>,
) -> Result<Asked> {
    let Some(question) = question else {
        let greets = who.account == WechatAccount::Mini && service::greets(app, incoming).await;
        return Ok(Asked { question: None, for_staff: false, phone: None, greets });
    };
    let question = lists::resolve(app, who, &incoming.message, question).await?;
    let for_staff = desk::takes(app, who, &question).await?;
    let phone = if for_staff {
        None
    } else {
        by_phone::given(app, who, &incoming.message, &question).await?
    };
    Ok(Asked { question: Some(question), for_staff, phone, greets: false })
}

/// A question: answered from reading alone, within WeChat's patience or later.
async fn answered(
    app: &App,
    incoming: &Incoming,
    question: Question,
    begun: Instant,
) -> Result<Option<String>> {
    let who = Who::of_official(incoming);
    let patience = app.config.wechat.patience();
    let answer = match patience.checked_sub(begun.elapsed()) {
        Some(left) => timeout(left, answers::passive(app, who, &question)).await.ok(),
        None => None,
    };
    let Some(answer) = answer else { return later(app, incoming, Owed::Ask(question)).await };
    let reply = written(incoming, &answer?);
    let seen = Seen {
        account: WechatAccount::Official,
        key: incoming.dedup_key(),
        kind: incoming.message.kind().to_owned(),
        reply: reply.clone(),
        at: app.clock.now(),
    };
    match timeout(patience.saturating_sub(begun.elapsed()), app.intake.remember(seen)).await {
        Ok(Ok(Verdict::Repeat(first))) => Ok(first),
        Ok(Ok(Verdict::First)) | Err(_) => Ok(Some(reply)),
        // Nothing happens twice if it comes again: an answer is better than silence.
        Ok(Err(error)) => {
            tracing::warn!(cause = %error.chain(), "a question is answered but not remembered");
            Ok(Some(reply))
        }
    }
}

/// With the message's own second, so that an answer made anew is the same answer.
fn written(incoming: &Incoming, reply: &Reply) -> String {
    reply.to_xml(&incoming.from, &incoming.to, incoming.created_at)
}

/// Remembers a question whose answer has to be brought.
async fn later(app: &App, incoming: &Incoming, owed: Owed) -> Result<Option<String>> {
    let (key, now) = (incoming.dedup_key(), app.clock.now());
    let account = WechatAccount::Official;
    let tx = app.db.begin().await?;
    if store::first_time(&tx, account, &key, incoming.message.kind(), now).await? {
        late::owe(&tx, Who::of_official(incoming), owed, now).await?;
        tx.commit().await?;
        return Ok(None);
    }
    store::reply_of(&tx, account, &key).await
}

/// Everything that changes something of ours: one transaction.
async fn take_effect(
    app: &App,
    account: WechatAccount,
    incoming: &Incoming,
    asked: &Asked,
    begun: Instant,
) -> Result<Option<String>> {
    let now = app.clock.now();
    let key = incoming.dedup_key();
    let tx = app.db.begin().await?;
    if !store::first_time(&tx, account, &key, incoming.message.kind(), now).await? {
        return store::reply_of(&tx, account, &key).await;
    }
    privacy::take_effect(app, &tx, account, incoming).await?;
    reports::of_account(&tx, account, incoming, now).await?;
    let reply = match account {
        WechatAccount::Official => official(app, &tx, incoming, asked).await?,
        WechatAccount::Mini => {
            mini(app, &tx, incoming).await?;
            service::receive(app, &tx, incoming, asked).await?;
            None
        }
    };
    let mut xml = None;
    if let Some(text) = reply {
        if begun.elapsed() < app.config.wechat.patience() {
            let reply = Reply::Text(text).to_xml(&incoming.from, &incoming.to, now.timestamp());
            store::keep_reply(&tx, account, &key, &reply).await?;
            xml = Some(reply);
        } else {
            late::owe(&tx, Who::of_official(incoming), Owed::Text(text), now).await?;
        }
    }
    tx.commit().await?;
    Ok(xml)
}

/// Forgets callbacks that can no longer be repeated.
///
/// # Errors
/// The database.
pub async fn prune(app: &App) -> Result<()> {
    let tx = app.db.begin().await?;
    store::prune(&tx, app.clock.now() - REMEMBERED).await?;
    tx.commit().await?;
    Ok(())
}

/// What the public account's events do, and what is said to them.
async fn official(
    app: &App,
    tx: &DatabaseTransaction,
    incoming: &Incoming,
    asked: &Asked,
) -> Result<Option<String>> {
    let (openid, now) = (&incoming.from, app.clock.now());
    let at =
        chrono::DateTime::from_timestamp(incoming.created_at, 0).unwrap_or_else(|| app.clock.now());
    match &incoming.message {
        Message::Event(Event::Subscribe { event_key, .. }) => {
            followers::follow(tx, openid, true, at, now).await?;
            let scene = event_key.as_deref().unwrap_or_default();
            let joined = followers::scanned(tx, openid, scene, now).await?;
            return Ok(Some(match joined {
                Some(joined) => answers::joined(app, joined),
                None if scene.starts_with("qrscene_") => answers::welcome_with_outdated(app),
                None => answers::welcome(app),
            }));
        }
        Message::Event(Event::Scan { scene, .. }) => {
            let joined = followers::scanned(tx, openid, scene, now).await?;
            return Ok(Some(
                joined
                    .map_or_else(|| answers::outdated(app), |joined| answers::joined(app, joined)),
            ));
        }
        Message::Event(Event::Unsubscribe) => followers::follow(tx, openid, false, at, now).await?,
        Message::Event(Event::PublishJobFinish(result)) => {
            news::publication_finished(tx, result, app.clock.now()).await?;
        }
        Message::Event(Event::TemplateJobFinish { msg_id, status }) => {
            reports::template(app, tx, incoming, msg_id, status).await?;
        }
        Message::Event(Event::MassSendJobFinish(result)) => {
            news::mass_send_finished(tx, result, app.clock.now()).await?;
        }
        // 订阅通知 of the account: nothing is sent that way. Template messages reach the
        // same followers without being asked for, and a consent that is never used is not
        // worth counting.
        Message::Event(
            Event::SubscribeMsgPopup(_) | Event::SubscribeMsgChange(_) | Event::SubscribeMsgSent(_),
        ) => {}
        _ => {}
    }
    let Some(question) = &asked.question else { return Ok(None) };
    let who = Who::of_official(incoming);
    if let Some(number) = &asked.phone {
        return by_phone::ask(app, tx, who, number).await.map(Some);
    }
    desk::receive(app, tx, who, &incoming.message, question, at).await.map(Some)
}

/// The mini-program: consents to subscription messages, what became of those, and how
/// contents were judged.
async fn mini(app: &App, tx: &DatabaseTransaction, incoming: &Incoming) -> Result<()> {
    let (consents, popup) = match &incoming.message {
        Message::Event(Event::SubscribeMsgPopup(consents)) => (consents, true),
        Message::Event(Event::SubscribeMsgChange(consents)) => (consents, false),
        Message::Event(Event::SubscribeMsgSent(deliveries)) => {
            for delivery in deliveries {
                reports::subscription(app, tx, incoming, delivery).await?;
            }
            return Ok(());
        }
        Message::Event(Event::MediaCheck(check)) => {
            return safety::verdict(tx, check, app.clock.now()).await;
        }
        _ => return Ok(()),
    };
    let now = app.clock.now();
    let Some(resident) = members::by_openid(tx, WechatAccount::Mini, &incoming.from).await? else {
        return Ok(());
    };
    for consent in consents {
        let Some(kind) =
            notices::kind_of_template(&app.config.wechat.templates, &consent.template_id)
        else {
            continue;
        };
        if popup && consent.accepted {
            notices::consent_given(tx, resident, kind, now).await?;
        } else if !popup && !consent.accepted {
            notices::consent_withdrawn(tx, resident, kind, now).await?;
        }
    }
    Ok(())
}
