//! Logs and metrics.
//!
//! 1. A line of the log can be read alone; it never holds personal data, tokens,
//!    openids or query strings.
//! 2. The process has one metrics recorder, installed at first use.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};
use crate::error::{Error, Result};

/// Starts logging to standard error. A second call changes nothing.
pub fn log(config: &Log) {
    // Statements and URLs of libraries can hold what must not be logged.
    let filter = format!("{},sqlx=off,sea_orm=off,hyper=off,reqwest=off,h2=off", config.level);
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _already = match config.format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_span_list(false).try_init(),
    };
}

/// The recorder's handle, to render what was measured.
///
/// # Errors
/// Another recorder was installed by someone else.
pub fn metrics() -> Result<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            PrometheusBuilder::new()
                .set_buckets(&[0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 3.0, 10.0])
                .ok()?
                .install_recorder()
                .ok()
        })
        .as_ref()
        .ok_or_else(|| Error::internal("the metrics recorder cannot be installed"))
}
