//! What projects came to, on paper: for the end of the year.

use super::{ProjectSums, Sum};
use crate::app::App;
use crate::clock;
use crate::error::Result;
use crate::print::{self, At, Ink, Item, Page};

const LEFT: f32 = 48.0;
const RIGHT: f32 = 547.0;
/// Nothing is written below.
const FOOT: f32 = 780.0;
/// Where the columns begin (words) or end (figures).
const COLUMNS: [f32; 4] = [LEFT, 108.0, 306.0, 398.0];
const FIGURES: [f32; 4] = [452.0, 486.0, 518.0, RIGHT];

/// A page that is being filled, and those that are full.
struct Paper {
    title: String,
    author: String,
    full: Vec<Page>,
    items: Vec<Item>,
    y: f32,
}

impl Paper {
    /// Goes down; to the next page where this one has no room for `more` below.
    fn down(&mut self, by: f32, more: f32) {
        self.y += by;
        if self.y + more > FOOT {
            self.turn();
        }
    }

    fn turn(&mut self) {
        let (title, author) = (self.title.clone(), self.author.clone());
        let items = std::mem::take(&mut self.items);
        self.full.push(Page { title, author, wide: false, items });
        self.y = 60.0;
    }

    fn line(&mut self, text: &str, size: f32, at: At, ink: Ink, bold: bool) {
        self.items.push(Item::Line { text: text.to_owned(), size, at, y: self.y, ink, bold });
    }

    fn row(&mut self, words: [&str; 4], figures: [&str; 4], ink: Ink) {
        // So that no column runs into the next.
        let most = [6, 19, 9, 5];
        for ((text, left), most) in words.into_iter().zip(COLUMNS).zip(most) {
            if !text.is_empty() {
                self.line(&cut(text, most), 10.0, At::Left(left), ink, false);
            }
        }
        for (text, right) in figures.into_iter().zip(FIGURES) {
            self.line(text, 10.0, At::Right(right), ink, false);
        }
    }
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// `12.5` of 1250 hundredths.
fn hours(hundredths: i64) -> String {
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The report of these projects as a PDF, and what the file is called.
///
/// # Errors
/// `no_glyph`.
pub(super) async fn pdf(app: &App, found: &[ProjectSums], year: i32) -> Result<(String, Vec<u8>)> {
    let now = app.clock.now();
    let title = match found {
        [one] => format!("{year}年项目报告：{}", one.project.name),
        _ => format!("{year}年重点项目报告"),
    };
    let author = app.config.centre.name.clone();
    let mut paper =
        Paper { title: title.clone(), author, full: Vec::new(), items: Vec::new(), y: 80.0 };
    paper.line(&title, 20.0, At::Middle, Ink::Brand, true);
    paper.down(22.0, 0.0);
    let made = clock::spoken_day(clock::local_date(now));
    let says = format!("{} · {made}打印 · 人次和学时从签到算出", paper.author);
    paper.line(&says, 10.0, At::Middle, Ink::Soft, false);
    for one in found {
        project(&mut paper, one);
    }
    if found.len() > 1 {
        paper.down(34.0, 30.0);
        let all = found.iter().fold(Sum::default(), |all, one| all.and(one.all));
        paper.line(&format!("合计：{}", sum(&all)), 12.0, At::Left(LEFT), Ink::Black, true);
    }
    paper.turn();
    let bytes = print::pages(&app.config.print.extra_font, paper.full, now).await?;
    Ok((format!("{title}.pdf"), bytes))
}

fn sum(of: &Sum) -> String {
    let heads = if of.heads > 0 {
        format!("，另有不记名 {} 人次", of.heads)
    } else {
        String::new()
    };
    format!("{} 场，{} 人次，{} 学时{heads}", of.meetings, of.times, hours(of.hundredths))
}

fn project(paper: &mut Paper, one: &ProjectSums) {
    paper.down(36.0, 70.0);
    paper.line(&one.project.name, 15.0, At::Left(LEFT), Ink::Brand, true);
    if !one.project.lead.is_empty() {
        let lead = format!("负责人：{}", one.project.lead);
        paper.line(&lead, 10.0, At::Right(RIGHT), Ink::Soft, false);
    }
    paper.down(18.0, 50.0);
    paper.line(&cut(&one.project.aim, 48), 10.0, At::Left(LEFT), Ink::Soft, false);
    paper.down(18.0, 30.0);
    paper.line(&sum(&one.all), 11.0, At::Left(LEFT), Ink::Black, true);
    if !one.parts.is_empty() {
        paper.down(20.0, 30.0);
        let heads = ["场次", "人次", "学时", "不记名"];
        paper.row(["首次", "名称", "种类", "地点"], heads, Ink::Soft);
    }
    for part in &one.parts {
        paper.down(16.0, 0.0);
        let day = part.first_at.map(|at| {
            let day = clock::local_date(at);
            format!("{}月{}日", chrono::Datelike::month(&day), chrono::Datelike::day(&day))
        });
        let of = &part.sum;
        let figures = [
            of.meetings.to_string(),
            of.times.to_string(),
            hours(of.hundredths),
            of.heads.to_string(),
        ];
        let figures = [&*figures[0], &*figures[1], &*figures[2], &*figures[3]];
        let words =
            [day.as_deref().unwrap_or_default(), &part.name, part.kind_text, &part.site_name];
        paper.row(words, figures, Ink::Black);
    }
    if !one.articles.is_empty() {
        paper.down(20.0, 20.0);
        let says = format!("文章 {} 篇：", one.articles.len());
        paper.line(&says, 10.0, At::Left(LEFT), Ink::Soft, false);
    }
    for article in &one.articles {
        paper.down(15.0, 0.0);
        let day = clock::spoken_day(clock::local_date(article.at));
        let says = cut(&format!("{day}《{}》", article.title), 46);
        paper.line(&says, 10.0, At::Left(LEFT + 12.0), Ink::Black, false);
    }
}
