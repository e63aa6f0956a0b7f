//! The dialogue of “美丽常阴沙”, and what WeChat's events do to our state.
//!
//! 1. A callback takes effect once: its key is written first, and a repeat gets the
//!    answer that the first delivery got.
//! 2. Everything a callback does is one transaction without a network call; slow work
//!    is a job. So the answer is there well within the five seconds.
//! 3. What is not understood is answered too: with what can be asked, never silence.
//! 4. An answer is at most a few short sentences, with the place where to go on.

use sea_orm::DatabaseTransaction;

use entity::kinds::WechatAccount;

use crate::app::App;
use crate::clock;
use crate::error::Result;
use crate::wechat::message::{Event, Message};
use crate::wechat::{Incoming, Reply};
use crate::{attendance, enrolment, members, news, notices};

pub mod callback;
mod dialogue;
mod menu;
mod store;

pub use menu::sync_menu;

use dialogue::Intent;

/// Callbacks are remembered so long; WeChat repeats within a minute.
const REMEMBERED: chrono::TimeDelta = chrono::TimeDelta::days(3);

/// Lets a callback take effect, once, and returns the passive reply as XML (`None`:
/// nothing to say).
///
/// # Errors
/// The database; WeChat will deliver the callback again.
pub async fn receive(
    app: &App,
    account: WechatAccount,
    incoming: &Incoming,
) -> Result<Option<String>> {
    let now = app.clock.now();
    let key = incoming.dedup_key();
    let tx = app.db.begin().await?;
    if !store::first_time(&tx, account, &key, incoming.message.kind(), now).await? {
        return store::reply_of(&tx, account, &key).await;
    }
    let reply = match account {
        WechatAccount::Official => official(app, &tx, incoming).await?,
        WechatAccount::Mini => {
            mini(app, &tx, incoming).await?;
            None
        }
    };
    let xml = reply.map(|reply| reply.to_xml(&incoming.from, &incoming.to, now.timestamp()));
    if let Some(xml) = &xml {
        store::keep_reply(&tx, account, &key, xml).await?;
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

/// The public account: people's words, and events.
async fn official(
    app: &App,
    tx: &DatabaseTransaction,
    incoming: &Incoming,
) -> Result<Option<Reply>> {
    let openid = &incoming.from;
    let at =
        chrono::DateTime::from_timestamp(incoming.created_at, 0).unwrap_or_else(|| app.clock.now());
    let intent = match &incoming.message {
        Message::Text { content, .. } => dialogue::intent(content),
        Message::Voice { recognition: Some(words), .. } => dialogue::intent(words),
        Message::Event(Event::Click { key }) => dialogue::of_key(key),
        Message::Event(Event::Subscribe { .. }) => {
            store::follow(tx, openid, true, at).await?;
            return Ok(Some(Reply::Text(welcome(app))));
        }
        Message::Event(Event::Unsubscribe) => {
            store::follow(tx, openid, false, at).await?;
            return Ok(None);
        }
        Message::Event(Event::PublishJobFinish(result)) => {
            news::publication_finished(tx, result, app.clock.now()).await?;
            return Ok(None);
        }
        Message::Event(_) => return Ok(None),
        // A picture, a place, a voice without words: say what can be asked.
        _ => Intent::Help,
    };
    Ok(Some(Reply::Text(answer(app, tx, openid, intent).await?)))
}

/// The mini-program: consents to subscription messages.
async fn mini(app: &App, tx: &DatabaseTransaction, incoming: &Incoming) -> Result<()> {
    let (consents, popup) = match &incoming.message {
        Message::Event(Event::SubscribeMsgPopup(consents)) => (consents, true),
        Message::Event(Event::SubscribeMsgChange(consents)) => (consents, false),
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

fn welcome(app: &App) -> String {
    let centre = &app.config.centre;
    let mut text = format!(
        "欢迎关注“{}”。\n这里可以报老年大学的班、签到、看通知。\n\n回复“报名”找班级，\n回复“帮助”看能问什么。",
        centre.account_name
    );
    if !centre.phone.is_empty() {
        text.push_str(&format!("\n也可以打电话：{}", centre.phone));
    }
    text
}

/// A link that opens the mini-program where there is one, and the page where not.
fn link(app: &App, words: &str, page: &str) -> String {
    let url = format!("{}/m/#{page}", app.config.server.public_url);
    let appid = &app.config.wechat.mini.appid;
    if appid.is_empty() {
        return format!("<a href=\"{url}\">{words}</a>");
    }
    format!(
        "<a data-miniprogram-appid=\"{appid}\" data-miniprogram-path=\"{}\" href=\"{url}\">{words}</a>",
        menu::mini_page(page)
    )
}

async fn answer(
    app: &App,
    tx: &DatabaseTransaction,
    openid: &str,
    intent: Intent,
) -> Result<String> {
    let resident = members::by_openid(tx, WechatAccount::Official, openid).await?;
    Ok(match intent {
        Intent::SignUp => format!("点这里找班级、报名：\n{}", link(app, "去报名", "/classes")),
        Intent::CheckIn => format!(
            "到教室后，用微信“扫一扫”扫老师屏幕上的码。\n扫不了就告诉老师，老师可以补签。\n{}",
            link(app, "打开签到", "/checkin")
        ),
        Intent::Leave => {
            format!("请假、退课都在“我的课程”里：\n{}", link(app, "我的课程", "/mine"))
        }
        Intent::News => format!("中心的新闻在这里：\n{}", link(app, "看新闻", "/news")),
        Intent::Person => person(app),
        Intent::Help => help(app),
        Intent::MyClasses => match resident {
            Some(resident) => my_classes(app, tx, resident).await?,
            None => format!("上课时间和教室在这里：\n{}", link(app, "我的课程", "/mine")),
        },
        Intent::Hours => match resident {
            Some(resident) => {
                let (hours, _) = attendance::hours(app, resident).await?;
                format!(
                    "您今年有 {} 学时。\n{}",
                    hours_text(hours.year),
                    link(app, "看明细", "/hours")
                )
            }
            None => format!("您的学时在这里：\n{}", link(app, "我的学时", "/hours")),
        },
    })
}

async fn my_classes(
    app: &App,
    tx: &DatabaseTransaction,
    resident: entity::ids::ResidentId,
) -> Result<String> {
    let classes = enrolment::placed_classes(tx, resident).await?;
    let next = attendance::next_meeting(app, tx, &classes).await?;
    Ok(match next {
        Some(facts) => format!(
            "下一次课：{}\n{}\n{} {}\n{}",
            facts.class_name(),
            clock::spoken(facts.meeting.starts_at),
            facts.site_name,
            facts.meeting.room,
            link(app, "我的课程", "/mine")
        ),
        None => format!("近两周没有您的课。\n{}", link(app, "去找班级", "/classes")),
    })
}

/// 学时 from hundredths: `2`, `1.33`.
fn hours_text(hundredths: i64) -> String {
    let (whole, part) = (hundredths / 100, hundredths % 100);
    if part == 0 { whole.to_string() } else { format!("{whole}.{part:02}") }
}

fn person(app: &App) -> String {
    let centre = &app.config.centre;
    if centre.phone.is_empty() {
        return format!("请在上班时间到{}来，\n{}。", centre.name, centre.hours);
    }
    format!("请打中心电话：{}\n有人接听的时间：\n{}", centre.phone, centre.hours)
}

fn help(app: &App) -> String {
    let mut text = "您可以回复：\n报名、上课时间、签到、学时、退课、新闻、人工".to_owned();
    if !app.config.centre.phone.is_empty() {
        text.push_str(&format!("\n也可以打电话：{}", app.config.centre.phone));
    }
    text
}
