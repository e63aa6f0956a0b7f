//! What every page needs to know of the centre.

use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use crate::app::App;
use crate::wire::tags::Tag;

pub struct AboutApi(pub App);

/// The centre, as it stands on every page.
#[derive(Debug, Object)]
struct About {
    centre_name: String,
    /// Empty when not configured.
    phone: String,
    hours: String,
    account_name: String,
    /// Version of the privacy text in force.
    consent_version: String,
    /// The data are samples, for trying out.
    demo: bool,
}

#[OpenApi(tag = "Tag::Catalogue")]
impl AboutApi {
    /// The centre: name, telephone, hours.
    #[oai(path = "/about", method = "get", operation_id = "about")]
    async fn about(&self) -> Json<About> {
        let config = &self.0.config;
        Json(About {
            centre_name: config.centre.name.clone(),
            phone: config.centre.phone.clone(),
            hours: config.centre.hours.clone(),
            account_name: config.centre.account_name.clone(),
            consent_version: config.members.consent_version.clone(),
            demo: config.server.sample_data,
        })
    }
}
