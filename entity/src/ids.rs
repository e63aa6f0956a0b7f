//! A type for each kind of id, so that one cannot be passed for another.
//!
//! Ids are row numbers: they name a thing and never grant anything. Secrets
//! are separate random tokens.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, sea_orm::DeriveValueType,
            poem_openapi::NewType,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A person who learns, or may come to.
    ResidentId;
    /// A person who works at the console.
    StaffId;
    /// 社区（居委会）.
    CommunityId;
    /// 学习点.
    SiteId;
    /// 学期.
    TermId;
    /// 课程.
    CourseId;
    /// 教师.
    TeacherId;
    /// 班级.
    ClassId;
    /// 课次.
    MeetingId;
    /// A scan that could not be taken, and waits to be settled.
    TrayId;
    /// A scan of the poster, which waits for a nod.
    ClaimId;
    /// A place that a leave frees for one meeting.
    GuestSeatId;
    /// …and whom it was offered to.
    GuestOfferId;
    /// A code with which somebody signs in outside WeChat.
    SignInCodeId;
    /// 回访: a task after absences.
    CareTaskId;
    /// A month whose figures are frozen.
    ClosedMonthId;
    /// 报名, 候补.
    EnrolmentId;
    /// A version of the text that learners sign.
    PledgeId;
    /// A time in which somebody may not sign up.
    BarId;
    /// 摇号.
    DrawId;
    /// 家人: one learner lets one family member act.
    DelegationId;
    /// A word to one resident.
    NoticeId;
    /// 公告、图文.
    ArticleId;
    /// 稿件: what a community, or the centre, writes in.
    NewsItemId;
    /// A paper or platform that takes articles.
    OutletId;
    /// A remark at a place of an article.
    RemarkId;
    /// An uploaded picture.
    PictureId;
    /// One attempt to bring an article to the account.
    PublicationId;
    /// An answer that was not ready in time.
    LateAnswerId;
    /// What is known of a WeChat account itself.
    WechatNoteId;
    /// One erasure of personal data.
    ErasureId;
    /// A talk between a person and the centre.
    HelpThreadId;
    /// One thing said in it.
    HelpMessageId;
    /// One thing that is judged before others see it.
    CheckId;
    /// 项目.
    ProjectId;
    /// 社团.
    ClubId;
    /// 服务队: a team of volunteers.
    TeamId;
    /// 志愿者.
    VolunteerId;
    /// Somebody in a team, from applying to leaving.
    TeamMemberId;
    /// How long somebody served at one meeting of a shift.
    ServiceId;
    /// A piece of work that waits in the outbox.
    JobId;
}
