//! What a person means by what they type or tap, from the words alone.
//!
//! Elders type few words, with slips, in either script, or dictate; so the first
//! known word in the text decides, and everything unknown leads to help.

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Intent {
    /// Find a class and sign up.
    SignUp,
    /// When and where is my class.
    MyClasses,
    CheckIn,
    Hours,
    /// Withdraw, or ask for leave.
    Leave,
    /// News of the centre.
    News,
    /// A human being.
    Person,
    Help,
}

/// The first match decides, so the more particular words stand first.
const WORDS: &[(Intent, &[&str])] = &[
    (
        Intent::Leave,
        &["退课", "退班", "退報", "退报", "请假", "請假", "不上了", "取消报名", "取消報名"],
    ),
    (Intent::CheckIn, &["签到", "簽到", "扫码", "掃碼", "打卡", "补签", "補簽"]),
    (Intent::Hours, &["学时", "學時", "课时", "課時", "学分", "學分"]),
    (
        Intent::MyClasses,
        &[
            "我的课",
            "我的課",
            "上课时间",
            "上課時間",
            "几点上课",
            "几点",
            "什么时候上课",
            "在哪上课",
            "在哪里上课",
            "在哪上課",
            "哪里上课",
            "教室",
            "课表",
            "課表",
            "候补",
            "候補",
        ],
    ),
    (
        Intent::SignUp,
        &[
            "报名",
            "報名",
            "保名",
            "抱名",
            "报明",
            "选课",
            "選課",
            "报班",
            "報班",
            "学什么",
            "有什么课",
            "课程",
            "課程",
            "班",
        ],
    ),
    (Intent::News, &["新闻", "新聞", "消息", "文章", "公告"]),
    (Intent::Person, &["人工", "客服", "电话", "電話", "打电话", "老师", "联系", "聯繫", "投诉"]),
];

/// Reads a text message or recognised speech.
pub(super) fn intent(text: &str) -> Intent {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    WORDS
        .iter()
        .find(|(_, words)| words.iter().any(|word| text.contains(word)))
        .map_or(Intent::Help, |(intent, _)| *intent)
}

/// Reads a menu key of `menu.rs`.
pub(super) fn of_key(key: &str) -> Intent {
    match key {
        "hours" => Intent::Hours,
        "my_classes" => Intent::MyClasses,
        "person" => Intent::Person,
        "sign_up" => Intent::SignUp,
        "news" => Intent::News,
        _ => Intent::Help,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_elders_type_is_understood() {
        for (text, wanted) in [
            ("报名", Intent::SignUp),
            (" 我 要 報名 ", Intent::SignUp),
            ("保名", Intent::SignUp),
            ("请问怎么签到？", Intent::CheckIn),
            ("取消报名", Intent::Leave),
            ("明天几点上课", Intent::MyClasses),
            ("我的学时有多少", Intent::Hours),
            ("转人工", Intent::Person),
            ("你好", Intent::Help),
            ("", Intent::Help),
        ] {
            assert_eq!(intent(text), wanted, "{text}");
        }
    }
}
