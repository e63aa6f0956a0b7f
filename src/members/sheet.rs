//! Residents from a spreadsheet: looked through first, then entered all together or nobody;
//! and the list of residents as one.

use std::collections::HashMap;

use chrono::NaiveDate;
use sea_orm::ConnectionTrait;

use entity::ids::{CommunityId, ResidentId};
use entity::resident;

use super::counter::{self, ENTERING, is_same, not_elsewhere, own_community};
use super::{NewResident, person, profile, store};
use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::sheets::{
    self, Choices, Column, Fault, Kind, Known, Line, Report, Sheet, Table, Template, Written,
};
use crate::staff::{self, Colleague};

const NAME: usize = 0;
const BORN: usize = 1;
const COMMUNITY: usize = 2;
const PHONE: usize = 3;

static COLUMNS: [Column; 4] = [
    Column {
        title: "姓名",
        also: &["居民姓名", "学员姓名", "名字"],
        needed: true,
        kind: Kind::Text,
        width: 20,
        example: "",
        help: "和身份证上一样，2 到 20 个字。",
    },
    Column {
        title: "出生日期",
        also: &["生日", "出生年月日"],
        needed: true,
        kind: Kind::Day,
        width: 16,
        example: "1956-03-01",
        help: "年月日都要，比如 1956-03-01、1956/3/1、1956年3月1日。",
    },
    Column {
        title: "社区",
        also: &["所属社区", "居委会"],
        needed: true,
        kind: Kind::Text,
        width: 18,
        example: "常沙社区",
        help: "从下拉里选。社区专职只能登记自己社区的居民。",
    },
    Column {
        title: "手机号",
        also: &["手机", "电话", "手机号码", "联系电话"],
        needed: false,
        kind: Kind::Digits,
        width: 18,
        example: "13800000000",
        help: "11 位。没有就空着。一家人可以用同一个号码。",
    },
];

/// Rows that are read at once.
const PAGE: u64 = 1_000;

/// Communities that a colleague may enter people of.
async fn communities(
    conn: &impl ConnectionTrait,
    scope: Option<CommunityId>,
) -> Result<Choices<CommunityId>> {
    let all = store::communities(conn).await?.into_iter();
    let own = all.filter(|row| scope.is_none_or(|own| own == row.id));
    let advice = "请从下拉里选，或请教育中心添加。";
    Ok(Choices::new("这个社区", advice, own.map(|row| (row.id, row.id.0, row.name))))
}

/// A file to be filled in with people.
///
/// # Errors
/// `no_community`; the database.
pub async fn template(app: &App, who: &Colleague) -> Result<Written> {
    let communities = communities(app.db.read(), staff::scope(who)?).await?;
    let template = Template {
        sheet: "居民",
        columns: &COLUMNS,
        choices: vec![(COMMUNITY, communities.labels().to_vec())],
        example: "示例：王秀英",
        help: vec![
            "在“居民”那一页填，一行一位。灰色的示例行不用删，系统会跳过。".to_owned(),
            "每一位都要先在纸上签个人信息同意书，才能填进来。请不要填身份证号，系统不收。"
                .to_owned(),
            "填好保存，到工作台的“居民”里点“导入居民”上传。先检查，没有问题才导入。".to_owned(),
            "已经登记过的人（姓名和生日一样，或姓名和手机号一样）不会重复登记。".to_owned(),
            format!("要么全部导入，要么一位也不导入。一次最多 {} 行。", sheets::MOST_ROWS),
        ],
    };
    let bytes = sheets::template(template, app.clock.now()).await?;
    Ok(Written::named("居民导入模板", bytes))
}

/// What a file would come to; nothing is changed.
///
/// # Errors
/// `no_community`, or what is wrong with the file as a whole.
pub async fn look_through(app: &App, who: &Colleague, file: Vec<u8>) -> Result<Report> {
    let scope = staff::scope(who)?;
    let sheet = read(app, file).await?;
    Ok(weigh(app, app.db.read(), scope, &sheet).await?.report)
}

/// Enters all people of a file who are not known, if nothing speaks against any of them. The
/// same file again finds them known.
///
/// # Errors
/// `consent_needed`: the colleague does not say that all of them signed on paper; those of
/// [`look_through`].
pub async fn import(
    app: &App,
    who: &Colleague,
    file: Vec<u8>,
    consent_on_paper: bool,
) -> Result<Report> {
    let scope = staff::scope(who)?;
    if !consent_on_paper {
        let words = "请先确认名单里的每一位都在纸上签了个人信息同意书，再打勾。";
        return Err(Error::invalid("consent_needed", words));
    }
    let sheet = read(app, file).await?;
    let tx = app.db.begin().await?;
    store::one_at_a_time(&tx, ENTERING).await?;
    let Weighed { mut report, good } = weigh(app, &tx, scope, &sheet).await?;
    if !report.faults.is_empty() {
        return Ok(report);
    }
    let ids = super::create_all(app, &tx, &good).await?;
    counter::record(app, &tx, who, "resident.registered", &ids).await?;
    let detail = format!("{} entered, {} known", ids.len(), report.known.len());
    let now = app.clock.now();
    staff::record(&tx, Some(who.id), "residents.imported", "residents", Some(&detail), now).await?;
    tx.commit().await?;
    report.imported = true;
    Ok(report)
}

async fn read(app: &App, file: Vec<u8>) -> Result<Sheet> {
    sheets::fits(&file, app.config.server.max_sheet_bytes)?;
    sheets::read(file, &COLUMNS).await
}

struct Weighed {
    report: Report,
    good: Vec<NewResident>,
}

async fn weigh(
    app: &App,
    conn: &impl ConnectionTrait,
    scope: Option<CommunityId>,
    sheet: &Sheet,
) -> Result<Weighed> {
    // All communities, so that another's is told from one that is not there.
    let communities = communities(conn, None).await?;
    let mut lines: Vec<(Line<'_>, Option<NewResident>)> = Vec::new();
    for row in &sheet.rows {
        let mut line = Line::new(row, &COLUMNS);
        let new = resident_of(&mut line, scope, &communities, app.clock.today());
        lines.push((line, new));
    }
    let names = lines.iter().filter_map(|(_, new)| new.as_ref().map(|new| new.name.as_str()));
    let known = Registered::of(conn, names.collect()).await?;
    let mut report =
        Report { rows: sheet.rows.len(), unused: sheet.unused.clone(), ..Default::default() };
    let mut good = Vec::new();
    let mut before = Before::default();
    let mut faults: Vec<Fault> = Vec::new();
    for (mut line, new) in lines {
        if let Some(new) = new {
            let phone = new.phone.as_deref().map(|phone| app.vault.fingerprint("phone", phone));
            if let Some(row) = before.twice(&new, line.number()) {
                let words = format!(
                    "和第 {row} 行是同一个人，请删掉一行。确实是两个人的，请把其中一位到“窗口报名”登记。"
                );
                line.refuse(NAME, words);
            } else if let Some(one) = known.find(&new, phone.as_deref()) {
                if line.checked(NAME, not_elsewhere(scope, one)).is_some() && line.is_good() {
                    report.known.push(Known { row: line.number(), says: words_of(one, &new) });
                }
            } else if line.is_good() {
                good.push(new);
            }
        }
        faults.extend(line.into_faults());
    }
    report.good = good.len();
    report.faults = faults;
    Ok(Weighed { report, good })
}

/// What a row says, if all of it can be read; everything that is wrong is said.
fn resident_of(
    line: &mut Line<'_>,
    scope: Option<CommunityId>,
    communities: &Choices<CommunityId>,
    today: NaiveDate,
) -> Option<NewResident> {
    let name = line.name(NAME);
    let name = name.and_then(|name| line.checked(NAME, profile::name(&name)));
    let born = line.day(BORN);
    let born = born.and_then(|born| line.checked(BORN, profile::birth_date(born, today)));
    let community = line.choice(COMMUNITY, communities);
    if let Some(community) = community {
        line.checked(COMMUNITY, own_community(scope, community));
    }
    let phone = line.digits(PHONE);
    let phone = phone.and_then(|phone| line.checked(PHONE, profile::phone(&phone)));
    Some(NewResident {
        name: name?,
        birth_date: born?,
        community_id: community?,
        phone,
        mini_openid: None,
    })
}

/// Who stands above in the same file: the first row of each.
#[derive(Default)]
struct Before {
    born: HashMap<(String, NaiveDate), u32>,
    phones: HashMap<(String, String), u32>,
}

impl Before {
    /// The row of the same person, if there is one.
    fn twice(&mut self, new: &NewResident, row: u32) -> Option<u32> {
        let first = *self.born.entry((new.name.clone(), new.birth_date)).or_insert(row);
        let other = new.phone.as_ref().map_or(row, |phone| {
            *self.phones.entry((new.name.clone(), phone.clone())).or_insert(row)
        });
        Some(first.min(other)).filter(|first| *first != row)
    }
}

/// Who is known by one of the names of a file.
struct Registered(HashMap<String, Vec<resident::Model>>);

impl Registered {
    async fn of(conn: &impl ConnectionTrait, mut names: Vec<&str>) -> Result<Self> {
        names.sort_unstable();
        names.dedup();
        let mut known: HashMap<String, Vec<resident::Model>> = HashMap::new();
        for row in store::named(conn, &names).await? {
            known.entry(row.name.clone().unwrap_or_default()).or_default().push(row);
        }
        Ok(Self(known))
    }

    fn find(&self, new: &NewResident, phone_hash: Option<&str>) -> Option<&resident::Model> {
        let named = self.0.get(&new.name)?;
        named.iter().find(|row| is_same(row, new.birth_date, phone_hash))
    }
}

fn words_of(known: &resident::Model, new: &NewResident) -> String {
    let number = &known.learner_number;
    if known.birth_date == Some(new.birth_date) {
        format!("{}已经登记过，学员号 {number}。", new.name)
    } else {
        format!("{}已经用这个手机号登记过，学员号 {number}，但出生日期不一样，请核对。", new.name)
    }
}

/// The residents whom a colleague sees, of one community if they say so; phone numbers are
/// masked. It stands in the audit.
///
/// # Errors
/// `no_community`, `out_of_scope`; the database.
pub async fn residents_list(
    app: &App,
    who: &Colleague,
    community: Option<CommunityId>,
) -> Result<Written> {
    let scope = staff::scope(who)?;
    if scope.is_some_and(|own| community.is_some_and(|asked| asked != own)) {
        return Err(Error::forbidden("out_of_scope", "这不在您的社区范围内，请联系教育中心。"));
    }
    let (scope, conn, now) = (community.or(scope), app.db.read(), app.clock.now());
    let names = store::community_names(conn).await?;
    let whose = match scope {
        Some(id) => {
            let name = names.get(&id).cloned();
            name.ok_or_else(|| Error::invalid("no_community", "没有这个社区。"))?
        }
        None => "全部社区".to_owned(),
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut after = ResidentId(0);
    loop {
        let page = store::listed(conn, scope, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for row in page {
            let one = person(app, row)?;
            let community = one.community_id.and_then(|id| names.get(&id).cloned());
            rows.push(vec![
                (rows.len() + 1).to_string(),
                one.name,
                one.learner_number,
                one.phone_masked.unwrap_or_default(),
                community.unwrap_or_default(),
            ]);
        }
    }
    let tx = app.db.begin().await?;
    let object = scope.map_or_else(|| "residents".to_owned(), |id| format!("community:{id}"));
    let detail = format!("work list, {} lines", rows.len());
    staff::record(&tx, Some(who.id), "residents.exported", &object, Some(&detail), now).await?;
    tx.commit().await?;
    let made = format!("{}导出，{}，共 {} 人。", clock::wechat_time(now), who.name, rows.len());
    let table = Table {
        sheet: "居民",
        title: format!("居民名单（{whose}）"),
        notes: vec![made.clone(), sheets::INTERNAL.to_owned()],
        headings: sheets::headings(&[
            ("序号", 6),
            ("姓名", 16),
            ("学员号", 14),
            ("手机号", 16),
            ("社区", 20),
        ]),
        rows,
        foot: format!("{} {made}", sheets::INTERNAL),
        large: false,
    };
    let bytes = sheets::list(table, now).await?;
    Ok(Written::named(&format!("居民名单（{whose}）{}", clock::local_date(now)), bytes))
}
