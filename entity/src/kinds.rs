//! The closed sets of values, stored as short strings and sent as the same.

use sea_orm::prelude::StringLen;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            sea_orm::EnumIter, sea_orm::DeriveActiveEnum,
            serde::Serialize, serde::Deserialize, poem_openapi::Enum,
        )]
        #[sea_orm(rs_type = "String", db_type = "String(StringLen::N(24))")]
        pub enum $name {
            $($(#[$vdoc])*
            #[sea_orm(string_value = $text)]
            #[serde(rename = $text)]
            #[oai(rename = $text)]
            $variant,)*
        }

        impl $name {
            /// The word in the database and on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    )*};
}

kinds! {
    /// Which of the two WeChat accounts.
    WechatAccount {
        /// The public account “美丽常阴沙”.
        Official = "official",
        /// The mini-program.
        Mini = "mini",
    }
    /// What a resident agrees to; each by itself.
    ConsentKind {
        /// Use of personal information for sign-up and check-in.
        Privacy = "privacy",
        /// Sensitive information (ID number), asked for separately.
        Sensitive = "sensitive",
        /// 承诺书, signed; the version is that of the text.
        Pledge = "pledge",
        /// A relative agrees, and is the one to be called.
        Relative = "relative",
        /// 关怀电话: lives alone, and wants a call when missing from class.
        CareCall = "care_call",
        /// 拍照: may be seen in pictures of classes that are published. One that was never
        /// given and is withdrawn says that the person was asked and does not want it.
        Photos = "photos",
    }
    /// What somebody who signs in outside WeChat has tried.
    SignInTry {
        /// Asked for a code by SMS.
        Ask = "ask",
        /// Entered a code.
        Enter = "enter",
    }
    /// How staff came by a consent that was not given on the phone.
    ConsentWay {
        /// Signed at the counter.
        Paper = "paper",
        /// Said in a call.
        Call = "call",
    }
    /// Whether others see a resident's name.
    NameState {
        Shown = "shown",
        /// Nobody has judged it yet: others see it masked.
        Unseen = "unseen",
        /// Staff found it unfit.
        Refused = "refused",
    }
    /// How much of a resident's data was erased.
    ErasureScope {
        /// All that names them.
        Person = "person",
        /// The phone number.
        Phone = "phone",
    }

    /// What a person at the console is.
    Role {
        /// Everything, and the other logins.
        Admin = "admin",
        /// 教育中心: terms, courses, classes, enrolments, registers.
        Centre = "centre",
        /// 社区专职: their own community.
        Officer = "officer",
        /// 教师: the roll of their own classes.
        Teacher = "teacher",
        /// 编辑: writes articles, reviews those of others for language.
        Editor = "editor",
        /// 科长: reviews facts.
        SectionHead = "section_head",
        /// 领导: reviews direction.
        Leader = "leader",
    }
    /// How a teacher is employed.
    TeacherKind {
        FullTime = "full_time",
        PartTime = "part_time",
        Volunteer = "volunteer",
    }
    /// What a class is. All have places, meetings, a roll and codes.
    ClassKind {
        /// 班级 of a course in a term.
        Course = "course",
        /// 活动.
        Activity = "activity",
        /// 志愿服务: a shift of volunteers.
        Shift = "shift",
        /// 社团.
        Club = "club",
    }
    /// What an activity is.
    ActivityKind {
        /// 企业职工技能培训.
        Vocational = "vocational",
        /// 法律法规培训.
        Law = "law",
        /// 农业种植技术培训.
        Farming = "farming",
        /// 读书会.
        Reading = "reading",
        /// 千名教师进社区.
        Lesson = "lesson",
        /// 义卖.
        Charity = "charity",
        /// 全民终身学习周.
        LearningWeek = "learning_week",
        /// 成果展演.
        Exhibition = "exhibition",
    }
    /// Where somebody stands in a team of volunteers. The first three are live.
    MemberState {
        Applied = "applied",
        /// Taken in by the leader.
        Approved = "approved",
        /// May sign up for shifts.
        Trained = "trained",
        Refused = "refused",
        /// By themselves, or taken out.
        Left = "left",
    }
    /// Whether a class runs.
    ClassStatus {
        Open = "open",
        Cancelled = "cancelled",
    }
    /// Whose residents a class is for; its community is that of its site.
    Residence {
        Everyone = "everyone",
        /// Its own, until first come first served.
        OwnFirst = "own_first",
        OwnOnly = "own_only",
    }
    /// Why somebody left a class.
    LeaveReason {
        Health = "health",
        Time = "time",
        Family = "family",
        OtherClass = "other_class",
        Other = "other",
        /// Taken out: absent too often.
        Absent = "absent",
        /// Taken out: ought not to be in it.
        Unfit = "unfit",
    }
    /// Whether a meeting takes place.
    MeetingStatus {
        Planned = "planned",
        Cancelled = "cancelled",
    }
    /// Where an enrolment stands. `placed`, `offered` and `waiting` are live;
    /// `placed` and `offered` hold a place.
    EnrolmentStatus {
        /// 录取.
        Placed = "placed",
        /// 候补.
        Waiting = "waiting",
        /// A place is reserved until the offer runs out.
        Offered = "offered",
        /// 退课, or left the waiting list.
        Withdrawn = "withdrawn",
        /// The class was cancelled.
        Cancelled = "cancelled",
    }
    /// Who did something.
    ActorKind {
        Resident = "resident",
        /// 家人: a family member who acts for the resident; the id is the family member's.
        Delegate = "delegate",
        Staff = "staff",
        System = "system",
    }
    /// What a family member is to the learner.
    Kinship {
        Daughter = "daughter",
        Son = "son",
        Grandchild = "grandchild",
        Spouse = "spouse",
        Other = "other",
    }
    /// What a family member may do for a learner.
    DelegatedScope {
        /// 报名: sign up, leave, change, answer offers, wish.
        Enrolment = "enrolment",
        /// See meetings, hours and attendance.
        Record = "record",
        /// Get what the learner is told.
        Notices = "notices",
    }
    /// How a learner let a family member act.
    DelegationWay {
        /// A code on the learner's phone.
        Code = "code",
        /// A call, in which staff asked the learner.
        Phone = "phone",
        /// On paper, signed.
        Paper = "paper",
    }
    /// The register's answer for one person and meeting.
    AttendanceStatus {
        Present = "present",
        Absent = "absent",
        /// 请假.
        Leave = "leave",
    }
    /// How it came into the register.
    CheckInWay {
        /// The class's rotating code.
        Code = "code",
        /// The roll, tapped by a teacher, staff or the class's monitor.
        Roll = "roll",
        /// 学员卡, scanned by one of them.
        Card = "card",
        /// 请假: asked for, or taken back, by the learner.
        Leave = "leave",
        /// The poster at the place, with a nod of one of them.
        Poster = "poster",
    }
    /// 旁听: where the offer of a place at one meeting stands.
    GuestStatus {
        Offered = "offered",
        /// They come.
        Taken = "taken",
        Declined = "declined",
        /// Nobody answered in time.
        Lapsed = "lapsed",
        /// Taken, and given back before the meeting.
        GivenBack = "given_back",
        /// The meeting was cancelled, or they are in the class for good by now.
        Ended = "ended",
    }
    /// What the device of whoever keeps the roll sends.
    ScanKind {
        /// A card was scanned.
        Card = "card",
        /// A name was tapped, or a learner number typed.
        Tap = "tap",
        /// A nod: whoever scanned the poster is there.
        Nod = "nod",
        /// How many people are in the room.
        Count = "count",
        /// Whether somebody of the sample is there.
        Sample = "sample",
    }
    /// What staff made of a scan that could not be taken.
    TrayOutcome {
        /// 记为到课.
        Counted = "counted",
        /// 不算.
        Dismissed = "dismissed",
    }
    /// What a task after absences asks for.
    CareKind {
        /// 电话回访.
        Call = "call",
        /// 劝退回访: speak to the person; their place may be released.
        Release = "release",
        /// 关怀电话: lives alone, agreed to be called.
        Care = "care",
    }
    /// What came of a task after absences.
    CareOutcome {
        ComesAgain = "comes_again",
        Unwell = "unwell",
        Busy = "busy",
        /// Seen at home, or the family knows.
        Helped = "helped",
        Unreached = "unreached",
        /// Left the class after speaking with them.
        Released = "released",
        Other = "other",
        /// By itself: the register was corrected, there was no such run.
        Corrected = "corrected",
        /// By itself: a task to release the place took its place.
        Superseded = "superseded",
        /// By itself: they are in the class no longer.
        Gone = "gone",
    }
    /// A step of a task after absences.
    CareStep {
        Opened = "opened",
        Taken = "taken",
        PutBack = "put_back",
        Noted = "noted",
        Closed = "closed",
        Reopened = "reopened",
    }
    /// What was handed out to a learner.
    CertificateKind {
        /// 结业证书.
        Completion = "completion",
        /// 学时证明.
        Hours = "hours",
        /// 志愿服务证明.
        Service = "service",
    }
    /// What a notice is about; each has a template of its own.
    NoticeKind {
        /// 报名成功.
        Placed = "placed",
        /// 候补到位: a place is reserved.
        Offered = "offered",
        /// 课次变动: moved or cancelled.
        MeetingChanged = "meeting_changed",
        /// 留言: staff answered.
        Answered = "answered",
        /// 摇号: one's number, and that one got nothing.
        Draw = "draw",
        /// 上课提醒: a meeting is near.
        Reminder = "reminder",
    }
    /// A list for the platform 乐龄学堂.
    ExportKind {
        Learners = "learners",
        Classes = "classes",
        Attendance = "attendance",
    }
    /// When somebody is reminded of a meeting.
    ReminderKind {
        DayBefore = "day_before",
        SameDay = "same_day",
    }
    /// What somebody sent to the centre.
    HelpKind {
        Text = "text",
        Picture = "picture",
        Voice = "voice",
        Video = "video",
        /// A place, a link, a card, something new.
        Other = "other",
    }
    /// How far a message of a thread came.
    HelpState {
        /// Said by the person: it is here.
        Received = "received",
        /// An answer that is on its way.
        Waiting = "waiting",
        /// WeChat took it.
        Sent = "sent",
        /// WeChat would not take it: it stands in “消息”.
        InMessages = "in_messages",
        /// No answer of WeChat's: it may or may not have arrived, and is not repeated.
        Unknown = "unknown",
        /// There is no way to the person.
        Failed = "failed",
    }
    /// What is left of a picture or recording that somebody sent.
    MediaState {
        Kept = "kept",
        /// It could not be had, or is nothing that can be shown.
        Failed = "failed",
        /// Its time is over, or the person is.
        Gone = "gone",
    }
    /// Whose content is judged.
    CheckSubject {
        ResidentName = "resident_name",
        HelpMessage = "help_message",
        /// The text of an article.
        Article = "article",
        /// A picture of an article.
        ArticlePicture = "article_picture",
    }
    /// What is judged of it.
    CheckKind {
        Text = "text",
        Picture = "picture",
        Sound = "sound",
    }
    /// How a content was judged.
    CheckState {
        /// The platform is asked.
        Waiting = "waiting",
        Passed = "passed",
        /// The platform leaves it to a person.
        ToLookAt = "to_look_at",
        /// The platform, or a person, finds it unfit.
        Risky = "risky",
        /// The platform could not be asked.
        NotChecked = "not_checked",
    }
    /// How far a notice came.
    NoticeState {
        /// Waits to be sent.
        Pending = "pending",
        /// WeChat took it.
        Sent = "sent",
        /// The resident allows no (further) message: it stands in “消息” only.
        NoConsent = "no_consent",
        /// The call timed out: it may or may not have arrived, and is not repeated.
        Unknown = "unknown",
        /// WeChat refused it for good.
        Failed = "failed",
    }
    /// By what a notice is sent.
    NoticeWay {
        /// A subscription message of the mini-program.
        Subscription = "subscription",
        /// A template message of the public account.
        Template = "template",
    }
    /// What WeChat says became of a message that it took.
    DeliveryOutcome {
        Delivered = "delivered",
        /// The person takes no such messages.
        Refused = "refused",
        Failed = "failed",
    }
    /// Where an article stands.
    ArticleStatus {
        Draft = "draft",
        InReview = "in_review",
        /// Three different people passed this content.
        Approved = "approved",
        Publishing = "publishing",
        Published = "published",
        /// The publication failed; the passes still hold.
        Failed = "failed",
    }
    /// The three reviews, in order.
    ReviewStage {
        Language = "language",
        Facts = "facts",
        Direction = "direction",
    }
    /// What a reviewer said.
    Verdict {
        Pass = "pass",
        /// Back to the author.
        Return = "return",
    }
    /// How far a publication came. All but `failed` count as live for the
    /// “one per article” index.
    PublicationState {
        Queued = "queued",
        /// Pictures and cover are on the platform, and the draft.
        Drafted = "drafted",
        /// The platform took the submission; the end comes as an event.
        Submitted = "submitted",
        Published = "published",
        Failed = "failed",
    }
    /// How an article reaches people.
    PublicationWay {
        /// On the account's page; nobody is told.
        Publish = "publish",
        /// Into the chat of every follower.
        MassSend = "mass_send",
        /// Pasted into the platform's own page by a person, and registered here.
        ByHand = "by_hand",
    }
    /// What became of an item that was sent to a paper or platform.
    SubmissionState {
        Sent = "sent",
        /// 录用.
        Taken = "taken",
        Refused = "refused",
    }
    /// Why a word of an article is worth a look.
    NewsWordKind {
        /// Never to be published.
        Forbidden = "forbidden",
        Misspelt = "misspelt",
        /// 绝对化用语 of advertising law.
        Absolute = "absolute",
        /// A name, with the office that it is written with.
        Official = "official",
    }
    /// Where a job stands.
    JobState {
        Ready = "ready",
        Running = "running",
        Done = "done",
        /// Given up; staff see it and can repeat it.
        Dead = "dead",
    }
    /// What is known of a WeChat account itself.
    WechatNoteKind {
        Verified = "verified",
        VerifyFailed = "verify_failed",
        Named = "named",
        NamingFailed = "naming_failed",
        /// The yearly renewal of the verification is near.
        RenewalDue = "renewal_due",
        VerifyExpired = "verify_expired",
        /// Of a version of the mini-program.
        AuditPassed = "audit_passed",
        AuditFailed = "audit_failed",
        AuditDelayed = "audit_delayed",
        /// Somebody made a menu on the platform's own page; ours waits for staff.
        MenuByHand = "menu_by_hand",
        /// Where callbacks come from; as of the last change.
        CallbackSources = "callback_sources",
        /// When the night's work was last begun.
        Reviewed = "reviewed",
    }
}

impl ClassKind {
    /// What stands in the catalogue of a term.
    pub const USUAL: Self = Self::Course;
}

impl Default for ClassKind {
    fn default() -> Self {
        Self::USUAL
    }
}
