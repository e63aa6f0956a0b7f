//! `shangxue demo`: everything with nothing installed.
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Settings of the demo.
#[derive(clap::Args)]
pub struct Options {
    /// Port of the service.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Port of the sandbox that stands in for WeChat.
    #[arg(long, default_value_t = 8081)]
    pub sandbox_port: u16,
    /// Where the demo keeps its data.
    #[arg(long, default_value = "data/demo")]
    pub data: PathBuf,
    /// Forget what was done before and start over.
    #[arg(long)]
    pub fresh: bool,
}

pub async fn run(_options: Options, _config: Option<&Path>) -> Result<()> {
    Err(Error::internal("under construction"))
}
