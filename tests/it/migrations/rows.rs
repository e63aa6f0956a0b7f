//! A row of every table in which nothing is empty.

use entity::ids::*;
use entity::kinds::*;
use sea_orm::prelude::*;
use sea_orm::{ActiveValue::NotSet, IntoActiveModel};

/// Fills every table with a row of id 1 (`class` with two) in which nothing
/// is empty, and reads each one back.
pub async fn write_all(db: &DatabaseConnection) {
    macro_rules! write {
        ($($row:ident)*) => {$({
            let row = $row();
            // The database gives the number.
            let mut active = row.clone().into_active_model().reset_all();
            active.id = NotSet;
            let written = active.insert(db).await.expect(stringify!($row));
            assert_eq!(written, row);
            let read = entity::$row::Entity::find_by_id(row.id).one(db).await.expect("select");
            assert_eq!(read, Some(row));
        })*};
    }
    write!(
        community resident consent wechat_identity resident_session staff staff_session audit
        site term course teacher class
    );
    let mut second = class().into_active_model().reset_all();
    second.id = NotSet;
    assert_eq!(second.insert(db).await.expect("second class").id, ClassId(2));
    write!(
        meeting meeting_change enrolment enrolment_change attendance attendance_event
        learner_card scan_tray class_monitor poster_claim guest_seat guest_offer head_count sample_answer pattern_note care_task care_event class_pass certificate
        meeting_reminder closed_month closed_row export_mapping
        project activity_count team volunteer team_member team_step service service_change club picture activity_photo club_work club_show article article_version article_review article_remark news_word publication news_item outlet submission article_reads news_item_picture
        notice delivery subscription callback late_answer erasure job
        help_thread help_message help_media link_code content_check check_verdict wechat_note
    );
    let mut colleague = staff().into_active_model().reset_all();
    (colleague.id, colleague.login) = (NotSet, sea_orm::Set("colleague".to_owned()));
    assert_eq!(colleague.insert(db).await.expect("second login").id, StaffId(2));
    write!(wish draw draw_class draw_entry pledge bar);
    let mut child = resident().into_active_model().reset_all();
    (child.id, child.learner_number) = (NotSet, sea_orm::Set("2026000002".to_owned()));
    (child.phone_hash, child.id_number_hash) = (sea_orm::Set(None), sea_orm::Set(None));
    child.request_key = sea_orm::Set(None);
    assert_eq!(child.insert(db).await.expect("second resident").id, ResidentId(2));
    write!(delegation family_code family_try sign_in_code sign_in_try course_picture);
    write_natural_keys(db).await;
}

async fn write_natural_keys(db: &DatabaseConnection) {
    let day = entity::holiday::Model { day: day(2026, 10, 1), name: "国庆节".to_owned() };
    let written = day.clone().into_active_model().reset_all().insert(db).await.expect("holiday");
    assert_eq!(written, day);
    let read = entity::holiday::Entity::find_by_id(day.day).one(db).await.expect("select");
    assert_eq!(read, Some(day));

    let activity = activity();
    let active = activity.clone().into_active_model().reset_all();
    assert_eq!(active.insert(db).await.expect("activity"), activity);

    let shift =
        entity::shift::Model {
            class_id: ClassId(1), team_id: TeamId(5), task: long("搬桌椅。")
        };
    let active = shift.clone().into_active_model().reset_all();
    assert_eq!(active.insert(db).await.expect("shift"), shift);

    let followed = entity::followed_meeting::Model { meeting_id: MeetingId(1), at: instant(1) };
    let active = followed.clone().into_active_model().reset_all();
    assert_eq!(active.insert(db).await.expect("followed_meeting"), followed);

    let plan = term_plan();
    let active = plan.clone().into_active_model().reset_all();
    assert_eq!(active.insert(db).await.expect("term_plan"), plan);
    let read = entity::term_plan::Entity::find_by_id(plan.term_id).one(db).await.expect("select");
    assert_eq!(read, Some(plan));

    let relative = entity::relative::Model {
        resident_id: ResidentId(1),
        name_sealed: long("sealed"),
        phone_sealed: long("sealed"),
        relation: "女儿".to_owned(),
        updated_at: instant(0),
    };
    let active = relative.clone().into_active_model().reset_all();
    assert_eq!(active.insert(db).await.expect("relative"), relative);
    let read = entity::relative::Entity::find_by_id(ResidentId(1)).one(db).await.expect("select");
    assert_eq!(read, Some(relative));

    let rule = entity::class_rule::Model {
        class_id: ClassId(1),
        beginners: true,
        previous_course_id: Some(CourseId(1)),
    };
    let active = rule.clone().into_active_model().reset_all();
    assert_eq!(active.insert(db).await.expect("class_rule"), rule);
    let read = entity::class_rule::Entity::find_by_id(ClassId(1)).one(db).await.expect("select");
    assert_eq!(read, Some(rule));

    let link = entity::staff_wechat::Model {
        staff_id: StaffId(1),
        code_hash: text("hash"),
        code_until: Some(instant(9)),
        resident_id: Some(ResidentId(1)),
        linked_at: Some(instant(8)),
    };
    let active = link.clone().into_active_model().reset_all();
    assert_eq!(active.insert(db).await.expect("staff_wechat"), link);
    let read = entity::staff_wechat::Entity::find_by_id(StaffId(1)).one(db).await.expect("select");
    assert_eq!(read, Some(link));

    let follower = entity::follower::Model {
        openid: "o-1".to_owned(),
        unionid: text("u-1"),
        following: true,
        since: instant(0),
        updated_at: instant(7),
        asked_at: Some(instant(8)),
    };
    let active = follower.clone().into_active_model().reset_all();
    assert_eq!(active.insert(db).await.expect("follower"), follower);
    let read = entity::follower::Entity::find_by_id("o-1").one(db).await.expect("select");
    assert_eq!(read, Some(follower));
}

pub fn instant(millis: i64) -> DateTimeUtc {
    DateTimeUtc::from_timestamp_millis(1_790_000_000_000 + millis).expect("valid")
}

fn day(year: i32, month: u32, day: u32) -> Date {
    Date::from_ymd_opt(year, month, day).expect("valid")
}

fn text(start: &str) -> Option<String> {
    Some(long(start))
}

/// Longer than any short column: none may cut it off.
fn long(start: &str) -> String {
    format!("{start}{}", "学而时习之，不亦说乎？".repeat(40))
}

pub fn community() -> entity::community::Model {
    entity::community::Model { id: CommunityId(1), name: "常沙社区".to_owned() }
}

pub fn resident() -> entity::resident::Model {
    entity::resident::Model {
        id: ResidentId(1),
        learner_number: "2026000001".to_owned(),
        name: text("王桂英"),
        name_state: NameState::Unseen,
        birth_date: Some(day(1950, 2, 28)),
        community_id: Some(CommunityId(1)),
        phone_sealed: text("sealed"),
        phone_hash: Some("a".repeat(64)),
        phone_tail_hash: Some("b".repeat(64)),
        id_number_sealed: text("sealed"),
        id_number_hash: Some("b".repeat(64)),
        barred: true,
        request_key: Some("c0b1".to_owned()),
        created_at: instant(0),
        updated_at: instant(123),
        erased_at: Some(instant(124)),
    }
}

fn consent() -> entity::consent::Model {
    entity::consent::Model {
        id: 1,
        resident_id: ResidentId(1),
        kind: ConsentKind::Sensitive,
        version: "2026-09".to_owned(),
        given_at: instant(1),
        withdrawn_at: Some(instant(2)),
        way: Some(ConsentWay::Paper),
        staff_id: Some(StaffId(1)),
    }
}

fn pledge() -> entity::pledge::Model {
    entity::pledge::Model {
        id: PledgeId(1),
        title: "学员安全承诺书".to_owned(),
        body: long("我会注意安全。"),
        staff_id: StaffId(1),
        created_at: instant(0),
    }
}

fn bar() -> entity::bar::Model {
    entity::bar::Model {
        id: BarId(1),
        resident_id: ResidentId(1),
        class_id: Some(ClassId(1)),
        until: day(2027, 1, 31),
        reason: long("多次缺课"),
        staff_id: StaffId(1),
        created_at: instant(0),
        lifted_at: Some(instant(1)),
        lifted_by: Some(StaffId(2)),
    }
}

pub fn wechat_identity() -> entity::wechat_identity::Model {
    entity::wechat_identity::Model {
        id: 1,
        resident_id: ResidentId(1),
        account: WechatAccount::Official,
        openid: "o-1".to_owned(),
        unionid: text("u-1"),
        created_at: instant(0),
    }
}

pub fn resident_session() -> entity::resident_session::Model {
    entity::resident_session::Model {
        id: 1,
        resident_id: ResidentId(1),
        token_hash: "c".repeat(64),
        created_at: instant(0),
        last_seen_at: instant(1),
        expires_at: instant(2),
        revoked_at: Some(instant(3)),
    }
}

pub fn staff() -> entity::staff::Model {
    entity::staff::Model {
        id: StaffId(1),
        login: "lihua".to_owned(),
        name: "李华".to_owned(),
        role: Role::SectionHead,
        community_id: Some(CommunityId(1)),
        password_hash: long("$argon2id$"),
        failed_logins: 3,
        locked_until: Some(instant(1)),
        disabled_at: Some(instant(2)),
        created_at: instant(0),
    }
}

pub fn staff_session() -> entity::staff_session::Model {
    entity::staff_session::Model {
        id: 1,
        staff_id: StaffId(1),
        token_hash: "d".repeat(64),
        created_at: instant(0),
        last_seen_at: instant(1),
        expires_at: instant(2),
        revoked_at: Some(instant(3)),
    }
}

fn audit() -> entity::audit::Model {
    entity::audit::Model {
        id: 1,
        staff_id: Some(StaffId(1)),
        action: "staff.login".to_owned(),
        object: "staff:1".to_owned(),
        detail: text("…"),
        at: instant(0),
    }
}

pub fn site() -> entity::site::Model {
    entity::site::Model {
        id: SiteId(1),
        name: "教育中心".to_owned(),
        address: long("常沙路 1 号"),
        community_id: Some(CommunityId(1)),
        held_percent: Some(10),
        min_people: Some(6),
        offer_hours: Some(30),
        offer_daytime_hours: Some(5),
        residence: Some(Residence::OwnOnly),
    }
}

pub fn term() -> entity::term::Model {
    entity::term::Model {
        id: TermId(1),
        name: "2026 秋季班".to_owned(),
        first_day: day(2026, 9, 7),
        last_day: day(2026, 12, 25),
        enrolment_opens_at: instant(0),
        enrolment_closes_at: instant(1),
        max_classes_per_person: 2,
        min_age: 50,
        pledge_needed: true,
        relative_from_age: 75,
        travel_refused: true,
        min_percent: 50,
        min_people: 12,
        decide_days: 5,
        held_percent: 20,
        held_hours: 24,
        offer_hours: 36,
        offer_daytime_hours: 6,
        travel_minutes: 20,
        change_days: 21,
        free_days: 7,
        completion_percent: 60,
        pass_needed: false,
        credit_hours: 20,
        remind_before_at: Some(1140),
        remind_on_day_at: Some(480),
        standing: true,
    }
}

pub fn course() -> entity::course::Model {
    entity::course::Model {
        id: CourseId(1),
        name: "智能手机入门".to_owned(),
        subject: "智能技术".to_owned(),
        description: long("从开机学起。"),
        smart_technology: true,
        min_age: Some(50),
        max_age: Some(80),
        kind: ClassKind::Activity,
    }
}

pub fn teacher() -> entity::teacher::Model {
    entity::teacher::Model {
        id: TeacherId(1),
        name: "陈老师".to_owned(),
        kind: TeacherKind::Volunteer,
        staff_id: Some(StaffId(1)),
    }
}

fn class() -> entity::class::Model {
    entity::class::Model {
        id: ClassId(1),
        term_id: TermId(1),
        course_id: CourseId(1),
        teacher_id: TeacherId(1),
        site_id: SiteId(1),
        name: "一班".to_owned(),
        room: "201".to_owned(),
        capacity: 30,
        taken: 1,
        by_staff: 1,
        held_percent: Some(30),
        waiting: 1,
        last_queue_number: i64::MAX,
        weekday: 2,
        start_minute: 540,
        duration_minutes: 90,
        status: ClassStatus::Open,
        residence: Residence::OwnFirst,
        previous_needed: true,
        min_people: Some(8),
        offer_hours: Some(48),
        offer_daytime_hours: Some(0),
        cut_to: Some(0),
        below_since: Some(instant(1)),
        kept_open_at: Some(instant(2)),
        created_at: instant(0),
        kind: ClassKind::Activity,
        open_door: true,
        credited: false,
        project_id: Some(ProjectId(1)),
    }
}

/// After those of the plan.
pub fn project() -> entity::project::Model {
    entity::project::Model {
        id: ProjectId(7),
        name: "另一个项目".to_owned(),
        aim: "做点别的".to_owned(),
        description: long("说明"),
        lead: "张三".to_owned(),
        place: 7,
        closed: true,
    }
}

/// After those of the plan.
pub fn club() -> entity::club::Model {
    entity::club::Model {
        id: ClubId(3),
        name: "另一个社团".to_owned(),
        aim: "做点别的".to_owned(),
        class_id: Some(ClassId(1)),
        place: 3,
        closed: true,
    }
}

fn club_work() -> entity::club_work::Model {
    entity::club_work::Model {
        id: 1,
        club_id: ClubId(3),
        title: "牡丹".to_owned(),
        author: "王阿姨".to_owned(),
        note: long("钩了一个月。"),
        picture_id: Some(PictureId(1)),
        added_by: StaffId(1),
        added_at: instant(1),
        removed_at: Some(instant(2)),
    }
}

fn club_show() -> entity::club_show::Model {
    entity::club_show::Model {
        id: 1,
        club_id: ClubId(3),
        title: "重阳节汇演".to_owned(),
        day: day(2026, 10, 18),
        place: "文化广场".to_owned(),
        note: long("二胡合奏。"),
        added_by: StaffId(1),
        added_at: instant(1),
        removed_at: None,
    }
}

/// After those of the plan.
pub fn team() -> entity::team::Model {
    entity::team::Model {
        id: TeamId(5),
        name: "另一支队".to_owned(),
        purpose: "做点别的".to_owned(),
        leader_id: Some(StaffId(1)),
        teacher_id: Some(TeacherId(1)),
        place: 5,
        closed: true,
    }
}

pub fn volunteer() -> entity::volunteer::Model {
    entity::volunteer::Model {
        id: VolunteerId(1),
        resident_id: ResidentId(1),
        skills: long("会拍照。"),
        availability: "周二".to_owned(),
        created_at: instant(0),
        updated_at: instant(1),
    }
}

pub fn team_member() -> entity::team_member::Model {
    entity::team_member::Model {
        id: TeamMemberId(1),
        team_id: TeamId(5),
        volunteer_id: VolunteerId(1),
        state: MemberState::Trained,
        applied_at: instant(0),
        changed_at: instant(1),
    }
}

fn team_step() -> entity::team_step::Model {
    entity::team_step::Model {
        id: 1,
        member_id: TeamMemberId(1),
        from_state: Some(MemberState::Approved),
        to_state: MemberState::Trained,
        actor_kind: ActorKind::Staff,
        actor_id: Some(1),
        reason: Some("培训过了".to_owned()),
        at: instant(1),
    }
}

pub fn service() -> entity::service::Model {
    entity::service::Model {
        id: ServiceId(1),
        meeting_id: MeetingId(1),
        resident_id: ResidentId(1),
        minutes: 120,
        settled_at: instant(1),
        public_from: instant(2),
    }
}

fn service_change() -> entity::service_change::Model {
    entity::service_change::Model {
        id: 1,
        service_id: ServiceId(1),
        from_minutes: Some(90),
        to_minutes: 120,
        staff_id: Some(StaffId(1)),
        reason: Some("忘了签退".to_owned()),
        at: instant(2),
    }
}

fn activity() -> entity::activity::Model {
    entity::activity::Model {
        class_id: ClassId(1),
        kind: ActivityKind::Farming,
        tags: "亲子、节气".to_owned(),
        programme: long("下田。"),
        summary: long("来了很多人。"),
        closed_at: Some(instant(3)),
        closed_by: Some(StaffId(1)),
    }
}

fn activity_count() -> entity::activity_count::Model {
    entity::activity_count::Model {
        id: 1,
        meeting_id: MeetingId(1),
        people: 120,
        how: "门口按人头数".to_owned(),
        staff_id: StaffId(1),
        at: instant(1),
    }
}

pub fn activity_photo() -> entity::activity_photo::Model {
    entity::activity_photo::Model {
        id: 1,
        class_id: ClassId(1),
        picture_id: PictureId(1),
        caption: "插秧".to_owned(),
        added_by: StaffId(1),
        added_at: instant(1),
        removed_at: None,
    }
}

pub fn meeting() -> entity::meeting::Model {
    entity::meeting::Model {
        id: MeetingId(1),
        class_id: ClassId(1),
        number: 1,
        starts_at: instant(0),
        ends_at: instant(5_400_000),
        site_id: SiteId(1),
        room: "201".to_owned(),
        status: MeetingStatus::Planned,
        note: text("改到二楼"),
    }
}

fn meeting_change() -> entity::meeting_change::Model {
    entity::meeting_change::Model {
        id: 1,
        meeting_id: MeetingId(1),
        old_starts_at: instant(0),
        old_ends_at: instant(1),
        old_site_id: SiteId(1),
        old_room: "101".to_owned(),
        reason: long("停电"),
        staff_id: StaffId(1),
        at: instant(2),
    }
}

pub fn enrolment() -> entity::enrolment::Model {
    entity::enrolment::Model {
        id: EnrolmentId(1),
        resident_id: ResidentId(1),
        class_id: ClassId(1),
        course_id: CourseId(1),
        term_id: TermId(1),
        status: EnrolmentStatus::Placed,
        queue_number: Some(i64::MAX),
        offer_expires_at: Some(instant(1)),
        request_key: Some("b0a1".to_owned()),
        left_for: Some(LeaveReason::Health),
        by_staff: true,
        created_at: instant(0),
        updated_at: instant(2),
    }
}

fn enrolment_change() -> entity::enrolment_change::Model {
    entity::enrolment_change::Model {
        id: 1,
        enrolment_id: EnrolmentId(1),
        from_status: Some(EnrolmentStatus::Waiting),
        to_status: EnrolmentStatus::Placed,
        actor_kind: ActorKind::Staff,
        actor_id: Some(1),
        reason: text("…"),
        at: instant(0),
    }
}

pub fn attendance() -> entity::attendance::Model {
    entity::attendance::Model {
        id: 1,
        meeting_id: MeetingId(1),
        resident_id: ResidentId(1),
        status: Some(AttendanceStatus::Present),
        hours_hundredths: 200,
        first_present_at: Some(instant(0)),
        updated_at: instant(1),
    }
}

pub fn attendance_event() -> entity::attendance_event::Model {
    entity::attendance_event::Model {
        id: 1,
        meeting_id: MeetingId(1),
        resident_id: ResidentId(1),
        way: CheckInWay::Code,
        status: Some(AttendanceStatus::Present),
        actor_kind: ActorKind::Resident,
        actor_id: Some(1),
        reason: text("…"),
        code_step: Some(i64::MAX),
        happened_at: instant(0),
        received_at: instant(1),
        device_at: Some(instant(-600_000)),
        device: text("device"),
        scan_id: Some("s-1".to_owned()),
        nodded_at: Some(instant(2)),
    }
}

pub fn learner_card() -> entity::learner_card::Model {
    entity::learner_card::Model {
        id: 1,
        resident_id: ResidentId(1),
        serial: 1,
        issued_at: instant(0),
        ended_at: Some(instant(1)),
        why_ended: text("丢了"),
    }
}

pub fn scan_tray() -> entity::scan_tray::Model {
    entity::scan_tray::Model {
        id: TrayId(1),
        scan_id: "t-1".to_owned(),
        meeting_id: MeetingId(1),
        resident_id: Some(ResidentId(1)),
        kind: ScanKind::Card,
        status: Some(AttendanceStatus::Leave),
        reason: text("…"),
        raw: long("2026000001.1."),
        why: "card_ended".to_owned(),
        uploaded_by: Some(StaffId(1)),
        device: long("device"),
        device_at: instant(-600_000),
        happened_at: instant(0),
        received_at: instant(1),
        settled_at: Some(instant(2)),
        settled_by: Some(StaffId(1)),
        outcome: Some(TrayOutcome::Counted),
        settle_reason: text("…"),
        uploaded_by_resident: Some(ResidentId(1)),
    }
}

pub fn class_monitor() -> entity::class_monitor::Model {
    entity::class_monitor::Model {
        id: 1,
        class_id: ClassId(1),
        resident_id: ResidentId(1),
        made_by: StaffId(1),
        made_at: instant(0),
        ended_by: Some(StaffId(1)),
        ended_at: Some(instant(1)),
    }
}

pub fn poster_claim() -> entity::poster_claim::Model {
    entity::poster_claim::Model {
        id: ClaimId(1),
        meeting_id: MeetingId(1),
        resident_id: ResidentId(1),
        claimed_at: instant(0),
        device: "abcdef012345".to_owned(),
    }
}

pub fn guest_seat() -> entity::guest_seat::Model {
    entity::guest_seat::Model {
        id: GuestSeatId(1),
        meeting_id: MeetingId(1),
        leaver_id: ResidentId(1),
        open: true,
        changed_at: instant(0),
    }
}

pub fn guest_offer() -> entity::guest_offer::Model {
    entity::guest_offer::Model {
        id: GuestOfferId(1),
        seat_id: GuestSeatId(1),
        meeting_id: MeetingId(1),
        resident_id: ResidentId(1),
        status: GuestStatus::Taken,
        offered_at: instant(0),
        expires_at: instant(2),
        answered_at: Some(instant(1)),
        answered_by: Some(StaffId(1)),
    }
}

pub fn pattern_note() -> entity::pattern_note::Model {
    entity::pattern_note::Model {
        id: 1,
        pattern: "one_phone:1:abcdef".to_owned(),
        times: 3,
        found: long("…"),
        found_by: StaffId(1),
        found_at: instant(0),
    }
}

pub fn head_count() -> entity::head_count::Model {
    entity::head_count::Model {
        id: 1,
        scan_id: "c-1".to_owned(),
        meeting_id: MeetingId(1),
        people: 28,
        present: 30,
        actor_kind: ActorKind::Staff,
        actor_id: 1,
        device: long("device"),
        happened_at: instant(0),
        received_at: instant(1),
    }
}

pub fn sample_answer() -> entity::sample_answer::Model {
    entity::sample_answer::Model {
        id: 1,
        of_count: "c-1".to_owned(),
        meeting_id: MeetingId(1),
        resident_id: ResidentId(1),
        drawn_here: true,
        there: Some(false),
        scan_id: Some("a-1".to_owned()),
        answered_at: Some(instant(1)),
    }
}

pub fn picture() -> entity::picture::Model {
    entity::picture::Model {
        id: PictureId(1),
        sha256: "e".repeat(64),
        mime: "image/png".to_owned(),
        bytes: (0..=u8::MAX).cycle().take(100_000).collect(),
        width: 640,
        height: 480,
        wechat_url: text("http://"),
        wechat_media_id: text("m"),
        uploaded_by: StaffId(1),
        created_at: instant(0),
    }
}

fn article() -> entity::article::Model {
    entity::article::Model {
        id: ArticleId(1),
        author_id: StaffId(1),
        status: ArticleStatus::InReview,
        version: 1,
        title: "开学了".to_owned(),
        digest: long("秋季班"),
        byline: "尚学".to_owned(),
        origin: "教育中心".to_owned(),
        body: long("![合影](picture:1)"),
        cover_id: Some(PictureId(1)),
        content_hash: "h".to_owned(),
        created_at: instant(0),
        updated_at: instant(1),
        urgent_for: text("台风"),
        project: "智在指尖".to_owned(),
        community_id: Some(CommunityId(1)),
        class_id: Some(ClassId(1)),
        meeting_id: Some(MeetingId(1)),
    }
}

pub fn article_version() -> entity::article_version::Model {
    entity::article_version::Model {
        id: 1,
        article_id: ArticleId(1),
        version: 1,
        title: "开学了".to_owned(),
        digest: long("秋季班"),
        byline: "尚学".to_owned(),
        origin: "教育中心".to_owned(),
        body: long("![合影](picture:1)"),
        cover_id: Some(PictureId(1)),
        content_hash: "h".to_owned(),
        saved_by: StaffId(1),
        saved_at: instant(0),
    }
}

pub fn article_review() -> entity::article_review::Model {
    entity::article_review::Model {
        id: 1,
        article_id: ArticleId(1),
        version: 1,
        content_hash: "h".to_owned(),
        stage: ReviewStage::Language,
        verdict: Verdict::Pass,
        reviewer_id: StaffId(1),
        remark: text("好"),
        at: instant(0),
        proofread: true,
    }
}

pub fn article_remark() -> entity::article_remark::Model {
    entity::article_remark::Model {
        id: RemarkId(1),
        article_id: ArticleId(1),
        version: 1,
        quote: "秋季班".to_owned(),
        text: long("哪一年"),
        made_by: StaffId(1),
        made_at: instant(0),
        answer: text("今年"),
        answered_by: Some(StaffId(1)),
        answered_at: Some(instant(1)),
        settled_by: Some(StaffId(1)),
        settled_at: Some(instant(2)),
    }
}

pub fn news_item() -> entity::news_item::Model {
    entity::news_item::Model {
        id: NewsItemId(1),
        title: "重阳节".to_owned(),
        body: long("九月初九"),
        project: "智在指尖".to_owned(),
        community_id: Some(CommunityId(1)),
        article_id: Some(ArticleId(1)),
        sent_by: StaffId(1),
        sent_at: instant(0),
        declined_for: text("重复"),
        declined_by: Some(StaffId(1)),
        class_id: Some(ClassId(1)),
        meeting_id: Some(MeetingId(1)),
    }
}

pub fn news_item_picture() -> entity::news_item_picture::Model {
    entity::news_item_picture::Model {
        id: 1,
        item_id: NewsItemId(1),
        picture_id: PictureId(1),
        place: 1,
    }
}

pub fn article_reads() -> entity::article_reads::Model {
    entity::article_reads::Model {
        id: 1,
        publication_id: PublicationId(1),
        as_of: day(2026, 9, 2),
        readers: 120,
        reads: 150,
        shares: 3,
        favourites: 1,
        told_at: instant(4),
    }
}

pub fn outlet() -> entity::outlet::Model {
    entity::outlet::Model {
        id: OutletId(1), name: "学习强国".to_owned(), points: 10, off: true
    }
}

pub fn submission() -> entity::submission::Model {
    entity::submission::Model {
        id: 1,
        item_id: NewsItemId(1),
        outlet_id: OutletId(1),
        state: SubmissionState::Taken,
        sent_on: day(2026, 9, 1),
        decided_on: Some(day(2026, 9, 2)),
        link: "https://".to_owned(),
        entered_by: StaffId(1),
        entered_at: instant(0),
    }
}

pub fn news_word() -> entity::news_word::Model {
    entity::news_word::Model {
        id: 1,
        kind: NewsWordKind::Misspelt,
        word: "帐号".to_owned(),
        instead: "账号".to_owned(),
        off: false,
        saved_by: StaffId(1),
        saved_at: instant(0),
    }
}

pub fn publication() -> entity::publication::Model {
    entity::publication::Model {
        id: PublicationId(1),
        article_id: ArticleId(1),
        version: 1,
        content_hash: "h".to_owned(),
        state: PublicationState::Submitted,
        way: PublicationWay::MassSend,
        draft_media_id: text("m"),
        submit_started_at: Some(instant(0)),
        publish_id: Some("2247503051".to_owned()),
        mass_key: text("news-1-1-h"),
        msg_id: text("34182"),
        total_count: Some(120),
        filter_count: Some(118),
        sent_count: Some(117),
        error_count: Some(1),
        wechat_article_id: text("a"),
        url: text("http://"),
        failure: text("…"),
        requested_by: StaffId(1),
        created_at: instant(1),
        updated_at: instant(2),
        due_at: Some(instant(3)),
        withdrawn_for: text("时间写错了"),
        lead_id: Some(PublicationId(1)),
        place: 2,
        msg_data_id: text("2247503052"),
    }
}

pub fn notice() -> entity::notice::Model {
    entity::notice::Model {
        id: NoticeId(1),
        resident_id: ResidentId(1),
        about_id: Some(ResidentId(1)),
        kind: NoticeKind::MeetingChanged,
        dedup_key: "placed:1".to_owned(),
        title: "报名成功".to_owned(),
        body: long("您已录取。"),
        page: "/classes/1".to_owned(),
        values: long("{}"),
        state: NoticeState::NoConsent,
        way: Some(NoticeWay::Template),
        tried_at: Some(instant(3)),
        failure: text("…"),
        created_at: instant(0),
        sent_at: Some(instant(1)),
        read_at: Some(instant(2)),
        meeting_id: Some(MeetingId(1)),
        good_until: Some(instant(4)),
        told_at: Some(instant(3)),
        told_by: Some(StaffId(1)),
    }
}

pub fn delivery() -> entity::delivery::Model {
    entity::delivery::Model {
        id: 1,
        account: WechatAccount::Official,
        msg_id: "1234567890123456".to_owned(),
        notice_id: Some(NoticeId(1)),
        outcome: Some(DeliveryOutcome::Refused),
        words: text("…"),
        created_at: instant(0),
    }
}

pub fn subscription() -> entity::subscription::Model {
    entity::subscription::Model {
        id: 1,
        resident_id: ResidentId(1),
        kind: NoticeKind::Placed,
        balance: 1,
        updated_at: instant(0),
    }
}

pub fn callback() -> entity::callback::Model {
    entity::callback::Model {
        id: 1,
        account: WechatAccount::Mini,
        dedup_key: "1234567890123456".to_owned(),
        kind: "text".to_owned(),
        reply: text("<xml>"),
        received_at: instant(0),
    }
}

pub fn late_answer() -> entity::late_answer::Model {
    entity::late_answer::Model {
        id: LateAnswerId(1),
        account: WechatAccount::Mini,
        openid: "o-1".to_owned(),
        ask: text("\"hours\""),
        text: None,
        state: NoticeState::Unknown,
        failure: text("…"),
        created_at: instant(0),
        settled_at: Some(instant(1)),
    }
}

pub fn wechat_note() -> entity::wechat_note::Model {
    entity::wechat_note::Model {
        id: WechatNoteId(1),
        account: WechatAccount::Official,
        kind: WechatNoteKind::VerifyFailed,
        happened_at: instant(0),
        ends_at: Some(instant(1)),
        words: text("…"),
    }
}

pub fn erasure() -> entity::erasure::Model {
    entity::erasure::Model {
        id: ErasureId(1),
        resident_id: ResidentId(1),
        scope: ErasureScope::Person,
        actor_kind: ActorKind::Staff,
        actor_id: Some(1),
        reason: "…".to_owned(),
        openids_sealed: text("…"),
        at: instant(0),
    }
}

pub fn job() -> entity::job::Model {
    entity::job::Model {
        id: JobId(1),
        kind: "SendNotice".to_owned(),
        payload: long("{}"),
        state: JobState::Running,
        run_after: instant(0),
        attempts: 1,
        leased_until: Some(instant(1)),
        last_error: text("…"),
        created_at: instant(2),
        finished_at: Some(instant(3)),
    }
}

pub fn help_thread() -> entity::help_thread::Model {
    entity::help_thread::Model {
        id: HelpThreadId(1),
        open_key: text("r:1"),
        account: WechatAccount::Mini,
        openid: text("o-1"),
        resident_id: Some(ResidentId(1)),
        asked_at: instant(0),
        last_said_at: Some(instant(1)),
        last_answered_at: Some(instant(2)),
        closed_at: Some(instant(3)),
        closed_by: Some(StaffId(1)),
    }
}

fn help_message() -> entity::help_message::Model {
    entity::help_message::Model {
        id: HelpMessageId(1),
        thread_id: HelpThreadId(1),
        author: ActorKind::Staff,
        staff_id: Some(StaffId(1)),
        kind: HelpKind::Text,
        text: long("教室在二楼。"),
        media_id: text("media"),
        state: HelpState::InMessages,
        failure: text("过了四十八小时"),
        created_at: instant(0),
        settled_at: Some(instant(1)),
    }
}

fn help_media() -> entity::help_media::Model {
    entity::help_media::Model {
        id: 1,
        message_id: HelpMessageId(1),
        state: MediaState::Kept,
        mime: text("image/jpeg"),
        bytes: Some(vec![0, 255, 7]),
        created_at: instant(0),
    }
}

pub fn content_check() -> entity::content_check::Model {
    entity::content_check::Model {
        id: CheckId(1),
        subject: CheckSubject::HelpMessage,
        subject_id: 1,
        kind: CheckKind::Picture,
        resident_id: Some(ResidentId(1)),
        content: long("https://…"),
        page: "/desk/1".to_owned(),
        trace_id: text("trace"),
        state: CheckState::Risky,
        label: Some(20002),
        asked_at: instant(0),
        settled_at: Some(instant(1)),
        settled_by: Some(StaffId(1)),
        answer: text("看过"),
    }
}

pub fn check_verdict() -> entity::check_verdict::Model {
    entity::check_verdict::Model {
        id: 1,
        trace_id: long("trace"),
        state: Some(CheckState::Risky),
        label: Some(20002),
        at: instant(0),
    }
}

pub fn link_code() -> entity::link_code::Model {
    entity::link_code::Model {
        id: 1,
        resident_id: ResidentId(1),
        token_hash: "e".repeat(64),
        created_at: instant(0),
        expires_at: instant(1),
        used_at: Some(instant(2)),
    }
}

fn term_plan() -> entity::term_plan::Model {
    entity::term_plan::Model {
        term_id: TermId(1),
        continuation_opens_at: Some(instant(0)),
        continuation_closes_at: Some(instant(1)),
        wishes_open_at: instant(1),
        wishes_close_at: instant(2),
        seed_at: instant(3),
        seed_source: long("排列5"),
        confirm_until: instant(4),
        most_classes: 2,
        newcomer_percent: 30,
        frozen_at: Some(instant(2)),
        settled_at: Some(instant(3)),
    }
}

fn wish() -> entity::wish::Model {
    entity::wish::Model {
        id: 1,
        term_id: TermId(1),
        resident_id: ResidentId(1),
        class_id: ClassId(1),
        rank: 1,
        actor_kind: ActorKind::Staff,
        actor_id: Some(1),
        created_at: instant(0),
        replaced_at: Some(instant(1)),
    }
}

fn delegation() -> entity::delegation::Model {
    entity::delegation::Model {
        id: DelegationId(1),
        learner_id: ResidentId(1),
        delegate_id: ResidentId(2),
        relation: Kinship::Daughter,
        may_enrol: true,
        may_see_record: true,
        gets_notices: true,
        way: DelegationWay::Paper,
        consent_version: long("2026-09"),
        entered_by: Some(StaffId(1)),
        created_at: instant(0),
        last_day: day(2027, 9, 1),
        ended_at: Some(instant(1)),
        ended_by_kind: Some(ActorKind::Resident),
        ended_by: Some(1),
    }
}

fn family_code() -> entity::family_code::Model {
    entity::family_code::Model {
        id: 1,
        learner_id: ResidentId(1),
        code_hash: "c".repeat(64),
        may_enrol: true,
        may_see_record: true,
        gets_notices: true,
        last_day: day(2027, 9, 1),
        consent_version: long("2026-09"),
        created_at: instant(0),
        expires_at: instant(1),
        used_at: Some(instant(1)),
        used_by: Some(ResidentId(2)),
    }
}

fn family_try() -> entity::family_try::Model {
    entity::family_try::Model { id: 1, resident_id: ResidentId(2), at: instant(0) }
}

fn sign_in_code() -> entity::sign_in_code::Model {
    entity::sign_in_code::Model {
        id: SignInCodeId(1),
        number_hash: None,
        resident_id: Some(ResidentId(1)),
        code_hash: "c".repeat(64),
        letter_sealed: text("sealed"),
        issued_by: Some(StaffId(1)),
        created_at: instant(0),
        expires_at: instant(1),
        tries: 5,
        used_at: Some(instant(1)),
    }
}

fn course_picture() -> entity::course_picture::Model {
    entity::course_picture::Model {
        id: 1,
        course_id: CourseId(1),
        alt: long("老人学手机"),
        sha256: "a".repeat(64),
        mime: "image/jpeg".to_owned(),
        bytes: vec![0xFF, 0xD8, 0],
        width: 640,
        height: 480,
        uploaded_by: StaffId(1),
        uploaded_at: instant(0),
    }
}

fn sign_in_try() -> entity::sign_in_try::Model {
    entity::sign_in_try::Model {
        id: 1,
        what: SignInTry::Enter,
        number_hash: "n".repeat(64),
        address_hash: "a".repeat(64),
        at: instant(0),
    }
}

pub fn draw() -> entity::draw::Model {
    entity::draw::Model {
        id: DrawId(1),
        term_id: TermId(1),
        list: long("名单"),
        list_sha256: "a".repeat(64),
        frozen_at: instant(0),
        seed: text("12345"),
        seed_by: Some(StaffId(1)),
        seed_entered_at: Some(instant(1)),
        confirmed_by: Some(StaffId(2)),
        confirmed_at: Some(instant(2)),
        result: text("结果"),
        result_sha256: Some("b".repeat(64)),
        drawn_at: Some(instant(3)),
    }
}

pub fn draw_class() -> entity::draw_class::Model {
    entity::draw_class::Model {
        id: 1,
        draw_id: DrawId(1),
        class_id: ClassId(1),
        applied_at: Some(instant(4)),
    }
}

pub fn draw_entry() -> entity::draw_entry::Model {
    entity::draw_entry::Model {
        id: 1,
        draw_id: DrawId(1),
        resident_id: ResidentId(1),
        number: "0371".to_owned(),
        lost: Some(true),
    }
}

pub fn care_task() -> entity::care_task::Model {
    entity::care_task::Model {
        id: CareTaskId(1),
        kind: CareKind::Call,
        resident_id: ResidentId(1),
        class_id: ClassId(1),
        first_meeting_id: MeetingId(1),
        last_meeting_id: MeetingId(1),
        absences: 2,
        opened_at: instant(0),
        due_at: instant(3),
        taken_by: Some(StaffId(1)),
        closed_at: Some(instant(2)),
        closed_by: Some(StaffId(1)),
        outcome: Some(CareOutcome::ComesAgain),
        said: text("下周来"),
    }
}

pub fn care_event() -> entity::care_event::Model {
    entity::care_event::Model {
        id: 1,
        task_id: CareTaskId(1),
        step: CareStep::Closed,
        staff_id: Some(StaffId(1)),
        note: text("下周来"),
        at: instant(2),
    }
}

pub fn class_pass() -> entity::class_pass::Model {
    entity::class_pass::Model {
        id: 1,
        class_id: ClassId(1),
        resident_id: ResidentId(1),
        passed: false,
        reason: text("没交作品"),
        staff_id: StaffId(1),
        at: instant(2),
    }
}

pub fn certificate() -> entity::certificate::Model {
    entity::certificate::Model {
        id: 1,
        number: "CYS-2026-7K3QF9XA".to_owned(),
        kind: CertificateKind::Completion,
        resident_id: ResidentId(1),
        class_id: Some(ClassId(1)),
        year: None,
        name: "王秀英".to_owned(),
        about: "2026 秋季班“智在指尖”".to_owned(),
        hours_hundredths: 2800,
        credits_tenths: 17,
        issued_by: Some(StaffId(1)),
        issued_at: instant(2),
        revoked_at: None,
        revoked_by: None,
        revoked_for: None,
    }
}

pub fn meeting_reminder() -> entity::meeting_reminder::Model {
    entity::meeting_reminder::Model {
        id: 1,
        meeting_id: MeetingId(1),
        kind: ReminderKind::SameDay,
        day: day(2026, 9, 8),
        at: instant(2),
    }
}

pub fn closed_month() -> entity::closed_month::Model {
    entity::closed_month::Model {
        id: ClosedMonthId(1),
        month: day(2026, 9, 1),
        closed_at: instant(1),
        closed_by: StaffId(1),
        reopened_at: Some(instant(2)),
        reopened_by: Some(StaffId(1)),
        reopened_for: text("漏了一个班"),
    }
}

pub fn closed_row() -> entity::closed_row::Model {
    entity::closed_row::Model {
        id: 1,
        month_id: ClosedMonthId(1),
        meeting_id: MeetingId(1),
        resident_id: ResidentId(1),
        hours_hundredths: 200,
    }
}

pub fn export_mapping() -> entity::export_mapping::Model {
    entity::export_mapping::Model {
        id: 1,
        kind: ExportKind::Attendance,
        columns: long("[]"),
        saved_at: instant(1),
        saved_by: StaffId(1),
    }
}
