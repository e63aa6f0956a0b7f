//! What every page needs to know of the centre.

use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use crate::app::App;
use crate::wechat::Ability;
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
    /// In WeChat's own browser a page can find out who opens it.
    web_sign_in: bool,
    /// Outside WeChat a code for signing in comes by SMS; else from staff alone.
    sms_sign_in: bool,
    /// WeChat's script for scanning in its own browser; empty: there is no public account.
    jssdk_url: String,
    /// The data are samples, for trying out.
    demo: bool,
}

#[OpenApi(tag = "Tag::Catalogue")]
impl AboutApi {
    /// The centre: name, telephone, hours.
    #[oai(path = "/about", method = "get", operation_id = "about")]
    async fn about(&self) -> Json<About> {
        let config = &self.0.config;
        let official = &config.wechat.official;
        let jssdk_url = if official.appid.is_empty() { "" } else { &config.wechat.jssdk_url };
        Json(About {
            web_sign_in: self.0.wechat.official().can(Ability::WebSignIn),
            sms_sign_in: self.0.sms.available(),
            jssdk_url: jssdk_url.to_owned(),
            centre_name: config.centre.name.clone(),
            phone: config.centre.phone.clone(),
            hours: config.centre.hours.clone(),
            account_name: config.centre.account_name.clone(),
            consent_version: config.members.consent_version.clone(),
            demo: config.server.sample_data,
        })
    }
}
