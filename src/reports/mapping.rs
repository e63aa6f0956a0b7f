//! Which columns a list for 乐龄学堂 has: what staff chose, and what is handed out.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use entity::ids::TermId;
use entity::kinds::ExportKind;

use super::{known, record, store};
use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::sheets::{self, Table, Written};
use crate::staff::{self, Colleague};

/// More columns no platform asks for.
const MOST_COLUMNS: usize = 40;

/// Rows of a preview.
const SHOWN: usize = 5;

/// What a column says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// What we know by this key.
    Field(String),
    /// The same in every row.
    Fixed(String),
}

/// A column of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub heading: String,
    #[serde(flatten)]
    pub says: Says,
}

/// The columns of a list, in their order, and who chose them; nobody: as they came with us.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub columns: Vec<Column>,
    pub saved: Option<(String, DateTime<Utc>)>,
}

/// The columns of a kind of list.
///
/// # Errors
/// The database.
pub async fn mapping(app: &App, kind: ExportKind) -> Result<Mapping> {
    let conn = app.db.read();
    let Some(row) = store::mapping(conn, kind).await? else {
        return Ok(Mapping { columns: usual(app, kind), saved: None });
    };
    let name = staff::names(conn, &[row.saved_by]).await?.remove(&row.saved_by);
    let columns = serde_json::from_str(&row.columns)?;
    Ok(Mapping { columns, saved: Some((name.unwrap_or_default(), row.saved_at)) })
}

/// As a list comes with us: who hands it on, and then all that we know.
fn usual(app: &App, kind: ExportKind) -> Vec<Column> {
    let centre = Says::Fixed(app.config.centre.name.clone());
    let first = Column { heading: "办学单位".to_owned(), says: centre };
    let known = known::fields(kind).iter().map(|(key, name)| Column {
        heading: (*name).to_owned(),
        says: Says::Field((*key).to_owned()),
    });
    [first].into_iter().chain(known).collect()
}

/// Keeps the columns of a kind of list; the same again is no new saving.
///
/// # Errors
/// `no_columns`, `too_many_columns`, `bad_heading`, `same_heading`, `unknown_field`, `too_long`.
pub async fn save_mapping(
    app: &App,
    who: &Colleague,
    kind: ExportKind,
    columns: Vec<Column>,
) -> Result<()> {
    let columns = checked(kind, columns)?;
    if mapping(app, kind).await?.columns == columns {
        return Ok(());
    }
    let (now, text) = (app.clock.now(), serde_json::to_string(&columns)?);
    let tx = app.db.begin().await?;
    store::save_mapping(&tx, kind, text, who.id, now).await?;
    let object = format!("export:{}", kind.as_str());
    staff::record(&tx, Some(who.id), "export.mapped", &object, None, now).await?;
    Ok(tx.commit().await?)
}

fn checked(kind: ExportKind, columns: Vec<Column>) -> Result<Vec<Column>> {
    if columns.is_empty() {
        return Err(Error::invalid("no_columns", "至少要有一列。"));
    }
    if columns.len() > MOST_COLUMNS {
        let words = format!("列太多了，最多 {MOST_COLUMNS} 列。");
        return Err(Error::invalid("too_many_columns", words));
    }
    let mut seen = HashSet::new();
    let mut checked = Vec::with_capacity(columns.len());
    for Column { heading, says } in columns {
        let heading = heading.trim().to_owned();
        if !(1..=30).contains(&heading.chars().count()) || heading.contains(char::is_control) {
            return Err(Error::invalid("bad_heading", "每列都要有表头，最多 30 个字。"));
        }
        if !seen.insert(heading.clone()) {
            let words = format!("有两列都叫“{heading}”，请改一个。");
            return Err(Error::invalid("same_heading", words));
        }
        let says = match says {
            Says::Field(key) if known::at(kind, &key).is_none() => {
                let words = format!("“{heading}”这一列没有选内容。");
                return Err(Error::invalid("unknown_field", words));
            }
            Says::Fixed(text) if text.chars().count() > 60 => {
                return Err(Error::invalid("too_long", "固定的内容最多 60 个字。"));
            }
            Says::Fixed(text) => Says::Fixed(text.trim().to_owned()),
            field @ Says::Field(_) => field,
        };
        checked.push(Column { heading, says });
    }
    Ok(checked)
}

/// The first rows as they would be with these columns.
///
/// # Errors
/// Those of [`save_mapping`]; `term_not_found`, `no_community`.
pub async fn preview(
    app: &App,
    who: &Colleague,
    kind: ExportKind,
    term: TermId,
    columns: Vec<Column>,
) -> Result<(Vec<Column>, Vec<Vec<String>>)> {
    let columns = checked(kind, columns)?;
    let (_, mut rows) = known::rows(app, staff::scope(who)?, kind, term, Some(SHOWN)).await?;
    rows.truncate(SHOWN);
    let rows = mapped(kind, &columns, rows);
    Ok((columns, rows))
}

fn mapped(kind: ExportKind, columns: &[Column], rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let of = |row: &Vec<String>, column: &Column| match &column.says {
        Says::Fixed(text) => text.clone(),
        Says::Field(key) => {
            let at = known::at(kind, key);
            at.and_then(|at| row.get(at).cloned()).unwrap_or_default()
        }
    };
    rows.iter().map(|row| columns.iter().map(|column| of(row, column)).collect()).collect()
}

/// A list for the platform, with the saved columns: headings in the first row, no more.
///
/// # Errors
/// `term_not_found`, `no_community`.
pub async fn export(app: &App, who: &Colleague, kind: ExportKind, term: TermId) -> Result<Written> {
    let now = app.clock.now();
    let columns = mapping(app, kind).await?.columns;
    let (term_name, rows) = known::rows(app, staff::scope(who)?, kind, term, None).await?;
    let rows = mapped(kind, &columns, rows);
    let object = format!("export:{} term:{term}", kind.as_str());
    record(app, who.id, "export.made", &object, rows.len(), now).await?;
    let (sheet, what) = known::name(kind);
    let table = Table {
        sheet,
        title: String::new(),
        notes: Vec::new(),
        headings: columns.into_iter().map(|column| (column.heading, 16)).collect(),
        rows,
        foot: String::new(),
        large: false,
    };
    let bytes = sheets::list(table, now).await?;
    let name = format!("乐龄学堂{what}（{term_name}）{}", clock::local_date(now));
    Ok(Written::named(&name, bytes))
}
