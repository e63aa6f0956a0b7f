//! The API's description is part of the contract: a change of it has to be seen.

use crate::support::{Backend, TestApp};

/// Kept beside this file. `UPDATE_OPENAPI=1 cargo test --test it openapi` writes it anew.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/openapi.json");

#[tokio::test]
async fn the_description_of_the_api_is_the_kept_one() {
    let app = TestApp::start(Backend::Sqlite).await;
    let said = app.get("/openapi.json").send().await.ok();
    let said = format!("{said:#}\n");
    if std::env::var("UPDATE_OPENAPI").is_ok() {
        std::fs::write(KEPT, &said).unwrap();
    }
    let kept = std::fs::read_to_string(KEPT).unwrap_or_default();
    assert!(
        kept == said,
        "the API changed; if that is meant: UPDATE_OPENAPI=1 cargo test --test it openapi, and commit the diff"
    );
}

#[tokio::test]
async fn every_operation_says_what_it_is_and_where_it_belongs() {
    let app = TestApp::start(Backend::Sqlite).await;
    let spec = app.get("/openapi.json").send().await.ok();
    for (path, operations) in spec["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            for field in ["summary", "operationId", "tags"] {
                assert!(!operation[field].is_null(), "{method} {path} has no {field}");
            }
        }
    }
    assert!(app.get("/docs").send().await.text().contains("redoc"));
}
