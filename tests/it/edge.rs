//! The edge: envelope, request ids, limits, health.

use reqwest::Method;
use serde_json::json;

use crate::on_both_databases;

on_both_databases! {
    async fn what_does_not_exist_is_answered_in_our_envelope(app: TestApp) {
        app.get("/api/nothing").send().await.refused(404, "not_found");
        app.request(Method::DELETE, "/api/staff/status").send().await.refused(405, "method_not_allowed");
        app.get("/nothing/at/all").send().await.refused(404, "not_found");
    }

    async fn nobody_signed_in_is_told_so(app: TestApp) {
        app.get("/api/staff/status").send().await.refused(401, "unauthenticated");
        app.get("/api/staff/status").staff("forged", "forged").send().await.refused(401, "unauthenticated");
    }

    async fn a_body_over_the_limit_is_refused(app: TestApp) {
        let long = "x".repeat(300_000);
        app.post("/api/session", &json!({ "code": long })).send().await.refused(413, "too_large");
    }

    async fn health_readiness_and_metrics_answer(app: TestApp) {
        assert_eq!(app.get("/healthz").send().await.text(), "ok");
        assert_eq!(app.get("/readyz").send().await.ok()["database"], "ok");
        let metrics = app.get("/metrics").send().await;
        assert!(metrics.status.is_success());
        assert!(metrics.text().contains("shangxue_jobs"), "{}", metrics.text());
    }
}
