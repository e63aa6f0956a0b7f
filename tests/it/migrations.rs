//! The tables: up, down, up again, on both databases; that they are those of
//! `entity`; and what they refuse by themselves.

mod rows;

use std::collections::BTreeMap;

use entity::kinds::*;
use migration::{Migrator, MigratorTrait};
use sea_orm::prelude::*;
use sea_orm::{
    ActiveValue::NotSet, DatabaseBackend, IntoActiveModel, Iterable, QueryOrder, SqlErr, Statement,
};

use crate::on_both_databases;

on_both_databases! {
    async fn down_undoes_everything_and_up_builds_the_same_again(app: TestApp) {
        let db = app.app.db.writer();
        let count = Migrator::migrations().len();
        assert_eq!(Migrator::get_applied_migrations(db).await.expect("status").len(), count);
        let first = schema(db).await;
        assert!(!first.is_empty());
        // Also with a row in every table.
        rows::write_all(db).await;
        Migrator::down(db, None).await.expect("down");
        assert_eq!(Migrator::get_pending_migrations(db).await.expect("status").len(), count);
        assert_eq!(schema(db).await, Vec::<String>::new());
        Migrator::up(db, None).await.expect("up again");
        assert_eq!(schema(db).await, first);
        rows::write_all(db).await;
    }

    async fn what_was_recorded_before_the_register_had_two_clocks_is_kept(app: TestApp) {
        let db = app.app.db.writer();
        rows::write_all(db).await;
        let steps = Migrator::migrations().iter().position(|one| one.name().contains("000016")).expect("there");
        let back = u32::try_from(Migrator::migrations().len() - steps).expect("few");
        Migrator::down(db, Some(back)).await.expect("down");
        Migrator::up(db, None).await.expect("up");
        let event = entity::attendance_event::Entity::find_by_id(1).one(db).await.expect("select").expect("kept");
        let before = rows::attendance_event();
        assert_eq!((event.happened_at, event.received_at), (before.received_at, before.received_at));
        assert_eq!((event.status, event.way, event.reason), (before.status, before.way, before.reason));
        let row = entity::attendance::Entity::find_by_id(1).one(db).await.expect("select");
        assert_eq!(row, Some(rows::attendance()));
    }

    async fn the_register_refers_to_what_is_there(app: TestApp) {
        let db = app.app.db.writer();
        rows::write_all(db).await;
        let written = "'2026-11-28T00:00:00Z'";
        for (meeting, resident) in [(1, 999), (999, 1)] {
            // Of two rows one is wrong: none is written.
            let both = |rest: &str| format!("VALUES (1, 2, {rest}), ({meeting}, {resident}, {rest})");
            let rows = both(&format!("0, {written}"));
            refuses(db, "foreign key", &format!("INSERT INTO attendance (meeting_id, resident_id, hours_hundredths, updated_at) {rows}")).await;
            let rows = both(&format!("'code', 'system', {written}, {written}"));
            refuses(db, "foreign key", &format!("INSERT INTO attendance_event (meeting_id, resident_id, way, actor_kind, happened_at, received_at) {rows}")).await;
        }
        assert_eq!(entity::attendance::Entity::find().count(db).await.expect("count"), 1);
        refuses(db, "foreign key", "DELETE FROM meeting WHERE id = 1").await;
        refuses(db, "foreign key", "DELETE FROM resident WHERE id = 1").await;
    }

    async fn every_table_has_exactly_the_columns_of_its_entity(app: TestApp) {
        let db = app.app.db.writer();
        let mut found = columns(db).await;
        macro_rules! compare {
            ($($name:ident)*) => {$({
                use entity::$name::{Column, Entity};
                let expected: BTreeMap<String, bool> = Column::iter()
                    .map(|column| (column.as_str().to_owned(), column.def().is_null()))
                    .collect();
                let table = Entity.table_name();
                assert_eq!(found.remove(table), Some(expected), "columns of {table}");
            })*};
        }
        compare!(
            activity activity_count activity_photo article article_reads article_remark article_review article_version attendance
            attendance_event audit bar callback care_event care_task certificate check_verdict class class_monitor class_pass
            class_rule closed_month closed_row club club_show club_work community consent content_check course course_picture
            delegation delivery draw draw_class draw_entry enrolment enrolment_change erasure export_mapping family_code family_try
            followed_meeting follower guest_offer guest_seat head_count help_media help_message help_thread holiday job late_answer
            learner_card link_code meeting meeting_change meeting_reminder news_item news_item_picture news_word notice outlet
            pattern_note picture pledge poster_claim project publication relative resident resident_session sample_answer scan_tray
            service service_change shift sign_in_code sign_in_try site staff staff_session staff_wechat submission subscription
            teacher team team_member team_step term term_plan volunteer wechat_identity wechat_note wish
        );
        assert!(found.is_empty(), "tables without an entity: {:?}", found.keys());
    }

    async fn every_row_is_read_back_as_it_was_written(app: TestApp) {
        let db = app.app.db.writer();
        // Each row is compared as it goes.
        rows::write_all(db).await;
    }

    async fn times_compare_in_the_order_of_time(app: TestApp) {
        let db = app.app.db.writer();
        rows::write_all(db).await;
        // Whole seconds and milliseconds are texts of different length on SQLite.
        for millis in [1_000, 999, 0, 1, 1_500, 10_000] {
            let mut more = rows::job().into_active_model().reset_all();
            more.id = NotSet;
            more.kind = sea_orm::Set("order".to_owned());
            more.run_after = sea_orm::Set(rows::instant(millis));
            more.insert(db).await.expect("insert");
        }
        let due = entity::job::Entity::find()
            .filter(entity::job::Column::Kind.eq("order"))
            .filter(entity::job::Column::RunAfter.lte(rows::instant(1_000)))
            .order_by_asc(entity::job::Column::RunAfter)
            .all(db)
            .await
            .expect("select");
        let due: Vec<_> = due.into_iter().map(|job| job.run_after).collect();
        assert_eq!(due, [0, 1, 999, 1_000].map(rows::instant));
    }

    async fn a_word_column_takes_all_of_its_words_and_no_other(app: TestApp) {
        let db = app.app.db.writer();
        rows::write_all(db).await;
        words::<WechatAccount>(db, "wechat_identity", "account").await;
        words::<WechatAccount>(db, "callback", "account").await;
        words::<ConsentKind>(db, "consent", "kind").await;
        words::<ConsentWay>(db, "consent", "way").await;
        words::<Residence>(db, "class", "residence").await;
        words::<LeaveReason>(db, "enrolment", "left_for").await;
        words::<ErasureScope>(db, "erasure", "scope").await;
        words::<Role>(db, "staff", "role").await;
        words::<TeacherKind>(db, "teacher", "kind").await;
        words::<NoticeKind>(db, "notice", "kind").await;
        words::<NoticeKind>(db, "subscription", "kind").await;
        words::<EnrolmentStatus>(db, "enrolment_change", "from_status").await;
        words::<EnrolmentStatus>(db, "enrolment_change", "to_status").await;
        words::<ActorKind>(db, "enrolment_change", "actor_kind").await;
        // What no family member does for anybody.
        for (table, column) in
            [("erasure", "actor_kind"), ("attendance_event", "actor_kind"), ("help_message", "author")]
        {
            only(db, table, column, ActorKind::iter().filter(|kind| *kind != ActorKind::Delegate)).await;
            refuses(db, "check", &format!("UPDATE {table} SET {column} = 'delegate' WHERE id = 1")).await;
        }
        words::<Kinship>(db, "delegation", "relation").await;
        words::<DelegationWay>(db, "delegation", "way").await;
        words::<ActorKind>(db, "delegation", "ended_by_kind").await;
        words::<CheckInWay>(db, "attendance_event", "way").await;
        words::<ClassStatus>(db, "class", "status").await;
        words::<ClassKind>(db, "class", "kind").await;
        words::<ClassKind>(db, "course", "kind").await;
        for kind in ActivityKind::iter() {
            let word = kind.as_str();
            accepts(db, &format!("UPDATE activity SET kind = '{word}' WHERE class_id = 1")).await;
        }
        refuses(db, "check", "UPDATE activity SET kind = 'else' WHERE class_id = 1").await;
        refuses(db, "check", "UPDATE activity SET closed_by = NULL WHERE class_id = 1").await;
        refuses(db, "check", "UPDATE activity_count SET people = -1").await;
        refuses(db, "check", "UPDATE service SET minutes = 1441").await;
        refuses(db, "check", "UPDATE service_change SET reason = NULL").await;
        words::<MemberState>(db, "team_member", "state").await;
        words::<MemberState>(db, "team_step", "from_state").await;
        words::<MemberState>(db, "team_step", "to_state").await;
        words::<MeetingStatus>(db, "meeting", "status").await;
        words::<EnrolmentStatus>(db, "enrolment", "status").await;
        words::<AttendanceStatus>(db, "attendance", "status").await;
        words::<AttendanceStatus>(db, "attendance_event", "status").await;
        words::<AttendanceStatus>(db, "scan_tray", "status").await;
        words::<ScanKind>(db, "scan_tray", "kind").await;
        words::<TrayOutcome>(db, "scan_tray", "outcome").await;
        let counts = [ActorKind::Resident, ActorKind::Staff];
        only(db, "head_count", "actor_kind", counts.into_iter()).await;
        words::<CareKind>(db, "care_task", "kind").await;
        words::<CareOutcome>(db, "care_task", "outcome").await;
        words::<CareStep>(db, "care_event", "step").await;
        words::<ExportKind>(db, "export_mapping", "kind").await;
        words::<ReminderKind>(db, "meeting_reminder", "kind").await;
        // A completion is of a class, 学时 of a year: neither word fits the other's row.
        only(db, "certificate", "kind", [CertificateKind::Completion].into_iter()).await;
        refuses(db, "check", "UPDATE certificate SET kind = 'hours'").await;
        words::<ArticleStatus>(db, "article", "status").await;
        words::<ReviewStage>(db, "article_review", "stage").await;
        words::<Verdict>(db, "article_review", "verdict").await;
        words::<PublicationState>(db, "publication", "state").await;
        words::<PublicationWay>(db, "publication", "way").await;
        // What was only sent has not been decided: no word fits a row of the other kind.
        only(db, "submission", "state", [SubmissionState::Taken, SubmissionState::Refused].into_iter()).await;
        refuses(db, "check", "UPDATE submission SET state = 'sent'").await;
        refuses(db, "check", "UPDATE sign_in_code SET tries = -1").await;
        refuses(db, "check", "UPDATE sign_in_code SET number_hash = 'x'").await;
        refuses(db, "check", "UPDATE sign_in_code SET issued_by = NULL").await;
        refuses(db, "check", "UPDATE sign_in_try SET what = 'guess'").await;
        words::<NewsWordKind>(db, "news_word", "kind").await;
        words::<NoticeState>(db, "notice", "state").await;
        words::<NoticeWay>(db, "notice", "way").await;
        words::<WechatAccount>(db, "delivery", "account").await;
        words::<DeliveryOutcome>(db, "delivery", "outcome").await;
        words::<WechatAccount>(db, "late_answer", "account").await;
        words::<WechatAccount>(db, "help_thread", "account").await;
        words::<JobState>(db, "job", "state").await;
        words::<WechatAccount>(db, "wechat_note", "account").await;
        words::<WechatNoteKind>(db, "wechat_note", "kind").await;
        words::<HelpKind>(db, "help_message", "kind").await;
        words::<HelpState>(db, "help_message", "state").await;
        words::<MediaState>(db, "help_media", "state").await;
        words::<NameState>(db, "resident", "name_state").await;
        words::<CheckSubject>(db, "content_check", "subject").await;
        words::<CheckKind>(db, "content_check", "kind").await;
        words::<CheckState>(db, "content_check", "state").await;
        words::<CheckState>(db, "check_verdict", "state").await;
        words::<ActorKind>(db, "wish", "actor_kind").await;
    }

    async fn a_number_out_of_range_is_refused(app: TestApp) {
        let db = app.app.db.writer();
        rows::write_all(db).await;
        refuses(db, "check", "UPDATE class SET by_staff = taken + 1").await;
        refuses(db, "check", "UPDATE class SET by_staff = -1").await;
        refuses(db, "check", "UPDATE class SET held_percent = 101").await;
        refuses(db, "check", "UPDATE term SET held_percent = -1").await;
        refuses(db, "check", "UPDATE term SET held_hours = -1").await;
        for unreal in ["term SET offer_hours = 0", "term SET travel_minutes = -1", "term SET change_days = -1", "term SET free_days = -1", "site SET held_percent = 101", "site SET offer_hours = 0", "class SET offer_hours = 0", "class SET offer_daytime_hours = -1", "term SET completion_percent = 101", "term SET credit_hours = 0", "closed_row SET hours_hundredths = -1", "closed_month SET reopened_for = NULL", "closed_month SET reopened_by = NULL", "term SET remind_before_at = 1320", "term SET remind_on_day_at = 0", "class_pass SET reason = NULL", "certificate SET revoked_for = 'x'", "certificate SET class_id = NULL", "certificate SET hours_hundredths = -1"] {
            refuses(db, "check", &format!("UPDATE {unreal}")).await;
        }
        accepts(db, "UPDATE class SET by_staff = 0").await;
        accepts(db, "UPDATE class SET taken = capacity").await;
        accepts(db, "UPDATE class SET taken = 0").await;
        refuses(db, "check", "UPDATE class SET taken = capacity + 1").await;
        refuses(db, "check", "UPDATE class SET taken = -1").await;
        refuses(db, "check", "UPDATE class SET capacity = -1, taken = -1").await;
        refuses(db, "check", "UPDATE class SET waiting = -1").await;
        refuses(db, "check", "UPDATE class SET cut_to = capacity").await;
        refuses(db, "check", "UPDATE class SET min_people = -1").await;
        refuses(db, "check", "UPDATE term SET min_percent = -1").await;
        refuses(db, "check", "UPDATE class SET weekday = 8").await;
        refuses(db, "check", "UPDATE class SET duration_minutes = 0").await;
        accepts(db, "UPDATE subscription SET balance = 0").await;
        refuses(db, "check", "UPDATE subscription SET balance = -1").await;
        refuses(db, "check", "UPDATE attendance SET hours_hundredths = -1").await;
        refuses(db, "check", "UPDATE learner_card SET serial = 0").await;
        refuses(db, "check", "UPDATE learner_card SET why_ended = NULL").await;
        refuses(db, "check", "UPDATE scan_tray SET settled_by = NULL").await;
        refuses(db, "check", "UPDATE scan_tray SET outcome = NULL").await;
        refuses(db, "check", "UPDATE scan_tray SET settle_reason = NULL").await;
        for unreal in ["scan_tray SET uploaded_by = NULL, uploaded_by_resident = NULL", "class_monitor SET ended_by = NULL", "head_count SET people = -1", "sample_answer SET there = NULL", "sample_answer SET scan_id = NULL", "pattern_note SET times = 0"] {
            refuses(db, "check", &format!("UPDATE {unreal}")).await;
        }
        for unreal in ["outlet SET points = -1", "submission SET decided_on = NULL", "news_item SET declined_by = NULL"] {
            refuses(db, "check", &format!("UPDATE {unreal}")).await;
        }
        for unreal in ["answer", "answered_by", "answered_at", "settled_by", "settled_at"] {
            refuses(db, "check", &format!("UPDATE article_remark SET {unreal} = NULL")).await;
        }
        refuses(db, "check", "UPDATE care_task SET absences = 0").await;
        refuses(db, "check", "UPDATE care_task SET outcome = NULL").await;
        refuses(db, "check", "UPDATE care_task SET said = NULL").await;
        refuses(db, "check", "UPDATE wish SET rank = 0").await;
        refuses(db, "check", "UPDATE term_plan SET newcomer_percent = 101").await;
        refuses(db, "check", "UPDATE term_plan SET seed_at = wishes_close_at").await;
        refuses(db, "check", "UPDATE draw SET confirmed_by = seed_by").await;
        refuses(db, "check", "UPDATE draw SET confirmed_by = NULL").await;
        refuses(db, "check", "UPDATE delegation SET delegate_id = learner_id").await;
        refuses(db, "check", "UPDATE delegation SET entered_by = NULL").await;
        refuses(db, "check", "UPDATE delegation SET ended_at = NULL").await;
        refuses(db, "check", "UPDATE delegation SET may_enrol = FALSE, may_see_record = FALSE, gets_notices = FALSE").await;
    }

    async fn a_second_row_for_what_is_one_thing_is_refused(app: TestApp) {
        let db = app.app.db.writer();
        rows::write_all(db).await;
        // Every row there is would be a second one of itself.
        macro_rules! repeat {
            ($($row:ident)*) => {$({
                let mut again = rows::$row().into_active_model().reset_all();
                again.id = NotSet;
                let error = again.insert(db).await.expect_err(stringify!($row));
                assert!(
                    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))),
                    "{}: {error}", stringify!($row)
                );
            })*};
        }
        repeat!(
            community resident wechat_identity resident_session staff staff_session site term
            course teacher meeting attendance attendance_event learner_card scan_tray poster_claim guest_seat guest_offer head_count sample_answer notice delivery subscription callback
            picture project activity_photo team volunteer team_member service club article_version publication enrolment article_review news_item news_word outlet submission wechat_note care_task certificate meeting_reminder closed_row
        );
    }

    async fn each_unique_key_holds_by_itself(app: TestApp) {
        let db = app.app.db.writer();
        let expected = [
            ("activity_photo", "class_id, picture_id", "removed_at"),
            ("article_reads", "publication_id", ""),
            ("article_review", "article_id, content_hash, reviewer_id", "verdict"),
            ("article_review", "article_id, content_hash, stage", "verdict"),
            ("article_version", "article_id, version", ""),
            ("attendance", "meeting_id, resident_id", ""),
            ("attendance_event", "meeting_id, resident_id, code_step", ""),
            ("attendance_event", "scan_id", ""),
            ("callback", "account, dedup_key", ""),
            ("care_task", "class_id, resident_id, first_meeting_id, kind", ""),
            ("certificate", "class_id, resident_id", "revoked_at"),
            ("certificate", "number", ""),
            ("check_verdict", "trace_id", ""),
            ("class_monitor", "class_id, resident_id", "ended_at"),
            ("closed_month", "month", "reopened_at"),
            ("closed_row", "month_id, meeting_id, resident_id", ""),
            ("club", "class_id", ""),
            ("club", "name", ""),
            ("community", "name", ""),
            ("content_check", "subject, subject_id, kind", ""),
            ("content_check", "trace_id", ""),
            ("course", "name", ""),
            ("course_picture", "course_id", ""),
            ("delegation", "learner_id, delegate_id", "ended_at"),
            ("delivery", "account, msg_id", ""),
            ("draw", "term_id", ""),
            ("draw_class", "draw_id, class_id", ""),
            ("draw_entry", "draw_id, number", ""),
            ("draw_entry", "draw_id, resident_id", ""),
            ("enrolment", "resident_id, class_id", "status"),
            ("enrolment", "resident_id, class_id, request_key", ""),
            ("enrolment", "resident_id, course_id, term_id", "status"),
            ("family_code", "code_hash", ""),
            ("guest_offer", "meeting_id, resident_id", ""),
            ("guest_offer", "seat_id", "status"),
            ("guest_seat", "meeting_id, leaver_id", ""),
            ("head_count", "scan_id", ""),
            ("help_media", "message_id", ""),
            ("help_thread", "open_key", ""),
            ("learner_card", "resident_id", "ended_at"),
            ("learner_card", "resident_id, serial", ""),
            ("link_code", "token_hash", ""),
            ("meeting", "class_id, number", ""),
            ("meeting_reminder", "meeting_id, kind, day", ""),
            ("news_item", "article_id", ""),
            ("news_item", "meeting_id", ""),
            ("news_item_picture", "item_id, picture_id", ""),
            ("news_word", "kind, word", ""),
            ("notice", "dedup_key", ""),
            ("outlet", "name", ""),
            ("picture", "sha256", ""),
            ("poster_claim", "meeting_id, resident_id", ""),
            ("project", "name", ""),
            ("publication", "article_id", "state"),
            ("publication", "msg_id", ""),
            ("publication", "publish_id", ""),
            ("resident", "id_number_hash", ""),
            ("resident", "learner_number", ""),
            ("resident", "request_key", ""),
            ("resident_session", "token_hash", ""),
            ("sample_answer", "of_count, resident_id", ""),
            ("sample_answer", "scan_id", ""),
            ("scan_tray", "scan_id", ""),
            ("service", "meeting_id, resident_id", ""),
            ("site", "name", ""),
            ("staff", "login", ""),
            ("staff_session", "token_hash", ""),
            ("staff_wechat", "code_hash", ""),
            ("submission", "item_id, outlet_id", ""),
            ("subscription", "resident_id, kind", ""),
            ("teacher", "staff_id", ""),
            ("team", "name", ""),
            ("team_member", "team_id, volunteer_id", "state"),
            ("term", "name", ""),
            ("volunteer", "resident_id", ""),
            ("wechat_identity", "account, openid", ""),
            ("wechat_note", "account, kind", ""),
            ("wish", "term_id, resident_id, class_id", "replaced_at"),
            ("wish", "term_id, resident_id, rank", "replaced_at"),
        ];
        let schema = schema(db).await;
        let unique: Vec<String> = schema
            .iter()
            .filter(|line| line.contains("CREATE UNIQUE INDEX") && line.contains("ux_"))
            .map(|line| line.replace('"', ""))
            .collect();
        for (table, columns, condition) in expected {
            let key = format!("({columns})");
            let found = unique.iter().any(|line| {
                let (head, tail) = line.split_once(&key).unwrap_or((line, ""));
                (head.contains(&format!("ON {table} "))
                    || head.contains(&format!("ON public.{table} ")))
                    && line.contains(&key)
                    && tail.contains("WHERE") != condition.is_empty()
                    && tail.contains(condition)
            });
            assert!(found, "unique {table} {key} in {unique:#?}");
        }
        assert_eq!(unique.len(), expected.len(), "{unique:#?}");
    }

    async fn one_live_enrolment_per_person_and_class_and_course(app: TestApp) {
        let db = app.app.db.writer();
        rows::write_all(db).await;
        for ended in ["withdrawn", "cancelled"] {
            accepts(db, &copy_of_enrolment(1, ended)).await;
        }
        for live in ["placed", "waiting", "offered"] {
            // The same class; and another class (2) of the same course and term.
            refuses(db, "unique", &copy_of_enrolment(1, live)).await;
            refuses(db, "unique", &copy_of_enrolment(2, live)).await;
        }
        accepts(db, "UPDATE enrolment SET status = 'withdrawn'").await;
        accepts(db, &copy_of_enrolment(2, "waiting")).await;
        refuses(db, "unique", &copy_of_enrolment(1, "placed")).await;
    }

    async fn three_passes_are_three_people(app: TestApp) {
        let db = app.app.db.writer();
        rows::write_all(db).await;
        let review = |stage: &str, verdict: &str, reviewer: i64, hash: &str| {
            format!(
                "INSERT INTO article_review \
                 (article_id, version, content_hash, stage, verdict, reviewer_id, at) \
                 SELECT article_id, version, '{hash}', '{stage}', '{verdict}', {reviewer}, at \
                 FROM article_review WHERE id = 1"
            )
        };
        accepts(
            db,
            "INSERT INTO staff (login, name, role, password_hash, failed_logins, created_at) \
             SELECT 'second', name, role, password_hash, 0, created_at FROM staff WHERE id = 1",
        )
        .await;
        // There is a pass for language by staff 1.
        refuses(db, "unique", &review("facts", "pass", 1, "h")).await;
        refuses(db, "unique", &review("language", "pass", 2, "h")).await;
        accepts(db, &review("facts", "return", 1, "h")).await;
        accepts(db, &review("facts", "return", 1, "h")).await;
        accepts(db, &review("facts", "pass", 2, "h")).await;
        accepts(db, &review("language", "pass", 1, "other")).await;
    }

    async fn an_article_is_published_once_and_may_fail_before(app: TestApp) {
        let db = app.app.db.writer();
        rows::write_all(db).await;
        let another = |state: &str| {
            format!(
                "INSERT INTO publication (article_id, version, content_hash, state, \
                 requested_by, created_at, updated_at) \
                 SELECT article_id, version, content_hash, '{state}', requested_by, \
                 created_at, updated_at FROM publication WHERE id = 1"
            )
        };
        for state in ["queued", "drafted", "submitted", "published"] {
            refuses(db, "unique", &another(state)).await;
        }
        accepts(db, &another("failed")).await;
        accepts(db, "UPDATE publication SET state = 'failed'").await;
        accepts(db, &another("queued")).await;
        refuses(db, "unique", &another("queued")).await;
    }

    async fn many_rows_may_be_without_a_unique_value(app: TestApp) {
        let db = app.app.db.writer();
        rows::write_all(db).await;
        let step = "INSERT INTO attendance_event \
             (meeting_id, resident_id, way, status, actor_kind, happened_at, received_at) \
             SELECT meeting_id, resident_id, 'roll', status, actor_kind, happened_at, received_at \
             FROM attendance_event WHERE id = 1";
        accepts(db, step).await;
        accepts(db, step).await;
        for number in ["2", "3"] {
            let resident = format!(
                "INSERT INTO resident (learner_number, created_at, updated_at) \
                 SELECT '{number}', created_at, updated_at FROM resident WHERE id = 1"
            );
            accepts(db, &resident).await;
        }
    }

    async fn what_others_point_at_stays(app: TestApp) {
        let db = app.app.db.writer();
        rows::write_all(db).await;
        for table in [
            "community", "resident", "staff", "site", "term", "course", "teacher", "meeting",
            "enrolment", "article", "picture",
        ] {
            refuses(db, "foreign key", &format!("DELETE FROM {table} WHERE id = 1")).await;
        }
        refuses(db, "foreign key", "UPDATE enrolment SET class_id = 99").await;
        refuses(db, "foreign key", "UPDATE audit SET staff_id = 99").await;
    }
}

fn copy_of_enrolment(class: i64, status: &str) -> String {
    format!(
        "INSERT INTO enrolment \
         (resident_id, class_id, course_id, term_id, status, created_at, updated_at) \
         SELECT resident_id, {class}, course_id, term_id, '{status}', created_at, updated_at \
         FROM enrolment WHERE id = 1"
    )
}

async fn accepts(db: &DatabaseConnection, sql: &str) {
    if let Err(error) = db.execute_unprepared(sql).await {
        panic!("refused: {sql}: {error}");
    }
}

/// By a constraint of this kind, and not for a mistake in the statement.
async fn refuses(db: &DatabaseConnection, kind: &str, sql: &str) {
    let error = db.execute_unprepared(sql).await.expect_err(sql).to_string().to_lowercase();
    assert!(error.contains(&format!("{kind} constraint")), "{sql}: {error}");
}

/// The row takes every word of the kind, as the entity writes it, and no other.
async fn words<K: Iterable + ActiveEnum<Value = String>>(
    db: &DatabaseConnection,
    table: &str,
    column: &str,
) {
    only(db, table, column, K::iter()).await;
}

async fn only<K: ActiveEnum<Value = String>>(
    db: &DatabaseConnection,
    table: &str,
    column: &str,
    kinds: impl Iterator<Item = K>,
) {
    for word in kinds {
        let word = word.to_value();
        accepts(db, &format!("UPDATE {table} SET {column} = '{word}' WHERE id = 1")).await;
    }
    refuses(db, "check", &format!("UPDATE {table} SET {column} = 'else' WHERE id = 1")).await;
}

/// All there is, as lines of text: tables, columns, constraints and indexes.
async fn schema(db: &DatabaseConnection) -> Vec<String> {
    let sql = match db.get_database_backend() {
        DatabaseBackend::Sqlite => {
            "SELECT name || ' ' || coalesce(sql, '') AS line FROM sqlite_master \
             WHERE tbl_name NOT LIKE 'sqlite_%' AND tbl_name <> 'seaql_migrations' ORDER BY 1"
        }
        _ => {
            "SELECT line FROM ( \
             SELECT table_name AS name, concat_ws(' ', table_name, column_name, data_type, \
               is_nullable, column_default, is_identity, character_maximum_length) AS line \
             FROM information_schema.columns WHERE table_schema = 'public' \
             UNION ALL SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' \
             UNION ALL SELECT conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid) \
             FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
             UNION ALL SELECT sequencename::text, sequencename::text FROM pg_sequences \
             ) AS everything WHERE name <> 'seaql_migrations' ORDER BY 1"
        }
    };
    lines(db, sql).await
}

/// For each table the columns, and whether they may be empty.
async fn columns(db: &DatabaseConnection) -> BTreeMap<String, BTreeMap<String, bool>> {
    let sql = match db.get_database_backend() {
        DatabaseBackend::Sqlite => {
            "SELECT t.name || ' ' || c.name || ' ' || c.\"notnull\" AS line \
             FROM sqlite_master t, pragma_table_info(t.name) c \
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
        }
        _ => {
            "SELECT concat_ws(' ', table_name, column_name, \
               CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END) AS line \
             FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let mut tables = BTreeMap::<String, BTreeMap<String, bool>>::new();
    for line in lines(db, sql).await {
        let mut parts = line.split(' ').map(str::to_owned);
        let mut next = || parts.next().expect("three parts");
        let (table, column, not_null) = (next(), next(), next());
        if table != "seaql_migrations" {
            tables.entry(table).or_default().insert(column, not_null == "0");
        }
    }
    tables
}

async fn lines(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.expect("query");
    rows.iter().map(|row| row.try_get("", "line").expect("text")).collect()
}
