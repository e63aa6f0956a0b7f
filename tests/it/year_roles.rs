//! Who may call what of projects, activities, volunteers and clubs: every role at every
//! endpoint, as the description of the API lists them.

use std::collections::BTreeMap;

use entity::kinds::Role;
use reqwest::Method;
use sea_orm::Iterable;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::fixtures;

const TAG: &str = "Staff · activities";

/// By operation: who is let in. Within that, a scope may still refuse.
const TABLE: &[(&str, &[Role])] = &[
    ("staff_projects", EVERYBODY),
    ("staff_add_project", CENTRE),
    ("staff_change_project", CENTRE),
    ("staff_activities", ENROLMENT),
    ("staff_add_activity", ENROLMENT),
    ("staff_activity", ENROLMENT),
    ("staff_change_activity", ENROLMENT),
    ("staff_add_activity_time", ENROLMENT),
    ("staff_close_activity", ENROLMENT),
    ("staff_count_activity_heads", ENROLMENT),
    ("staff_add_photo", ENROLMENT),
    ("staff_photo", ENROLMENT),
    ("staff_remove_photo", ENROLMENT),
    ("staff_set_project", ENROLMENT),
    ("staff_project_pages", ENROLMENT),
    ("staff_project_page", ENROLMENT),
    ("staff_project_report", ENROLMENT),
    ("staff_teams", ROLLS),
    ("staff_team_leaders", CENTRE),
    ("staff_add_team", CENTRE),
    ("staff_change_team", CENTRE),
    ("staff_team", ROLLS),
    ("staff_set_member", ROLLS),
    ("staff_member_contact", ROLLS),
    ("staff_add_shift", ROLLS),
    ("staff_shift", ROLLS),
    ("staff_settle_service", ROLLS),
    ("staff_correct_service", ROLLS),
    ("staff_add_club", CENTRE),
    ("staff_change_club", CENTRE),
    ("staff_open_club", ENROLMENT),
    ("staff_add_club_time", ENROLMENT),
    ("staff_keep_work_picture", ENROLMENT),
    ("staff_add_work", ENROLMENT),
    ("staff_remove_work", ENROLMENT),
    ("staff_add_show", ENROLMENT),
    ("staff_remove_show", ENROLMENT),
];

const CENTRE: &[Role] = &[Role::Admin, Role::Centre];
const ENROLMENT: &[Role] = &[Role::Admin, Role::Centre, Role::Officer];
const ROLLS: &[Role] = &[Role::Admin, Role::Centre, Role::Officer, Role::Teacher];
const EVERYBODY: &[Role] = &[
    Role::Admin,
    Role::Centre,
    Role::Officer,
    Role::Teacher,
    Role::Editor,
    Role::SectionHead,
    Role::Leader,
];

/// Method and path of each operation of the tag, with numbers that name nothing.
fn operations(spec: &Value) -> BTreeMap<String, (Method, String)> {
    let mut found = BTreeMap::new();
    for (path, methods) in spec["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if operation["tags"][0] != TAG {
                continue;
            }
            let path =
                path.split('/').map(|part| if part.starts_with('{') { "999999" } else { part });
            let path = format!("/api{}", path.collect::<Vec<_>>().join("/"));
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let id = operation["operationId"].as_str().unwrap().to_owned();
            found.insert(id, (method, path));
        }
    }
    found
}

on_both_databases! {
    async fn every_role_is_let_in_where_the_table_says_and_nowhere_else(app: TestApp) {
        let school = fixtures::school(&app).await;
        let spec = app.get("/openapi.json").send().await.ok();
        let found = operations(&spec);
        let missing: Vec<_> = found.keys().filter(|id| !TABLE.iter().any(|(known, _)| known == id)).collect();
        assert!(missing.is_empty(), "not in the table: {missing:?}");
        for role in Role::iter() {
            let community = (role == Role::Officer).then_some(school.community);
            let clerk = fixtures::clerk(&app, role.as_str(), role, community).await;
            for (id, allowed) in TABLE {
                let (method, path) = found.get(*id).unwrap_or_else(|| panic!("{id} is gone"));
                let answer = app.request(method.clone(), path).json(&json!({})).by(&clerk).send().await;
                let refused = answer.status.as_u16() == 403 && answer.json()["code"] == "forbidden";
                assert_eq!(refused, !allowed.contains(&role), "{role:?} at {id}: {}", answer.text());
            }
        }
    }

    async fn nobody_who_is_not_signed_in_is_let_in(app: TestApp) {
        let spec = app.get("/openapi.json").send().await.ok();
        for (id, (method, path)) in operations(&spec) {
            let answer = app.request(method, &path).json(&json!({})).send().await;
            assert_eq!(answer.status.as_u16(), 401, "{id}: {}", answer.text());
        }
    }
}
