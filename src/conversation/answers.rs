//! What the account says. A few short sentences, with the place where to go on.

use entity::ids::ResidentId;
use entity::kinds::WechatAccount;

use super::dialogue::Intent;
use super::menu;
use crate::app::App;
use crate::clock;
use crate::error::Result;
use crate::{attendance, enrolment, members};

/// Said to a new follower.
pub(super) fn welcome(app: &App) -> String {
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

/// The answers that are the same for everybody.
pub(super) fn plain(app: &App, intent: Intent) -> Option<String> {
    Some(match intent {
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
        Intent::MyClasses | Intent::Hours => return None,
    })
}

/// The whole answer, with the person's own data where the account is linked. Only reads.
///
/// # Errors
/// The database.
pub(super) async fn answer(app: &App, openid: &str, intent: Intent) -> Result<String> {
    if let Some(text) = plain(app, intent) {
        return Ok(text);
    }
    let resident = members::by_openid(app.db.read(), WechatAccount::Official, openid).await?;
    Ok(match (intent, resident) {
        (Intent::Hours, Some(resident)) => {
            let (hours, _) = attendance::hours(app, resident).await?;
            let year = hours_text(hours.year);
            format!("您今年有 {year} 学时。\n{}", link(app, "看明细", "/hours"))
        }
        (Intent::Hours, None) => {
            format!("您的学时在这里：\n{}", link(app, "我的学时", "/hours"))
        }
        (_, Some(resident)) => my_classes(app, resident).await?,
        (_, None) => format!("上课时间和教室在这里：\n{}", link(app, "我的课程", "/mine")),
    })
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

async fn my_classes(app: &App, resident: ResidentId) -> Result<String> {
    let classes = enrolment::placed_classes(app.db.read(), resident).await?;
    let next = attendance::next_meeting(app, app.db.read(), &classes).await?;
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
