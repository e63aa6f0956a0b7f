//! Bringing a notice to the resident's phone, by the first way that is open.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use entity::ids::NoticeId;
use entity::kinds::{NoticeState, NoticeWay, WechatAccount};
use entity::notice;

use super::{NO_ANSWER, Values, mini_page, report, store};
use crate::app::App;
use crate::config::Template;
use crate::error::{Error, Result};
use crate::members;
use crate::outbox::{self, Job};
use crate::wechat::official::{MiniPage, TemplateMessage};
use crate::wechat::{self, Ability, Class, SubscribeMessage};

/// So long a template message is repeated under its own id: the platform knows the id
/// for ten minutes.
const REPEATABLE: TimeDelta = TimeDelta::minutes(8);

/// People answer WeChat's question a moment after what they did: so long a notice waits
/// for a consent before it goes as a template message.
const CONSENT_COMES: TimeDelta = TimeDelta::minutes(1);

/// The ways that this notice might go.
struct Ways {
    subscription: Option<SubscribeMessage>,
    template: Option<TemplateMessage>,
}

/// What is to be done next.
enum Next {
    Subscription,
    /// `again`: an earlier call may have arrived.
    Template {
        again: bool,
    },
    Nothing,
}

/// Brings a notice to WeChat (a job).
///
/// # Errors
/// `Upstream`: the platform did not take it and it can be tried again.
pub async fn deliver(app: &App, id: NoticeId) -> Result<()> {
    let Some(row) = store::by_id(app.db.read(), id).await? else { return Ok(()) };
    let began = app.clock.now();
    let repeats = row.state == NoticeState::Unknown
        && row.way == Some(NoticeWay::Template)
        && row.tried_at.is_some_and(|at| began - at < REPEATABLE);
    let waited = row.state == NoticeState::NoConsent && row.way.is_none();
    if row.state != NoticeState::Pending && !repeats && !waited {
        return Ok(());
    }
    // Too late, or somebody has told them by phone.
    if row.told_at.is_some() || row.good_until.is_some_and(|until| until <= began) {
        let tx = app.db.begin().await?;
        let to = NoticeState::NoConsent;
        store::settle(&tx, id, NoticeState::Pending, to, None, began).await?;
        return Ok(tx.commit().await?);
    }
    let ways = ways(app, &row).await?;
    let mut next = if repeats {
        Next::Template { again: true }
    } else {
        begin(app, &row, &ways, began).await?
    };
    loop {
        next = match (next, &ways.subscription, &ways.template) {
            (Next::Subscription, Some(message), _) => {
                let sent = app.wechat.mini().send_subscribe(message).await;
                subscription_answered(app, &row, sent, &ways, began).await?
            }
            (Next::Template { again }, _, Some(message)) => {
                let sent = app.wechat.official().send_template(message).await;
                template_answered(app, &row, sent, again, began).await?;
                Next::Nothing
            }
            _ => return Ok(()),
        };
    }
}

async fn ways(app: &App, row: &notice::Model) -> Result<Ways> {
    let (wechat, conn) = (&app.config.wechat, app.db.read());
    let template = wechat.templates.of(row.kind);
    let subscription = match members::openid(conn, row.resident_id, WechatAccount::Mini).await? {
        Some(openid) if !template.id.is_empty() => Some(SubscribeMessage {
            openid,
            template_id: template.id.clone(),
            page: Some(mini_page(&row.page)),
            data: data(row, template)?,
            state: wechat.mini.state.clone(),
        }),
        _ => None,
    };
    let template = wechat.official.templates.of(row.kind);
    let may = !template.id.is_empty() && app.wechat.official().can(Ability::Notices);
    let openid = members::openid(conn, row.resident_id, WechatAccount::Official).await?;
    let template = match openid {
        Some(openid) if may => {
            let appid = wechat.mini.appid.clone();
            let page = MiniPage { appid, path: mini_page(&row.page) };
            Some(TemplateMessage {
                openid,
                template_id: template.id.clone(),
                url: Some(format!("{}/m/#{}", app.config.server.public_url, row.page)),
                page: (!page.appid.is_empty()).then_some(page),
                // Ids begin anew where a database does.
                client_msg_id: Some(format!(
                    "notice-{}-{}",
                    row.id,
                    row.created_at.timestamp_millis()
                )),
                data: data(row, template)?,
            })
        }
        _ => None,
    };
    Ok(Ways { subscription, template })
}

fn data(row: &notice::Model, template: &Template) -> Result<BTreeMap<String, String>> {
    let values: Values = serde_json::from_str(&row.values)?;
    Ok([
        (&template.class, &values.class),
        (&template.time, &values.time),
        (&template.place, &values.place),
        (&template.note, &values.note),
    ]
    .into_iter()
    // A template may lack a field; its key is left empty then.
    .filter(|(key, _)| !key.is_empty())
    .map(|(key, value)| (key.clone(), wechat::fit_template_value(key, value)))
    .collect())
}

/// Takes one from the balance, if there is one, and marks the notice, together.
async fn begin(app: &App, row: &notice::Model, ways: &Ways, now: DateTime<Utc>) -> Result<Next> {
    let tx = app.db.begin().await?;
    let allowed =
        ways.subscription.is_some() && store::take(&tx, row.resident_id, row.kind, now).await?;
    let (next, way) = if allowed {
        (Next::Subscription, NoticeWay::Subscription)
    } else if ways.template.is_some() && !may_be_allowed_yet(row, ways, now) {
        (Next::Template { again: false }, NoticeWay::Template)
    } else {
        // Nobody to send to, nothing to send with, or no consent: it stands in “消息”.
        let to = NoticeState::NoConsent;
        let moved = store::settle(&tx, row.id, NoticeState::Pending, to, None, now).await?;
        if moved && ways.template.is_some() {
            let job = Job::SendNotice { notice: row.id };
            outbox::enqueue(&tx, &job, now, row.created_at + CONSENT_COMES).await?;
        }
        tx.commit().await?;
        return Ok(Next::Nothing);
    };
    if !store::try_by(&tx, row.id, row.state, way, NO_ANSWER, now).await? {
        return Ok(Next::Nothing);
    }
    tx.commit().await?;
    Ok(next)
}

fn may_be_allowed_yet(row: &notice::Model, ways: &Ways, now: DateTime<Utc>) -> bool {
    ways.subscription.is_some() && row.way.is_none() && now < row.created_at + CONSENT_COMES
}

async fn subscription_answered(
    app: &App,
    row: &notice::Model,
    sent: Result<Option<String>, wechat::Error>,
    ways: &Ways,
    began: DateTime<Utc>,
) -> Result<Next> {
    let error = match sent {
        Ok(msg_id) => {
            report::accepted(app, row, WechatAccount::Mini, msg_id.as_deref()).await?;
            return Ok(Next::Nothing);
        }
        Err(error) => error,
    };
    match error.class() {
        Class::UserState => no_consent(app, row, ways, began).await,
        // It stays as it was marked before the call.
        Class::MaybeSent => Ok(Next::Nothing),
        Class::Permanent | Class::AlreadyDone => {
            give_back(app, row, NoticeState::Failed, Some(error.advice())).await?;
            Ok(Next::Nothing)
        }
        Class::Token | Class::BackOff | Class::NotSent | Class::Configuration => {
            give_back(app, row, NoticeState::Pending, None).await?;
            Err(Error::from(error))
        }
    }
}

/// No consent with the platform, whatever we counted…
async fn no_consent(
    app: &App,
    row: &notice::Model,
    ways: &Ways,
    began: DateTime<Utc>,
) -> Result<Next> {
    let (now, unknown) = (app.clock.now(), NoticeState::Unknown);
    let tx = app.db.begin().await?;
    let mut next = Next::Nothing;
    if store::given_since(&tx, row.resident_id, row.kind, began).await? {
        // …but one came while we asked: once more.
        store::settle(&tx, row.id, unknown, NoticeState::Pending, None, now).await?;
        outbox::enqueue(&tx, &Job::SendNotice { notice: row.id }, now, now).await?;
    } else {
        store::empty(&tx, row.resident_id, row.kind, now).await?;
        if ways.template.is_some() {
            let way = NoticeWay::Template;
            if store::try_by(&tx, row.id, unknown, way, NO_ANSWER, now).await? {
                next = Next::Template { again: false };
            }
        } else {
            store::settle(&tx, row.id, unknown, NoticeState::NoConsent, None, now).await?;
        }
    }
    tx.commit().await?;
    Ok(next)
}

async fn template_answered(
    app: &App,
    row: &notice::Model,
    sent: Result<String, wechat::Error>,
    again: bool,
    began: DateTime<Utc>,
) -> Result<()> {
    let error = match sent {
        Ok(msg_id) => {
            return report::accepted(app, row, WechatAccount::Official, Some(&msg_id)).await;
        }
        Err(error) => error,
    };
    let (now, unknown) = (app.clock.now(), NoticeState::Unknown);
    let tx = app.db.begin().await?;
    match error.class() {
        // Asked again under the same id, while that is harmless.
        Class::MaybeSent => return Err(Error::from(error)),
        Class::Token | Class::BackOff | Class::NotSent if again => return Err(Error::from(error)),
        // The first call may have arrived: it stays unknown.
        _ if again => return Ok(()),
        // 43004, 43019: does not follow, or wants nothing; 48001: this account may not.
        Class::UserState => unreached(&tx, row, began, now).await?,
        Class::Configuration if error.is(48001) => unreached(&tx, row, began, now).await?,
        Class::Permanent | Class::AlreadyDone => {
            let (to, words) = (NoticeState::Failed, Some(error.advice()));
            store::settle(&tx, row.id, unknown, to, words, now).await?;
        }
        Class::Token | Class::BackOff | Class::NotSent | Class::Configuration => {
            store::settle(&tx, row.id, unknown, NoticeState::Pending, None, now).await?;
            tx.commit().await?;
            return Err(Error::from(error));
        }
    }
    tx.commit().await?;
    Ok(())
}

/// No way is open: it waits for a consent, or takes the one that came meanwhile.
async fn unreached(
    tx: &sea_orm::DatabaseTransaction,
    row: &notice::Model,
    began: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    let given = store::given_since(tx, row.resident_id, row.kind, began).await?;
    let to = if given { NoticeState::Pending } else { NoticeState::NoConsent };
    store::settle(tx, row.id, NoticeState::Unknown, to, None, now).await?;
    if given {
        outbox::enqueue(tx, &Job::SendNotice { notice: row.id }, now, now).await?;
    }
    Ok(())
}

/// The platform did not count the message.
async fn give_back(
    app: &App,
    row: &notice::Model,
    to: NoticeState,
    failure: Option<&str>,
) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    store::give(&tx, row.resident_id, row.kind, now).await?;
    store::settle(&tx, row.id, NoticeState::Unknown, to, failure, now).await?;
    tx.commit().await?;
    Ok(())
}
