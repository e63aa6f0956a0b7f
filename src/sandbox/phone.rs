//! Pages and pictures of the sandbox.

use poem::endpoint::EmbeddedFilesEndpoint;
use poem::http::{StatusCode, header};
use poem::{Endpoint, EndpointExt, Request, Response, Route};
use rust_embed::RustEmbed;

use super::article;
use super::people::{self, parameter};
use super::server::{Inner, Shared};
use super::state::Person;

#[derive(RustEmbed)]
#[folder = "src/sandbox/assets"]
struct Assets;

pub(super) fn to_the_phone() -> Response {
    Response::builder().status(StatusCode::FOUND).header(header::LOCATION, "/phone").finish()
}

pub(super) fn routes(inner: &Shared) -> Route {
    let of_page = inner.clone();
    let page = poem::endpoint::make_sync(move |_| phone_page(&of_page));
    let two = poem::endpoint::make_sync(|_| two_phones());
    let assets = EmbeddedFilesEndpoint::<Assets>::new().after(|answer| async move {
        let mut response = answer?;
        let fresh = header::HeaderValue::from_static("no-cache");
        response.headers_mut().insert(header::CACHE_CONTROL, fresh);
        Ok::<_, poem::Error>(response)
    });
    Route::new().at("/", page).at("/two", two).nest("/assets", assets)
}

fn phone_page(inner: &Inner) -> Response {
    let Some(page) = Assets::get("phone.html") else {
        return Response::builder().status(StatusCode::NOT_FOUND).finish();
    };
    let service = inner.page_url();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
         img-src 'self' data: blob: {service}; frame-src 'self' {service}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    );
    html(&policy).body(page.data.into_owned())
}

/// Two phones side by side, each in a frame.
fn two_phones() -> Response {
    let Some(page) = Assets::get("two.html") else {
        return Response::builder().status(StatusCode::NOT_FOUND).finish();
    };
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; \
                  base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    html(policy).body(page.data.into_owned())
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

/// `/connect/oauth2/authorize`: inside the phone the phone asks its person; elsewhere
/// whoever looks at the page chooses who to be.
pub(super) fn sign_in(inner: &Shared) -> impl Endpoint<Output = Response> + 'static {
    let inner = inner.clone();
    poem::endpoint::make_sync(move |request: Request| {
        let query = request.uri().query().unwrap_or_default();
        let policy = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
        let asked = match people::asked(&inner, query) {
            Ok(asked) => asked,
            Err(words) => {
                let page =
                    article::page_of("网页授权", &format!("<div class=\"gone\">{words}</div>"));
                return html(policy).status(StatusCode::BAD_REQUEST).body(page);
            }
        };
        if let Some(id) = parameter(query, "as").and_then(|id| id.parse().ok()) {
            let link = format!("?{query}");
            let snapshot = parameter(query, "snapshot").is_some();
            return match people::authorize(&inner, id, &link, snapshot) {
                Ok(target) => Response::builder()
                    .status(StatusCode::FOUND)
                    .header(header::LOCATION, target)
                    .header(header::CACHE_CONTROL, "no-store")
                    .finish(),
                Err(error) => {
                    let page = article::page_of("网页授权", &article::escape(&error.message));
                    html(policy).status(StatusCode::BAD_REQUEST).body(page)
                }
            };
        }
        html(policy).body(choice(&inner, query, asked.asks))
    })
}

/// `/open/js/jweixin-1.6.0.js`: what pages of the service load in the phone's browser.
pub(super) fn jssdk() -> impl Endpoint<Output = Response> + 'static {
    poem::endpoint::make_sync(|_| match Assets::get("jweixin.js") {
        Some(script) => Response::builder()
            .content_type("text/javascript; charset=utf-8")
            .header(header::CACHE_CONTROL, "no-cache")
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .body(script.data.into_owned()),
        None => Response::builder().status(StatusCode::NOT_FOUND).finish(),
    })
}

fn choice(inner: &Inner, query: &str, asks: bool) -> String {
    let query = article::escape(query);
    let users = inner.read(|state| {
        let user = |person: &Person| {
            let (id, name) = (person.user.id, article::escape(&person.user.name));
            format!("<li><a href=\"?{query}&amp;as={id}\">{name}</a></li>")
        };
        state.people.iter().map(user).collect::<String>()
    });
    article::page_of(
        "网页授权",
        &format!(
            "<div id=\"sign-in\" data-asks=\"{asks}\"><h1>以谁的身份进入？</h1><ul>{users}</ul>\
             <p><a href=\"?{query}&amp;as=1&amp;snapshot=1\">只看一看，不登录</a></p></div>"
        ),
    )
}

/// `/mmbiz_jpeg/{media_id}/0`
pub(super) fn picture(inner: &Shared) -> impl Endpoint<Output = Response> + 'static {
    let inner = inner.clone();
    poem::endpoint::make_sync(move |request: Request| {
        let media_id = request.raw_path_param("media_id").unwrap_or_default();
        let now = inner.now();
        let found = inner.read(|state| state.media.get(media_id).cloned());
        let found = found.filter(|media| media.lives(now));
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
