//! Small answers that several rooms give.

use poem_openapi::{ApiResponse, Object};

use entity::community;
use entity::ids::CommunityId;

/// Nothing more to say.
#[derive(ApiResponse)]
pub enum Done {
    /// It is done.
    #[oai(status = 204)]
    Done,
}

/// A community, by name.
#[derive(Debug, Object)]
pub struct Community {
    pub id: CommunityId,
    pub name: String,
}

impl From<community::Model> for Community {
    fn from(row: community::Model) -> Self {
        Self { id: row.id, name: row.name }
    }
}

/// Where a file can be fetched for some minutes, by any browser.
#[derive(Object)]
pub struct FileLink {
    pub url: String,
}
