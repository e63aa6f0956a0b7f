//! Pages and pictures of the sandbox.

use poem::endpoint::EmbeddedFilesEndpoint;
use poem::http::{StatusCode, header};
use poem::{Endpoint, EndpointExt, Request, Response, Route};
use rust_embed::RustEmbed;

use super::article;
use super::people::parameter;
use super::server::{Inner, Shared};

#[derive(RustEmbed)]
#[folder = "src/sandbox/assets"]
struct Assets;

pub(super) fn to_the_phone() -> Response {
    Response::builder().status(StatusCode::FOUND).header(header::LOCATION, "/phone").finish()
}

pub(super) fn routes(inner: &Shared) -> Route {
    let of_page = inner.clone();
    let page = poem::endpoint::make_sync(move |_| phone_page(&of_page));
    let assets = EmbeddedFilesEndpoint::<Assets>::new().after(|answer| async move {
        let mut response = answer?;
        let fresh = header::HeaderValue::from_static("no-cache");
        response.headers_mut().insert(header::CACHE_CONTROL, fresh);
        Ok::<_, poem::Error>(response)
    });
    Route::new().at("/", page).nest("/assets", assets)
}

fn phone_page(inner: &Inner) -> Response {
    let Some(page) = Assets::get("phone.html") else {
        return Response::builder().status(StatusCode::NOT_FOUND).finish();
    };
    let service = inner.page_url();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
         img-src 'self' data: blob: {service}; frame-src 'self' {service}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    html(&policy).body(page.data.into_owned())
}

fn html(policy: &str) -> poem::ResponseBuilder {
    Response::builder()
        .content_type("text/html; charset=utf-8")
        .header(header::CONTENT_SECURITY_POLICY, policy)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::CACHE_CONTROL, "no-cache")
}

/// `/s/{article_id}?idx=`
pub(super) fn article(inner: &Shared) -> impl Endpoint<Output = Response> + 'static {
    let inner = inner.clone();
    poem::endpoint::make_sync(move |request: Request| {
        let article_id = request.raw_path_param("article_id").unwrap_or_default();
        let idx = parameter(request.uri().query().unwrap_or_default(), "idx");
        let idx = idx.and_then(|idx| idx.parse::<usize>().ok()).unwrap_or(1);
        let all = inner.read(|state| state.published(&inner.base_url));
        let found = all.iter().find(|one| one.article_id == article_id && one.idx == idx);
        let policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
        match found {
            Some(found) => html(policy).body(article::page(found, &inner.config.account_name)),
            None => html(policy).status(StatusCode::NOT_FOUND).body(article::missing()),
        }
    })
}

/// `/mmbiz_jpeg/{media_id}/0`
pub(super) fn picture(inner: &Shared) -> impl Endpoint<Output = Response> + 'static {
    let inner = inner.clone();
    poem::endpoint::make_sync(move |request: Request| {
        let media_id = request.raw_path_param("media_id").unwrap_or_default();
        let found = inner.read(|state| state.media.get(media_id).cloned());
        match found {
            Some(media) => Response::builder()
                .content_type(&media.mime)
                .header(header::CACHE_CONTROL, "max-age=86400")
                .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
                .body(media.bytes),
            None => Response::builder().status(StatusCode::NOT_FOUND).finish(),
        }
    })
}
