//! All integration tests, in one binary.
#![expect(clippy::disallowed_methods, reason = "tests start servers and clients of their own")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

mod architecture;
mod attendance;
mod attendance_histories;
mod attendance_phones;
mod attendance_scans;
mod cache;
mod care;
mod checks;
mod conversation;
mod counter;
mod courses;
mod customer_service;
mod dialogue;
mod draw;
mod edge;
mod enrolment;
mod enrolment_batches;
mod enrolment_concurrency;
mod erasure;
mod family;
mod helpdesk;
mod histories;
mod invite;
mod learning;
mod linking;
mod logs;
mod members;
mod migrations;
mod news;
mod notices;
mod openapi;
mod opening_faults;
mod pages;
mod platform;
mod presence;
mod rehearsal;
mod reminders;
mod restart;
mod rules;
mod sandbox;
mod sheets;
mod staff;
mod storm;
#[allow(dead_code, clippy::allow_attributes, reason = "rooms come one by one")]
mod support;
mod transactions;
mod web_sign_in;
mod wechat_callbacks;
mod wechat_calls;
mod wechat_client;
mod wechat_protocol;
mod wechat_resilience;
mod worker;
