//! The ends of what the account asked for: templates, mass sends, publications.

use serde_json::Value;

use crate::wechat::tree::{self, Bad};

/// How a template message fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateStatus {
    Success,
    /// The person refuses messages of this account.
    Blocked,
    SystemFailed,
    Other(String),
}

impl TemplateStatus {
    pub(super) fn parse(text: &str) -> Self {
        // Seen with a blank behind the colon and without.
        let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        match plain.to_ascii_lowercase().as_str() {
            "success" => Self::Success,
            "failed:userblock" => Self::Blocked,
            "failed:systemfailed" => Self::SystemFailed,
            _ => Self::Other(text.to_owned()),
        }
    }
}

/// How a mass send ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MassResult {
    pub msg_id: String,
    pub status: MassStatus,
    /// Followers in the chosen group.
    pub total: i64,
    /// Left after filters; normally `sent + failed`.
    pub filtered: i64,
    pub sent: i64,
    pub failed: i64,
    pub copyright: Option<CopyrightCheck>,
    /// Addresses of the articles, in their order.
    pub urls: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MassStatus {
    /// Sent, though not to each follower with certainty.
    Success,
    Failed,
    /// `err(N)`: the platform or the account's administrator refused it.
    Refused(i64),
    Other(String),
}

impl MassStatus {
    fn parse(text: &str) -> Self {
        let plain = text.trim().to_ascii_lowercase();
        let code = plain.strip_prefix("err(").and_then(|rest| rest.strip_suffix(')'));
        match plain.as_str() {
            "send success" => Self::Success,
            "send fail" => Self::Failed,
            _ => match code.and_then(|code| code.trim().parse().ok()) {
                Some(code) => Self::Refused(code),
                None => Self::Other(text.to_owned()),
            },
        }
    }

    /// For people.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Success => "已群发",
            Self::Failed => "群发失败，微信没有说明原因",
            Self::Refused(code) => match code {
                10001 => "微信认为内容涉及广告",
                20001 => "微信认为内容涉及时政",
                20002 => "微信认为内容涉及色情",
                20004 => "微信认为内容涉及社会问题",
                20006 => "微信认为内容涉及违法犯罪",
                20008 => "微信认为内容涉及欺诈",
                20013 => "微信认为内容涉及版权",
                22000 => "微信认为内容涉及互相推广",
                30001 => "原创校验没有通过，已按设置停止",
                30002 => "原文不允许转载",
                30003 => "被认定为转载，已按设置停止",
                40001 => "公众号管理员拒绝了群发",
                40002 => "公众号管理员 30 分钟没有确认",
                _ => "微信没有同意群发",
            },
            Self::Other(_) => "微信给出了不认识的状态",
        }
    }
}

/// What the check for original content found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyrightCheck {
    pub state: i64,
    pub results: Vec<CopyrightResult>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyrightResult {
    /// From 1.
    pub article_idx: i64,
    pub user_declare_state: i64,
    pub audit_state: i64,
    pub original_url: String,
    pub original_type: i64,
    pub can_reprint: bool,
    pub need_replace_content: bool,
    pub need_show_reprint_source: bool,
}

impl MassResult {
    pub(super) fn read(tree: &Value) -> Result<Self, Bad> {
        let number = |name| Ok(tree::int(tree, name)?.unwrap_or_default());
        let urls = match tree.get("ArticleUrlResult") {
            Some(result) => tree::list(&result["ResultList"], "item"),
            None => &[],
        };
        Ok(Self {
            msg_id: super::event::msg_id(tree)?.unwrap_or_default(),
            status: MassStatus::parse(&tree::text_or_empty(tree, "Status")?),
            total: number("TotalCount")?,
            filtered: number("FilterCount")?,
            sent: number("SentCount")?,
            failed: number("ErrorCount")?,
            copyright: match tree.get("CopyrightCheckResult") {
                Some(result @ Value::Object(_)) => Some(CopyrightCheck::read(result)?),
                _ => None,
            },
            urls: in_order(urls, "ArticleIdx", "ArticleUrl")?,
        })
    }
}

impl CopyrightCheck {
    fn read(tree: &Value) -> Result<Self, Bad> {
        let mut results = Vec::new();
        for item in tree::list(&tree["ResultList"], "item") {
            let number = |name| Ok(tree::int(item, name)?.unwrap_or_default());
            results.push(CopyrightResult {
                article_idx: number("ArticleIdx")?,
                user_declare_state: number("UserDeclareState")?,
                audit_state: number("AuditState")?,
                original_url: tree::text_or_empty(item, "OriginalArticleUrl")?,
                original_type: number("OriginalArticleType")?,
                can_reprint: number("CanReprint")? == 1,
                need_replace_content: number("NeedReplaceContent")? == 1,
                need_show_reprint_source: number("NeedShowReprintSource")? == 1,
            });
        }
        Ok(Self { state: tree::int(tree, "CheckState")?.unwrap_or_default(), results })
    }
}

/// The texts of a numbered list, in the order of their numbers.
fn in_order(items: &[Value], number: &'static str, text: &'static str) -> Result<Vec<String>, Bad> {
    let mut numbered = Vec::new();
    for item in items {
        let index = tree::int(item, number)?.unwrap_or(i64::MAX);
        numbered.push((index, tree::text_or_empty(item, text)?));
    }
    numbered.sort_by_key(|(index, _)| *index);
    Ok(numbered.into_iter().map(|(_, text)| text).filter(|text| !text.is_empty()).collect())
}

/// How far a publication is, from the event or from asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishResult {
    pub publish_id: String,
    pub status: PublishStatus,
    /// Set once published.
    pub article_id: Option<String>,
    /// Addresses of the articles, in their order.
    pub urls: Vec<String>,
    /// Numbers (from 1) of the articles at fault.
    pub fail_idx: Vec<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PublishStatus {
    Published,
    Publishing,
    /// Original content of somebody else's.
    OriginalityFailed,
    /// Without a reason given.
    Failed,
    /// The platform's review refused it.
    Refused,
    /// All articles were deleted after success.
    Deleted,
    /// All articles were banned after success.
    Banned,
    Other(i64),
}

impl PublishStatus {
    pub fn from_code(code: i64) -> Self {
        match code {
            0 => Self::Published,
            1 => Self::Publishing,
            2 => Self::OriginalityFailed,
            3 => Self::Failed,
            4 => Self::Refused,
            5 => Self::Deleted,
            6 => Self::Banned,
            other => Self::Other(other),
        }
    }

    /// WeChat's number.
    pub fn code(self) -> i64 {
        match self {
            Self::Published => 0,
            Self::Publishing => 1,
            Self::OriginalityFailed => 2,
            Self::Failed => 3,
            Self::Refused => 4,
            Self::Deleted => 5,
            Self::Banned => 6,
            Self::Other(code) => code,
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Published => "已发布",
            Self::Publishing => "正在发布",
            Self::OriginalityFailed => "原创校验没有通过",
            Self::Failed => "发布失败，微信没有说明原因，可到公众平台 mp.weixin.qq.com 查看",
            Self::Refused => "微信平台审核没有通过",
            Self::Deleted => "发布后已被删除",
            Self::Banned => "发布后被微信封禁",
            Self::Other(_) => "微信给出了不认识的状态",
        }
    }
}

impl PublishResult {
    /// Reads `PublishEventInfo` of the event as well as the answer of `freepublish/get`.
    pub(in crate::wechat) fn read(tree: &Value) -> Result<Self, Bad> {
        let status = tree::int(tree, "publish_status")?.ok_or(Bad("publish_status"))?;
        let articles = match tree.get("article_detail") {
            Some(detail) => tree::list(detail, "item"),
            None => &[],
        };
        let mut fail_idx = Vec::new();
        for value in tree::list(tree, "fail_idx") {
            let number = match value {
                Value::Number(number) => number.as_i64(),
                Value::String(text) => text.trim().parse().ok(),
                _ => None,
            };
            fail_idx.push(number.ok_or(Bad("fail_idx"))?);
        }
        Ok(Self {
            publish_id: tree::text_or_empty(tree, "publish_id")?,
            status: PublishStatus::from_code(status),
            article_id: tree::text(tree, "article_id")?,
            urls: in_order(articles, "idx", "article_url")?,
            fail_idx,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_known_in_each_spelling() {
        for text in ["failed: system failed", "failed:system failed", "Failed:system  failed"] {
            assert_eq!(TemplateStatus::parse(text), TemplateStatus::SystemFailed, "{text}");
        }
        assert_eq!(TemplateStatus::parse("failed:user block"), TemplateStatus::Blocked);
        assert_eq!(TemplateStatus::parse("success"), TemplateStatus::Success);
        assert_eq!(TemplateStatus::parse("late"), TemplateStatus::Other("late".to_owned()));
        assert_eq!(MassStatus::parse("send success"), MassStatus::Success);
        assert_eq!(MassStatus::parse("send fail"), MassStatus::Failed);
        assert_eq!(MassStatus::parse("err(40002)").words(), "公众号管理员 30 分钟没有确认");
        assert_eq!(MassStatus::parse("err(x)"), MassStatus::Other("err(x)".to_owned()));
    }
}
