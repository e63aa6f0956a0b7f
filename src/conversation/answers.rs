//! What the account says: a few short sentences, and always where to go on.
//!
//! Here are the answers to questions. All of them only read.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::ids::ResidentId;
use entity::kinds::{EnrolmentStatus, WechatAccount};
use entity::{class, enrolment};

use super::dialogue::{self, Intent, Question};
use super::lists::{self, Line};
use super::{Who, menu};
use crate::app::App;
use crate::clock;
use crate::config::Config;
use crate::courses::{self, ClassFacts, ClassFilter};
use crate::error::Result;
use crate::followers::{self, Joined};
use crate::wechat::{Article, Articles, Reply};
use crate::{attendance, enrolment as enrolments, members, news};

/// More classes in an answer would be a wall of text.
const MOST_CLASSES: usize = 3;

/// More characters in a line are not taken in at a glance.
const LONGEST_LINE: usize = 40;

/// In a numbered list each needs two lines alone.
const MOST_LISTED: usize = 5;

/// What can be asked, in the order of the numbers.
const ASKABLE: [(Intent, &str); 11] = [
    (Intent::SignUp, "报名"),
    (Intent::MyClasses, "上课时间"),
    (Intent::CheckIn, "签到"),
    (Intent::Hours, "学时"),
    (Intent::Waiting, "候补"),
    (Intent::Leave, "请假"),
    (Intent::Withdraw, "退课"),
    (Intent::Family, "家人"),
    (Intent::Link, "绑定"),
    (Intent::News, "新闻"),
    (Intent::Person, "人工"),
];

/// Said to a new follower.
pub(super) fn welcome(app: &App) -> String {
    let name = &app.config.centre.account_name;
    said(&[
        format!("欢迎关注“{name}”。"),
        "这里可以报老年大学的班、签到、看通知。".to_owned(),
        "回复“报名”找班级，回复“帮助”看能问什么。".to_owned(),
        phone(&app.config, "也可以打电话"),
    ])
}

/// Said to a new follower who came by a code that links nobody any more.
pub(super) fn welcome_with_outdated(app: &App) -> String {
    said(&[
        welcome(app),
        "您扫的码过时了，账号还没有连上。".to_owned(),
        "要连账号，请回复“绑定”。".to_owned(),
    ])
}

/// The answers that are the same for everybody and at any time, made once.
pub struct Sayings {
    sign_up: String,
    news: String,
    thanks: String,
    family: String,
}

impl Sayings {
    pub fn new(config: &Config) -> Self {
        Self {
            sign_up: said(&[
                "点这里找班级、报名：".to_owned(),
                link(config, "去报名", "/classes"),
                phone(config, "也可以打电话"),
            ]),
            news: said(&["中心的新闻都在这里：".to_owned(), link(config, "看新闻", "/news")]),
            thanks: said(&[
                "不客气！有事随时说一声。".to_owned(),
                "回复“帮助”，看看还能问什么。".to_owned(),
            ]),
            family: said(&[
                "家人可以替您报名，您也可以替家人报名。".to_owned(),
                "请本人在“家人”里点“请家人帮我”，家人在自己的手机上输看到的码。".to_owned(),
                link(config, "打开“家人”", "/family"),
                phone(config, "本人没有微信，可以打电话登记"),
            ]),
        }
    }

    pub(super) fn answer(&self, question: &Question) -> Option<&str> {
        if question.topic.is_some() || question.class.is_some() || question.tells {
            return None;
        }
        match question.intent {
            Intent::SignUp => Some(&self.sign_up),
            Intent::Thanks => Some(&self.thanks),
            Intent::Family => Some(&self.family),
            _ => None,
        }
    }
}

/// The whole answer, with the person's own data where the account is linked. Only reads.
///
/// # Errors
/// The database.
pub(super) async fn answer(app: &App, who: Who<'_>, question: &Question) -> Result<String> {
    if let Some(class) = question.class {
        let facts = courses::class(app.db.read(), class).await?;
        return Ok(said(&class_lines(app, &facts)));
    }
    if let Some(topic) = &question.topic
        && let Some(text) = about_class(app, who, topic).await?
    {
        return Ok(text);
    }
    let intent = question.intent;
    if intent == Intent::News {
        return Ok(app.sayings.news.clone());
    }
    if let Some(text) = app.sayings.answer(&Question::of(intent)) {
        return Ok(text.to_owned());
    }
    if intent == Intent::Help {
        return Ok(help(app, who, "您可以回复这些词：").await);
    }
    let resident = members::by_openid(app.db.read(), who.account, who.openid).await?;
    let Some(resident) = resident else { return stranger(app, who, intent).await };
    match intent {
        Intent::MyClasses => my_classes(app, resident).await,
        Intent::CheckIn => check_in(app, resident).await,
        Intent::Hours => hours(app, resident).await,
        Intent::Leave => leave(app, resident).await,
        Intent::Withdraw => withdraw(app, resident).await,
        Intent::Waiting => waiting(app, resident).await,
        Intent::Link if who.account == WechatAccount::Mini => Ok(said(&[
            "您在小程序里已经登录，不用再连。".to_owned(),
            link(&app.config, "看我的课程", "/mine"),
        ])),
        Intent::Link => Ok(said(&[
            "您的公众号已经连上了，不用再连。".to_owned(),
            link(&app.config, "看我的课程", "/mine"),
        ])),
        _ => Ok(not_understood(app, who).await),
    }
}

/// The answer in the same breath: who asks for news is shown the newest as a card, with
/// its picture.
///
/// # Errors
/// The database.
pub(super) async fn passive(app: &App, who: Who<'_>, question: &Question) -> Result<Reply> {
    if question.intent == Intent::News
        && let Some(card) = news::published(app.db.read(), 1).await?.pop()
    {
        let site = &app.config.server.public_url;
        let cover = card.cover.map(|id| format!("{site}{}", news::public_address(id)));
        let article = Article {
            title: card.title,
            description: card.digest,
            picture_url: cover.unwrap_or_default(),
            url: card.url.unwrap_or_else(|| format!("{site}/m/#/news/{}", card.id)),
        };
        if let Some(articles) = Articles::new(vec![article]) {
            return Ok(Reply::News(articles));
        }
    }
    answer(app, who, question).await.map(Reply::Text)
}

/// To somebody whose account is not linked: what holds for all, and how to link.
async fn stranger(app: &App, who: Who<'_>, intent: Intent) -> Result<String> {
    let (first, words, page) = match intent {
        Intent::MyClasses => ("上课的时间和教室在这里：", "我的课程", "/mine"),
        Intent::CheckIn => (SCAN, "打开签到", "/checkin"),
        Intent::Hours => ("您的学时在这里：", "我的学时", "/hours"),
        Intent::Leave => (ABSENT, "去请假", "/absent"),
        Intent::Withdraw => ("退课在“我的课程”里，点“退掉这个班”。", "我的课程", "/mine"),
        Intent::Waiting => ("候补排到第几，在这里看：", "我的课程", "/mine"),
        Intent::Link => ("这个公众号还没有连上您的账号。", "", ""),
        _ => return Ok(not_understood(app, who).await),
    };
    if who.account == WechatAccount::Mini {
        let page = if page.is_empty() { "/mine" } else { page };
        return Ok(said(&[
            "请先打开一次小程序，这里就认得您了。".to_owned(),
            link(&app.config, "打开小程序", page),
            phone(&app.config, "也可以打电话"),
        ]));
    }
    let mut lines = vec![first.to_owned()];
    if !page.is_empty() {
        lines.push(link(&app.config, words, page));
    }
    lines.push("连上账号，就能在这里直接问自己的课。".to_owned());
    let code = followers::link_code(app, who.openid)?;
    lines.push(link(&app.config, "点这里连上（半小时内有效）", &format!("/link?code={code}")));
    if intent == Intent::Link {
        lines.push("也可以在这里写下您登记的手机号。".to_owned());
    }
    lines.push(phone(&app.config, "也可以打电话"));
    Ok(said(&lines))
}

/// To somebody who scanned the code of a resident's page.
pub(super) fn joined(app: &App, joined: Joined) -> String {
    let first = match joined {
        Joined::Now => "连上了！以后可以在这里问自己的课。",
        Joined::Before => "您的公众号早就连上了，不用再连。",
        Joined::Refused => "没有连上：其中一边已经连着别的账号。",
    };
    let next = if joined == Joined::Refused {
        "工作人员会帮您核实。回复“人工”可以留言。"
    } else {
        "比如回复：上课时间、学时、候补。"
    };
    said(&[first.to_owned(), next.to_owned(), phone(&app.config, "也可以打电话")])
}

/// To somebody who scanned a code that is no longer good.
pub(super) fn outdated(app: &App) -> String {
    said(&[
        "这个码过时了，或者用过了。".to_owned(),
        "请在“个人信息”里再点一次“连接公众号”。".to_owned(),
        link(&app.config, "去个人信息", "/profile"),
    ])
}

const SCAN: &str = "到教室后，用微信“扫一扫”扫老师屏幕上的码。";
const ABSENT: &str = "来不了的话，上课前在这里点一下“请假”。";

/// To words that nobody knows.
pub(super) async fn not_understood(app: &App, who: Who<'_>) -> String {
    help(app, who, "这句话我没有听懂。您可以回复：").await
}

async fn help(app: &App, who: Who<'_>, first: &str) -> String {
    let lines = ASKABLE.iter().map(|(intent, _)| Line::Ask(*intent)).collect();
    let numbered = lists::remember(app, who, lines).await;
    let words: Vec<String> = ASKABLE
        .iter()
        .enumerate()
        .map(
            |(at, (_, word))| {
                if numbered { format!("{} {word}", at + 1) } else { (*word).to_owned() }
            },
        )
        .collect();
    let mut answer = vec![first.to_owned()];
    // Three beside each other fit a narrow phone.
    answer.extend(words.chunks(3).map(|three| three.join("　")));
    answer.push("找工作人员，请回复“人工”。".to_owned());
    if numbered {
        answer.push("回复前面的数字也可以。".to_owned());
    }
    answer.push(phone(&app.config, "也可以打电话"));
    said(&answer)
}

/// The classes that sound like it; `None`: there is none this term.
async fn about_class(app: &App, who: Who<'_>, topic: &str) -> Result<Option<String>> {
    let conn = app.db.read();
    let Some(term) = courses::current_term(conn, app.clock.today()).await? else { return Ok(None) };
    let filter = ClassFilter { term_id: Some(term.id), open_only: true, ..ClassFilter::default() };
    let mut classes = courses::list_classes(conn, &filter).await?;
    let fits = |name: &str| dialogue::names(topic, name);
    // Who says more than the name of the course means one of its classes.
    let one_of = |facts: &ClassFacts| {
        let longer = topic.chars().count() > facts.course.name.chars().count();
        longer && fits(&facts.class.name)
    };
    if classes.iter().any(one_of) {
        classes.retain(one_of);
    } else {
        classes.retain(|facts| fits(&facts.class.name) || fits(&facts.course.name));
    }
    if classes.is_empty() {
        return Ok(None);
    }
    let listed = classes.iter().take(MOST_LISTED).map(|facts| Line::Class(facts.class.id));
    let numbered = classes.len() > 1 && lists::remember(app, who, listed.collect()).await;
    let most = if numbered { MOST_LISTED } else { MOST_CLASSES };
    let mut lines = Vec::new();
    for (at, facts) in classes.iter().take(most).enumerate() {
        if numbered {
            let name = format!("{}. “{}”", at + 1, facts.class.name);
            lines.push(beside(&name, " ", &courses::time_text(&facts.class)));
            lines.push(places(facts, app.clock.now()));
        } else {
            lines.extend(class_lines(app, facts));
        }
    }
    if numbered {
        lines.push("想看哪个班，请回复前面的数字。".to_owned());
    }
    if numbered || classes.len() > most {
        lines.push(link(&app.config, "看全部的班", "/classes"));
    }
    Ok(Some(said(&lines)))
}

fn places(facts: &ClassFacts, now: DateTime<Utc>) -> String {
    match (courses::free_places(facts, now), facts.class.waiting) {
        (free, 0) if free > 0 => format!("还有 {free} 个名额。"),
        (free, _) if free > 0 => "有名额正在留给候补的人，可以排队。".to_owned(),
        (_, waiting) => format!("已经报满，有 {waiting} 人候补，可以排队。"),
    }
}

/// What one wants to know before signing up.
fn class_lines(app: &App, facts: &ClassFacts) -> [String; 4] {
    let class = &facts.class;
    [
        what_and_when(class),
        beside(&format!("地点：{}", facts.site.name), " ", &class.room),
        places(facts, app.clock.now()),
        link(&app.config, "看这个班，去报名", &format!("/classes/{}", class.id)),
    ]
}

async fn my_classes(app: &App, resident: ResidentId) -> Result<String> {
    let mine = enrolments::my(app, app.db.read(), resident).await?;
    let placed: Vec<_> =
        mine.iter().filter(|one| one.enrolment.status == EnrolmentStatus::Placed).collect();
    let mut lines = Vec::new();
    for one in placed.iter().take(MOST_CLASSES) {
        let class = &one.class.class;
        lines.push(what_and_when(class));
        lines.push(beside(&format!("地点：{}", one.class.site.name), " ", &class.room));
    }
    lines.extend(next_meeting(app, resident).await?);
    lines.extend(offers(mine.iter().map(|one| (&one.enrolment, &one.class))));
    if lines.is_empty() {
        return Ok(said(&[
            "您现在没有报上的班。".to_owned(),
            link(&app.config, "去找班级", "/classes"),
        ]));
    }
    lines.push(link(&app.config, "看我的课程", "/mine"));
    Ok(said(&lines))
}

/// When and where a person is expected next, in two lines.
async fn next_meeting(app: &App, resident: ResidentId) -> Result<Vec<String>> {
    let conn = app.db.read();
    let classes = enrolments::placed_classes(conn, resident).await?;
    let next = attendance::next_meeting(app, conn, &classes).await?;
    Ok(next.map_or_else(Vec::new, |facts| {
        vec![
            beside(
                &format!("下一次课：{}", clock::spoken(facts.meeting.starts_at)),
                "，",
                &format!("“{}”", facts.class_name()),
            ),
            beside(&format!("在{}", facts.site_name), " ", &facts.meeting.room),
        ]
    }))
}

/// Places that are kept for the person.
fn offers<'a>(mine: impl Iterator<Item = (&'a enrolment::Model, &'a ClassFacts)>) -> Vec<String> {
    mine.filter(|(row, _)| row.status == EnrolmentStatus::Offered)
        .flat_map(|(row, facts)| {
            let until = row.offer_expires_at.map(clock::spoken).unwrap_or_default();
            let class = format!("“{}”", facts.class.name);
            [beside(&class, "", "有名额为您留着。"), format!("请在{until}之前确认。")]
        })
        .collect()
}

async fn check_in(app: &App, resident: ResidentId) -> Result<String> {
    let mut lines = next_meeting(app, resident).await?;
    lines.push(SCAN.to_owned());
    lines.push("扫不了就告诉老师，老师可以补签。".to_owned());
    lines.push(link(&app.config, "打开签到", "/checkin"));
    Ok(said(&lines))
}

async fn hours(app: &App, resident: ResidentId) -> Result<String> {
    let (hours, _) = attendance::hours(app, resident).await?;
    Ok(said(&[
        format!(
            "您今年有 {} 学时，这学期 {} 学时。",
            hours_text(hours.year),
            hours_text(hours.term)
        ),
        link(&app.config, "看明细", "/hours"),
    ]))
}

async fn leave(app: &App, resident: ResidentId) -> Result<String> {
    let mut lines = next_meeting(app, resident).await?;
    if lines.is_empty() {
        lines.push("近两周没有您的课，不用请假。".to_owned());
    } else {
        lines.push(ABSENT.to_owned());
        lines.push(link(&app.config, "去请假", "/absent"));
        lines.push("老师在名单上看得到。".to_owned());
    }
    lines.push(phone(&app.config, "也可以打电话，我们登记"));
    Ok(said(&lines))
}

async fn withdraw(app: &App, resident: ResidentId) -> Result<String> {
    let mine = enrolments::my(app, app.db.read(), resident).await?;
    let placed: Vec<_> = mine
        .iter()
        .filter(|one| one.enrolment.status == EnrolmentStatus::Placed)
        .map(|one| &one.class)
        .collect();
    if placed.is_empty() {
        return Ok(said(&[
            "您现在没有可以退的班。".to_owned(),
            link(&app.config, "看我的课程", "/mine"),
        ]));
    }
    let name = |facts: &&ClassFacts| format!("您报了“{}”。", facts.class.name);
    let mut lines: Vec<_> = placed.iter().take(MOST_CLASSES).map(name).collect();
    lines.push("在“我的课程”里，点“退掉这个班”。".to_owned());
    // Of all of them, or nothing is said: two days would only confuse.
    let days: BTreeSet<_> =
        placed.iter().map(|facts| enrolments::reason_needed_from(&facts.term)).collect();
    if let (1, Some(day)) = (days.len(), days.first()) {
        lines.push(if *day <= app.clock.today() {
            "现在退课，要写一下原因。".to_owned()
        } else {
            format!("{}以前退，不用写原因。", clock::spoken_day(*day))
        });
    }
    lines.push(link(&app.config, "去我的课程", "/mine"));
    Ok(said(&lines))
}

async fn waiting(app: &App, resident: ResidentId) -> Result<String> {
    let mine = enrolments::my(app, app.db.read(), resident).await?;
    let mut lines = offers(mine.iter().map(|one| (&one.enrolment, &one.class)));
    for one in mine.iter().take(MOST_CLASSES) {
        if let Some(nth) = one.position {
            let class = format!("“{}”", one.class.class.name);
            lines.push(beside(&class, "，", &format!("您排在第 {nth} 位。")));
        }
    }
    if lines.is_empty() {
        lines.push("您现在没有在候补。".to_owned());
    } else {
        lines.push("有名额会马上通知您。".to_owned());
    }
    lines.push(link(&app.config, "看我的课程", "/mine"));
    Ok(said(&lines))
}

/// A link that opens the mini-program where there is one, and the page where not.
pub(super) fn link(config: &Config, words: &str, page: &str) -> String {
    let url = format!("{}/m/#{page}", config.server.public_url);
    let appid = &config.wechat.mini.appid;
    if appid.is_empty() {
        return format!("<a href=\"{url}\">{words}</a>");
    }
    format!(
        "<a data-miniprogram-appid=\"{appid}\" data-miniprogram-path=\"{}\" href=\"{url}\">{words}</a>",
        menu::mini_page(page)
    )
}

/// `也可以打电话：0512-…`; nothing where there is no number.
pub(super) fn phone(config: &Config, words: &str) -> String {
    let number = &config.centre.phone;
    if number.is_empty() { String::new() } else { format!("{words}：{number}") }
}

/// Two parts in a line, or in two where that would be too long to read at a glance.
fn beside(first: &str, between: &str, second: &str) -> String {
    let line = format!("{first}{between}{second}");
    if line.chars().count() <= LONGEST_LINE { line } else { format!("{first}\n{second}") }
}

/// `“书法班” 每周二 9:00–10:30`
fn what_and_when(class: &class::Model) -> String {
    beside(&format!("“{}”", class.name), " ", &courses::time_text(class))
}

/// The lines that say something.
pub(super) fn said(lines: &[String]) -> String {
    let lines: Vec<_> = lines.iter().filter(|line| !line.is_empty()).map(String::as_str).collect();
    lines.join("\n")
}

/// 学时 from hundredths: `2`, `1.33`.
fn hours_text(hundredths: i64) -> String {
    let (whole, part) = (hundredths / 100, hundredths % 100);
    if part == 0 { whole.to_string() } else { format!("{whole}.{part:02}") }
}

/// An answer for a page, which has links of its own: their words stay.
pub(super) fn without_links(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        plain.push_str(before);
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}
