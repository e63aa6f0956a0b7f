//! Work that follows from a transaction and is done after it.
//!
//! 1. A job is written in the transaction it follows from; without the commit
//!    there is no job, and with it the job happens at least once.
//! 2. A job carries ids only; whoever runs it reads the present state first.
//! 3. Its code is in `worker/`, so that a low room can ask for work that a
//!    higher room does.

use chrono::{DateTime, Utc};
use entity::ids::{
    CheckId, ClaimId, ClassId, DelegationId, DrawId, EnrolmentId, ErasureId, GuestOfferId,
    HelpMessageId, JobId, LateAnswerId, MeetingId, NoticeId, PublicationId, ResidentId,
    SignInCodeId, TermId,
};
use entity::job;
use entity::kinds::{JobState, ReminderKind, WechatAccount};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, PaginatorTrait, QueryFilter,
};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::sql;

/// Rows in one statement.
const ROWS: usize = 64;

/// Everything that can be waiting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    /// Bring a notice to the resident's WeChat.
    SendNotice { notice: NoticeId },
    /// Offer free places of a class to the head of its waiting list.
    FillFreePlaces { class: ClassId },
    /// An offer ran out: back to the list, the next one is asked.
    LapseOffer { enrolment: EnrolmentId },
    /// Somebody who was passed over may sign up again: ask them for what is free.
    BarEnded { resident: ResidentId },
    /// Tell those who were placed.
    TellPlaced { enrolments: Vec<EnrolmentId> },
    /// Tell all learners of a class that a meeting was moved or cancelled.
    TellMeetingChange { meeting: MeetingId },
    /// Tell all learners of a class that it meets in another room.
    TellRoomChange { class: ClassId },
    /// Remind the learners of a meeting.
    RemindMeeting { meeting: MeetingId, of: ReminderKind },
    /// Bring an approved article to the account, as far as it goes in one run.
    Publish { publication: PublicationId },
    /// Ask the platform how a publication ended, in case the event is lost.
    FollowPublication { publication: PublicationId },
    /// Take an article away from its readers on the account.
    #[serde(alias = "withdraw_mass_send")]
    WithdrawPublication { publication: PublicationId },
    /// Ask how often the articles of the last week were read.
    ReadFigures,
    /// Tell somebody what was not ready while WeChat waited, or cannot be told otherwise.
    AnswerLate { answer: LateAnswerId },
    /// Let the rooms above forget a resident too.
    FinishErasure { erasure: ErasureId },
    /// Tell who has to know that a family member may act for a learner, or no longer.
    TellDelegation { delegation: DelegationId, ended: bool },
    /// Bring what staff answered to the person who asked.
    BringAnswer { message: HelpMessageId },
    /// Bring a picture or recording that somebody sent from the platform.
    FetchMedia { message: HelpMessageId, account: WechatAccount },
    /// A resident says what they are called: have it judged.
    CheckName { resident: ResidentId },
    /// Ask the platform what it thinks of a content.
    AskAboutContent { check: CheckId },
    /// Ask the platform who the followers are of whom it was not asked yet.
    LearnFollowers,
    /// Compare our followers with the platform's list.
    ReviewFollowers,
    /// Note from where the platform sends its callbacks.
    NoteCallbackSources { account: WechatAccount },
    /// Link the follower who has the same unionid as this resident.
    LinkFollower { resident: ResidentId },
    /// Bring the menu to the account, if it differs from the one there.
    SyncMenu,
    /// See which classes of a term have too few people to begin.
    SeeToMinimum { term: TermId },
    /// Publish the list of a term's wishes.
    FreezeDraw { term: TermId },
    /// Draw, and give what was drawn.
    RunDraw { draw: DrawId },
    /// See to what follows from the register of a meeting that is over, now and after each
    /// correction.
    FollowMeeting { meeting: MeetingId },
    /// Offer the places at a meeting that learners on leave do not need to who waits.
    OfferGuestSeats { meeting: MeetingId },
    /// Nobody answered: the next is asked.
    LapseGuestOffer { offer: GuestOfferId },
    /// Nobody nodded to who scanned a poster: staff are asked.
    LapseClaim { claim: ClaimId },
    /// Send somebody the code with which they sign in.
    SendSignInCode { code: SignInCodeId },
    /// Note the ends of the phone numbers that were there before ends were noted.
    NotePhoneTails,
}

impl Job {
    /// The name in lists and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SendNotice { .. } => "send_notice",
            Self::FillFreePlaces { .. } => "fill_free_places",
            Self::LapseOffer { .. } => "lapse_offer",
            Self::BarEnded { .. } => "bar_ended",
            Self::TellPlaced { .. } => "tell_placed",
            Self::TellMeetingChange { .. } => "tell_meeting_change",
            Self::TellRoomChange { .. } => "tell_room_change",
            Self::RemindMeeting { .. } => "remind_meeting",
            Self::Publish { .. } => "publish",
            Self::FollowPublication { .. } => "follow_publication",
            Self::WithdrawPublication { .. } => "withdraw_publication",
            Self::ReadFigures => "read_figures",
            Self::AnswerLate { .. } => "answer_late",
            Self::FinishErasure { .. } => "finish_erasure",
            Self::TellDelegation { .. } => "tell_delegation",
            Self::BringAnswer { .. } => "bring_answer",
            Self::FetchMedia { .. } => "fetch_media",
            Self::CheckName { .. } => "check_name",
            Self::AskAboutContent { .. } => "ask_about_content",
            Self::LearnFollowers => "learn_followers",
            Self::ReviewFollowers => "review_followers",
            Self::NoteCallbackSources { .. } => "note_callback_sources",
            Self::LinkFollower { .. } => "link_follower",
            Self::SyncMenu => "sync_menu",
            Self::SeeToMinimum { .. } => "see_to_minimum",
            Self::FreezeDraw { .. } => "freeze_draw",
            Self::RunDraw { .. } => "run_draw",
            Self::FollowMeeting { .. } => "follow_meeting",
            Self::OfferGuestSeats { .. } => "offer_guest_seats",
            Self::LapseGuestOffer { .. } => "lapse_guest_offer",
            Self::LapseClaim { .. } => "lapse_claim",
            Self::SendSignInCode { .. } => "send_sign_in_code",
            Self::NotePhoneTails => "note_phone_tails",
        }
    }

    /// What it does, as staff say it.
    pub fn in_words(&self) -> &'static str {
        match self {
            Self::SendNotice { .. } => "发微信通知",
            Self::FillFreePlaces { .. } => "安排候补",
            Self::LapseOffer { .. } => "候补到期",
            Self::BarEnded { .. } => "限制结束后安排候补",
            Self::TellPlaced { .. } => "通知报名成功",
            Self::TellMeetingChange { .. } => "通知课次变动",
            Self::TellRoomChange { .. } => "通知换教室",
            Self::RemindMeeting { .. } => "上课提醒",
            Self::TellDelegation { .. } => "通知家人代办",
            Self::Publish { .. } => "发布文章",
            Self::FollowPublication { .. } => "跟踪发布结果",
            Self::WithdrawPublication { .. } => "撤下文章",
            Self::ReadFigures => "取文章的阅读数",
            Self::AnswerLate { .. } => "回答居民的提问",
            Self::FinishErasure { .. } => "注销后的清理",
            Self::BringAnswer { .. } => "发送留言的回复",
            Self::FetchMedia { .. } => "取居民发来的图片和录音",
            Self::CheckName { .. } | Self::AskAboutContent { .. } => "请微信检查内容",
            Self::LearnFollowers => "认出关注的人",
            Self::ReviewFollowers => "核对关注的人",
            Self::NoteCallbackSources { .. } => "看看微信从哪里发来消息",
            Self::LinkFollower { .. } => "连接公众号和小程序",
            Self::SyncMenu => "更新公众号菜单",
            Self::SeeToMinimum { .. } => "看看哪些班人数不够",
            Self::FreezeDraw { .. } => "公布摇号名单",
            Self::RunDraw { .. } => "摇号",
            Self::FollowMeeting { .. } => "课后的跟进",
            Self::OfferGuestSeats { .. } => "有人请假，请候补的人旁听",
            Self::LapseGuestOffer { .. } => "旁听没有回音，问下一位",
            Self::LapseClaim { .. } => "没人点头的海报签到，转待处理",
            Self::SendSignInCode { .. } => "发登录码短信",
            Self::NotePhoneTails => "整理手机号的后四位",
        }
    }
}

fn row(job: &Job, now: DateTime<Utc>, run_after: DateTime<Utc>) -> Result<job::ActiveModel> {
    Ok(job::ActiveModel {
        kind: Set(job.name().to_owned()),
        payload: Set(serde_json::to_string(job)?),
        state: Set(JobState::Ready),
        run_after: Set(run_after),
        attempts: Set(0),
        created_at: Set(now),
        ..Default::default()
    })
}

/// Writes a job into the transaction that it follows from.
///
/// # Errors
/// The database.
pub async fn enqueue(
    tx: &DatabaseTransaction,
    job: &Job,
    now: DateTime<Utc>,
    run_after: DateTime<Utc>,
) -> Result<JobId> {
    Ok(row(job, now, run_after)?.insert(tx).await?.id)
}

/// Writes many jobs that are due at once.
///
/// # Errors
/// The database.
pub async fn enqueue_all(tx: &DatabaseTransaction, jobs: &[Job], now: DateTime<Utc>) -> Result<()> {
    let rows: Vec<_> = jobs.iter().map(|job| row(job, now, now)).collect::<Result<_>>()?;
    sql::insert_all(tx, rows, ROWS).await
}

/// How many jobs are due and not done.
///
/// # Errors
/// The database.
pub async fn due(conn: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64> {
    Ok(job::Entity::find()
        .filter(job::Column::State.eq(JobState::Ready))
        .filter(job::Column::RunAfter.lte(now))
        .count(conn)
        .await?)
}
