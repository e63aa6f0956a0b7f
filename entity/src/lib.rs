//! The tables, one file each. Ids and closed value sets may stand on the wire
//! as well; models never do.

pub mod ids;
pub mod kinds;

pub mod article;
pub mod article_review;
pub mod article_version;
pub mod attendance;
pub mod attendance_event;
pub mod audit;
pub mod callback;
pub mod check_verdict;
pub mod class;
pub mod community;
pub mod consent;
pub mod content_check;
pub mod course;
pub mod delivery;
pub mod enrolment;
pub mod enrolment_change;
pub mod erasure;
pub mod follower;
pub mod help_media;
pub mod help_message;
pub mod help_thread;
pub mod holiday;
pub mod job;
pub mod late_answer;
pub mod link_code;
pub mod meeting;
pub mod meeting_change;
pub mod notice;
pub mod picture;
pub mod publication;
pub mod resident;
pub mod resident_session;
pub mod site;
pub mod staff;
pub mod staff_session;
pub mod subscription;
pub mod teacher;
pub mod term;
pub mod wechat_identity;
