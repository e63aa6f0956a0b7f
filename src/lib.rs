//! 尚学: sign-up, check-in and news of a community education centre, on WeChat.
//!
//! Modules stand in reading order; the README has the map and the invariants.

pub mod app;
pub mod config;

pub mod batch;
pub mod cache;
pub mod clock;
pub mod error;
pub mod office;
pub mod outbox;
pub mod pixels;
mod sql;
pub mod telemetry;
pub mod vault;

pub mod sheets;

pub mod sms;
pub mod wechat;

pub mod print;

pub mod members;
pub mod staff;

pub mod family;
pub mod safety;

pub mod projects;

pub mod courses;
pub mod news;
pub mod notices;

pub mod enrolment;

pub mod draw;

pub mod attendance;

pub mod learning;

pub mod activities;
pub mod clubs;
pub mod volunteers;

pub mod care;
pub mod search;

pub mod reminders;
pub mod reports;

pub mod helpdesk;

pub mod followers;

pub mod conversation;
pub mod platform;
pub mod worker;

pub mod backup;
pub mod check;
pub mod pages;
pub mod routes;
pub mod server;
pub mod wire;

pub mod demo;
pub mod rehearsal;
pub mod sandbox;
