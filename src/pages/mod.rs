//! The pages of residents (`/m/`) and staff (`/console/`): static assets, compiled in.
//!
//! 1. The binary needs no file beside it.
//! 2. Pages know nothing that `/api` does not tell them: no data is rendered here.
//! 3. Nothing inline runs and nothing comes from elsewhere, but WeChat's script for scanning
//!    where there is a public account: [`policy`].
//! 4. A phone never mixes two versions: every asset is asked for again, and costs
//!    a 304 when it is unchanged.
//! 5. Without network the roll page (`/console/roll/`) opens, and `/m/` with what the phone
//!    has kept of one's own timetable and card. Their service workers keep one version of their
//!    files whole, and reach nothing outside their paths. That of `/m/` asks the network first.

use std::marker::PhantomData;

use poem::endpoint::make_sync;
use poem::http::{Method, StatusCode, header};
use poem::{Endpoint, Request, Response, Route};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::config::{self, ProofFile};
use crate::draw;

/// What the page at `path` may load and run. `frame-ancestors` is added at the edge, from
/// the configuration.
pub fn policy(app: &App, path: &str) -> String {
    let wechat = &app.config.wechat;
    let scans = path.starts_with("/m/") && !wechat.official.appid.is_empty();
    let script = if scans { config::origin(&wechat.jssdk_url) } else { None };
    let script = script.map(|origin| format!(" {origin}")).unwrap_or_default();
    format!(
        "default-src 'self'; script-src 'self'{script}; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'"
    )
}

#[derive(RustEmbed)]
#[folder = "src/pages/m"]
struct ResidentPages;

#[derive(RustEmbed)]
#[folder = "src/pages/console"]
struct Console;

#[derive(RustEmbed)]
#[folder = "src/pages/roll"]
struct RollPage;

/// Of the console, what the roll page is made of too.
const SHARED: &[&str] = &[
    "css/base.css",
    "css/parts.css",
    "js/camera.js",
    "js/device.js",
    "js/dom.js",
    "js/sample.js",
    "js/time.js",
    "vendor/noble-ed25519-3.2.0/index.js",
    "vendor/qr-0.7.0/decode.js",
    "vendor/qr-0.7.0/index.js",
];

/// `/m/` and `/console/`; `/` leads to the residents' pages.
pub fn routes(app: &App) -> Route {
    let mut routes = Route::new()
        .at("/", Moved)
        .at("/m/draw-rules.txt", poem::get(draw_rules))
        .at("/m/sw.js", poem::get(resident_worker))
        .nest("/m", Folder::<ResidentPages>::new())
        .at("/console/roll/sw.js", poem::get(roll_worker))
        .nest("/console/roll", Folder::<RollPage>::new())
        .nest("/console", Folder::<Console>::new());
    let proof = &app.config.wechat.official.domain_proof;
    if !proof.is_empty() {
        // The file says what its name says.
        routes = routes.at(format!("/MP_verify_{proof}.txt"), proof_file(proof));
    }
    for ProofFile { name, text } in &app.config.wechat.mini.proof_files {
        // Of the host, and of the links under `/m/` that open the mini-program.
        routes = routes
            .at(format!("/{name}"), proof_file(text))
            .at(format!("/m/{name}"), proof_file(text));
    }
    routes
}

fn proof_file(text: &str) -> impl Endpoint<Output = Response> + use<> {
    let text = text.to_owned();
    make_sync(move |_| Response::builder().content_type("text/plain").body(text.clone()))
}

/// The rules of the draw: plain text, which needs no script and no sign-in.
#[poem::handler]
fn draw_rules() -> Response {
    Response::builder()
        .content_type("text/plain; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-cache")
        .body(draw::RULES)
}

/// The roll page's service worker.
#[poem::handler]
fn roll_worker() -> Response {
    let shared =
        SHARED.iter().filter_map(|path| Some((format!("/console/{path}"), Console::get(path)?)));
    worker::<RollPage>("/console/roll/", "sw.js", shared)
}

/// That of the residents' pages. It is fetched when the first page is there.
#[poem::handler]
fn resident_worker() -> Response {
    worker::<ResidentPages>("/m/", "later/sw.js", std::iter::empty())
}

/// A service worker, with the names of the files that it keeps and what they are: another
/// version of them is another worker.
fn worker<E: RustEmbed>(
    under: &str,
    script: &str,
    more: impl Iterator<Item = (String, EmbeddedFile)>,
) -> Response {
    let own = E::iter()
        .filter(|path| path != script)
        .filter_map(|path| Some((format!("{under}{path}"), E::get(&path)?)));
    let (mut names, mut version) = (vec![under.to_owned()], Sha256::new());
    for (name, asset) in own.chain(more) {
        version.update(&name);
        version.update(asset.metadata.sha256_hash());
        // The start page is known by its folder.
        if name != format!("{under}index.html") {
            names.push(name);
        }
    }
    let version = hex::encode(&version.finalize()[..8]);
    let script = E::get(script).map(|asset| asset.data.into_owned()).unwrap_or_default();
    let script = String::from_utf8_lossy(&script);
    let text = format!("const VERSION = {version:?};\nconst FILES = {names:?};\n{script}");
    Response::builder()
        .content_type("text/javascript; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-cache")
        .body(text)
}

/// To where the residents' pages are.
struct Moved;

impl Endpoint for Moved {
    type Output = Response;

    async fn call(&self, _request: Request) -> poem::Result<Response> {
        Ok(redirect("/m/"))
    }
}

/// One embedded folder under the path it is nested at.
struct Folder<E>(PhantomData<fn() -> E>);

impl<E: RustEmbed> Folder<E> {
    fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E: RustEmbed + 'static> Endpoint for Folder<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Err(StatusCode::METHOD_NOT_ALLOWED.into());
        }
        let asked = request.original_uri();
        let path = request.uri().path().trim_start_matches('/');
        if path.is_empty() && !asked.path().ends_with('/') {
            // Relative links need the slash; a scanned code's query has to survive.
            let query = asked.query().map(|query| format!("?{query}")).unwrap_or_default();
            return Ok(redirect(&format!("{}/{query}", asked.path())));
        }
        let path = if path.is_empty() { "index.html" } else { path };
        let Some(asset) = E::get(path) else {
            return Err(StatusCode::NOT_FOUND.into());
        };
        // Weak, for the edge may compress the body.
        let tag = format!("W/\"{}\"", hex::encode(&asset.metadata.sha256_hash()[..16]));
        let response = Response::builder()
            .header(header::ETAG, &tag)
            .header(header::CACHE_CONTROL, "no-cache");
        let known =
            request.headers().get(header::IF_NONE_MATCH).and_then(|held| held.to_str().ok());
        if known.is_some_and(|held| names(held, &tag)) {
            return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
        }
        let response = response.header(header::CONTENT_TYPE, content_type(path));
        if request.method() == Method::HEAD {
            return Ok(response.finish());
        }
        Ok(response.body(asset.data.into_owned()))
    }
}

fn redirect(to: &str) -> Response {
    Response::builder().status(StatusCode::FOUND).header(header::LOCATION, to).finish()
}

/// Whether an `If-None-Match` names the tag, by the weak comparison.
fn names(held: &str, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    held.split(',').any(|one| one.trim() == "*" || bare(one) == bare(tag))
}

/// The few kinds of assets there are.
fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("webmanifest") => "application/manifest+json; charset=utf-8",
        Some("json") => "application/json; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn tags_are_compared_weakly() {
        assert!(names("W/\"a\"", "W/\"a\""));
        assert!(names("\"x\", \"a\"", "W/\"a\""));
        assert!(names("*", "W/\"a\""));
        assert!(!names("W/\"b\"", "W/\"a\""));
    }

    #[test]
    fn every_asset_has_a_known_kind() {
        for path in ResidentPages::iter().chain(Console::iter()).chain(RollPage::iter()) {
            assert_ne!(content_type(&path), "application/octet-stream", "{path}");
        }
    }

    /// Without network a file that is missing is a page that does not open.
    #[test]
    fn the_roll_page_imports_nothing_that_its_worker_does_not_keep() {
        let own = RollPage::iter().map(|path| format!("roll/{path}"));
        let kept: Vec<String> = own.chain(SHARED.iter().map(|&path| path.to_owned())).collect();
        let mut asked = 0;
        for path in kept.iter().filter(|path| path.ends_with(".js")) {
            let asset =
                path.strip_prefix("roll/").map_or_else(|| Console::get(path), RollPage::get);
            let text = String::from_utf8(asset.expect(path).data.into_owned()).expect("text");
            let folder: Vec<&str> = path.split('/').collect();
            for line in text.lines().filter(|line| line.starts_with("import ")) {
                let Some((_, rest)) = line.split_once(" from '") else { continue };
                // What has no path stands in a comment: nothing here is installed.
                if !rest.starts_with('.') {
                    continue;
                }
                let mut at: Vec<&str> = folder[..folder.len() - 1].to_vec();
                for step in rest.split('\'').next().expect("a name").split('/') {
                    match step {
                        "." => {}
                        ".." => drop(at.pop()),
                        name => at.push(name),
                    }
                }
                assert!(kept.contains(&at.join("/")), "{path}: {line}");
                asked += 1;
            }
        }
        assert!(asked > 5, "{asked}");
    }

    #[test]
    fn what_is_not_ours_is_what_its_authors_published() {
        let sums = Console::get("vendor/SHA256SUMS.txt").expect("sums").data.into_owned();
        let sums = String::from_utf8(sums).expect("text");
        let named: Vec<_> = sums.lines().filter_map(|line| line.split_once("  ")).collect();
        for (sum, path) in &named {
            let asset = Console::get(&format!("vendor/{path}")).expect(path);
            assert_eq!(*sum, hex::encode(asset.metadata.sha256_hash()), "{path}");
        }
        let taken = Console::iter().filter(|path| {
            path.starts_with("vendor/") && (path.ends_with(".js") || path.ends_with(".css"))
        });
        assert_eq!(taken.count(), named.len());
    }

    /// The files that a browser needs for the first page: what the start page names, and what
    /// that imports. The rest comes when it is asked for: see `later` in app.js.
    fn first_page() -> BTreeSet<String> {
        let mut files = BTreeSet::from(["index.html", "style.css", "icon.svg"].map(str::to_owned));
        let mut asked = vec!["app.js".to_owned()];
        while let Some(path) = asked.pop() {
            if !files.insert(path.clone()) {
                continue;
            }
            let asset = ResidentPages::get(&path).expect(&path);
            let text = String::from_utf8_lossy(&asset.data);
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            for line in text.lines().filter(|line| line.starts_with("import ")) {
                let (_, rest) = line.split_once(" from '").expect(line);
                let name = rest.split('\'').next().expect(line);
                asked.push(match (name.strip_prefix("../"), name.strip_prefix("./"), folder) {
                    (Some(above), ..) => above.to_owned(),
                    (None, Some(beside), "") => beside.to_owned(),
                    (None, Some(beside), folder) => format!("{folder}/{beside}"),
                    _ => panic!("{path}: {line}"),
                });
            }
        }
        files
    }

    /// A phone in the countryside: the whole first page, uncompressed.
    #[test]
    fn the_first_page_of_residents_stays_small() {
        let size: usize = first_page()
            .iter()
            .filter_map(|path| ResidentPages::get(path))
            .map(|asset| asset.data.len())
            .sum();
        assert!(size <= 100 * 1024, "{size} bytes");
    }

    #[test]
    fn the_first_page_names_beforehand_what_it_imports_and_nothing_else() {
        let page = ResidentPages::get("index.html").expect("there").data;
        let page = String::from_utf8_lossy(&page);
        let named: BTreeSet<String> = page
            .lines()
            .filter_map(|line| line.strip_prefix("<link rel=\"modulepreload\" href=\""))
            .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
            .collect();
        let mut needed = first_page();
        for path in ["index.html", "style.css", "icon.svg", "app.js"] {
            needed.remove(path);
        }
        assert_eq!(named, needed);
    }
}
