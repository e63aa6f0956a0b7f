//! The words that the machine check looks out for: the list that comes with the service,
//! and what the desk has changed of it.

use sea_orm::ConnectionTrait;

use entity::kinds::NewsWordKind as Kind;
use entity::news_word;

use super::content::plain;
use super::store;
use crate::app::App;
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};

const WORD_CHARS: usize = 30;

/// A word, and what to write instead (of an official: the office).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Word {
    pub kind: Kind,
    pub word: String,
    pub instead: String,
}

/// Comes with the service. 绝对化用语 follow article 9 of 广告法; everyday words such as
/// 最好 are left out, for nearly every hit would be none.
const GIVEN: &[(Kind, &str, &str)] = &[
    (Kind::Absolute, "国家级", "写明是哪个部门认定的"),
    (Kind::Absolute, "最高级", ""),
    (Kind::Absolute, "最佳", "优秀"),
    (Kind::Absolute, "最优", "优质"),
    (Kind::Absolute, "最先进", "先进"),
    (Kind::Absolute, "顶级", "高水平"),
    (Kind::Absolute, "顶尖", "高水平"),
    (Kind::Absolute, "极品", ""),
    (Kind::Absolute, "独一无二", "有特色"),
    (Kind::Absolute, "绝无仅有", "少见"),
    (Kind::Absolute, "史无前例", ""),
    (Kind::Absolute, "前所未有", ""),
    (Kind::Absolute, "全国第一", "写明出处"),
    (Kind::Absolute, "全网第一", "写明出处"),
    (Kind::Absolute, "百分之百", ""),
    (Kind::Absolute, "永久", ""),
    (Kind::Absolute, "万能", ""),
    (Kind::Absolute, "根治", ""),
    (Kind::Absolute, "包治", ""),
    (Kind::Absolute, "特效", ""),
    (Kind::Forbidden, "残废", "残疾人"),
    (Kind::Forbidden, "残疾者", "残疾人"),
    (Kind::Forbidden, "瞎子", "盲人"),
    (Kind::Forbidden, "聋子", "聋人"),
    (Kind::Forbidden, "傻子", "智力障碍者"),
    (Kind::Forbidden, "疯子", "精神障碍患者"),
    (Kind::Forbidden, "老不死", ""),
    (Kind::Forbidden, "乡巴佬", ""),
    (Kind::Misspelt, "帐号", "账号"),
    (Kind::Misspelt, "帐户", "账户"),
    (Kind::Misspelt, "登陆网站", "登录网站"),
    (Kind::Misspelt, "登陆平台", "登录平台"),
    (Kind::Misspelt, "座右名", "座右铭"),
    (Kind::Misspelt, "渡假", "度假"),
    (Kind::Misspelt, "欢渡", "欢度"),
    (Kind::Misspelt, "共渡佳节", "共度佳节"),
    (Kind::Misspelt, "按装", "安装"),
    (Kind::Misspelt, "既使", "即使"),
    (Kind::Misspelt, "既将", "即将"),
    (Kind::Misspelt, "迫不急待", "迫不及待"),
    (Kind::Misspelt, "再接再励", "再接再厉"),
    (Kind::Misspelt, "一如继往", "一如既往"),
    (Kind::Misspelt, "淋漓尽至", "淋漓尽致"),
    (Kind::Misspelt, "精神抖搂", "精神抖擞"),
    (Kind::Misspelt, "其乐溶溶", "其乐融融"),
    (Kind::Misspelt, "兴高彩烈", "兴高采烈"),
    (Kind::Misspelt, "丰富多采", "丰富多彩"),
    (Kind::Misspelt, "振兴乡村战略", "乡村振兴战略"),
    (Kind::Misspelt, "凑和", "凑合"),
    (Kind::Misspelt, "寒喧", "寒暄"),
    (Kind::Misspelt, "针炙", "针灸"),
    (Kind::Misspelt, "编缉", "编辑"),
    (Kind::Misspelt, "部暑", "部署"),
    (Kind::Misspelt, "布署", "部署"),
    (Kind::Misspelt, "签定", "签订"),
];

/// What is looked for now, in an order that stays.
pub(super) async fn all(conn: &impl ConnectionTrait) -> Result<Vec<Word>> {
    Ok(merged(store::words(conn).await?))
}

fn merged(rows: Vec<news_word::Model>) -> Vec<Word> {
    let changed =
        |kind: Kind, word: &str| rows.iter().any(|row| row.kind == kind && row.word == word);
    let mut words: Vec<Word> = GIVEN
        .iter()
        .filter(|(kind, word, _)| !changed(*kind, word))
        .map(|(kind, word, instead)| Word {
            kind: *kind,
            word: (*word).to_owned(),
            instead: (*instead).to_owned(),
        })
        .collect();
    words.extend(rows.iter().filter(|row| !row.off).map(|row| Word {
        kind: row.kind,
        word: row.word.clone(),
        instead: row.instead.clone(),
    }));
    words.sort();
    words
}

/// Looks for a word from now on, or for the same one with another hint.
///
/// # Errors
/// Empty or too long: `Invalid`.
pub async fn keep_word(
    app: &App,
    who: &Colleague,
    kind: Kind,
    word: &str,
    instead: &str,
) -> Result<()> {
    save(app, who, kind, word, instead, false).await
}

/// Looks for a word no longer.
///
/// # Errors
/// The database.
pub async fn drop_word(app: &App, who: &Colleague, kind: Kind, word: &str) -> Result<()> {
    save(app, who, kind, word, "", true).await
}

async fn save(
    app: &App,
    who: &Colleague,
    kind: Kind,
    word: &str,
    instead: &str,
    off: bool,
) -> Result<()> {
    let (word, instead) = (plain(word), plain(instead));
    let long = |text: &str| text.chars().count() > WORD_CHARS;
    // One letter would be found everywhere.
    if word.chars().count() < 2 || long(&word) || long(&instead) {
        let words = format!("词语要写 2 到 {WORD_CHARS} 个字，说明最多 {WORD_CHARS} 个字。");
        return Err(Error::invalid("news_word", words));
    }
    if kind == Kind::Official && instead.is_empty() && !off {
        return Err(Error::invalid("news_word", "请写这位同志的职务。"));
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    store::save_word(&tx, &Word { kind, word: word.clone(), instead }, off, who.id, now).await?;
    let action = if off { "news.word_dropped" } else { "news.word_kept" };
    let object = format!("news_word:{}", kind.as_str());
    staff::record(&tx, Some(who.id), action, &object, Some(&word), now).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_desk_changed_goes_before_what_was_given() {
        let row = |kind, word: &str, instead: &str, off| news_word::Model {
            id: 1,
            kind,
            word: word.to_owned(),
            instead: instead.to_owned(),
            off,
            saved_by: entity::ids::StaffId(1),
            saved_at: chrono::DateTime::UNIX_EPOCH,
        };
        let words = merged(vec![
            row(Kind::Absolute, "永久", "", true),
            row(Kind::Misspelt, "帐号", "账号（用贝字旁）", false),
            row(Kind::Official, "张三", "园区党工委书记", false),
        ]);
        let found = |word: &str| words.iter().find(|one| one.word == word);
        assert!(found("永久").is_none());
        assert_eq!(found("帐号").map(|one| one.instead.as_str()), Some("账号（用贝字旁）"));
        assert!(found("张三").is_some() && found("最佳").is_some());
        assert_eq!(words.iter().filter(|one| one.word == "帐号").count(), 1);
    }
}
