//! The kinds of activity, in words.

use entity::kinds::ActivityKind;

/// As people call it.
pub fn kind_text(kind: ActivityKind) -> &'static str {
    match kind {
        ActivityKind::Vocational => "企业职工技能培训",
        ActivityKind::Law => "法律法规培训",
        ActivityKind::Farming => "农业种植技术培训",
        ActivityKind::Reading => "读书会",
        ActivityKind::Lesson => "千名教师进社区",
        ActivityKind::Charity => "义卖",
        ActivityKind::LearningWeek => "全民终身学习周",
        ActivityKind::Exhibition => "成果展演",
    }
}

/// Whether being there is learning, unless staff say otherwise: a fair or a show is none.
pub fn credited(kind: ActivityKind) -> bool {
    !matches!(kind, ActivityKind::Charity | ActivityKind::LearningWeek | ActivityKind::Exhibition)
}
