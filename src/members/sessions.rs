//! Who holds a token, asked for many at a time: in a rush every request asks.

use std::collections::HashMap;

use entity::resident_session::Model;

use super::store;
use crate::app::Db;
use crate::batch::{Batch, Decide};
use crate::error::Result;

/// One query looks for so many at most.
const LARGEST: usize = 256;

struct Lookup(Db);

impl Decide for Lookup {
    /// The hash of a token.
    type Question = String;
    type Answer = Option<Model>;

    async fn decide(&self, hashes: &[String]) -> Result<Vec<Option<Model>>> {
        let rows = store::sessions(self.0.read(), hashes).await?;
        let rows: HashMap<&str, &Model> =
            rows.iter().map(|row| (row.token_hash.as_str(), row)).collect();
        Ok(hashes.iter().map(|hash| rows.get(hash.as_str()).copied().cloned()).collect())
    }
}

/// The line of tokens to be looked for.
pub struct Sessions(Batch<Lookup>);

impl Sessions {
    /// For the sessions in `db`.
    pub fn new(db: Db) -> Self {
        Self(Batch::new(Lookup(db), LARGEST))
    }

    /// The session of a token that was not revoked; it may have run out.
    pub(super) async fn find(&self, token_hash: String) -> Result<Option<Model>> {
        self.0.ask(token_hash).await
    }
}
