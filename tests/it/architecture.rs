//! The rules of the README's map that the compiler cannot see.

use std::path::{Path, PathBuf};

/// Every Rust file under `src/`, with its path from there and its text.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                into.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            let text = std::fs::read_to_string(&path).unwrap();
            // Only code counts: comments may name anything.
            let code: Vec<&str> =
                text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            (name, code.join("\n"))
        })
        .collect()
}

/// Files that use `word` though none of `allowed` begins or ends their path.
fn offenders(word: &str, allowed: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = sources()
        .into_iter()
        .filter(|(name, code)| {
            !allowed.iter().any(|place| name.starts_with(place) || name.ends_with(place))
                && code.contains(word)
        })
        .map(|(name, _)| name)
        .collect();
    found.sort();
    found
}

#[test]
fn poem_is_known_at_the_edges_only() {
    let edges = [
        "/api.rs",
        "/api/",
        "wire/",
        "routes.rs",
        "server.rs",
        "conversation/callback.rs",
        "pages/",
        "sandbox/",
        // Its own service and its own crowd.
        "rehearsal/play.rs",
    ];
    let in_api_folder = |name: &String| !name.contains("/api/");
    let found: Vec<String> =
        offenders("poem::", &edges).into_iter().filter(in_api_folder).collect();
    assert!(found.is_empty(), "poem belongs into api.rs, wire/, routes.rs: {found:?}");
    let found: Vec<String> =
        offenders("poem_openapi", &edges).into_iter().filter(in_api_folder).collect();
    assert!(found.is_empty(), "poem_openapi belongs into api.rs, wire/, routes.rs: {found:?}");
}

#[test]
fn the_network_and_xml_are_known_to_the_protocol_only() {
    for word in ["reqwest::", "quick_xml::"] {
        let found = offenders(word, &["wechat/", "sms.rs", "sandbox/", "rehearsal/play.rs"]);
        assert!(found.is_empty(), "{word} belongs into wechat/: {found:?}");
    }
}

#[test]
fn the_insides_of_spreadsheets_are_known_to_one_room_only() {
    for word in ["calamine::", "rust_xlsxwriter::", "zip::"] {
        let found = offenders(word, &["sheets/"]);
        assert!(found.is_empty(), "{word} belongs into sheets/: {found:?}");
    }
}

#[test]
fn the_insides_of_pdfs_are_known_to_one_room_only() {
    for word in ["krilla::", "skrifa::"] {
        let found = offenders(word, &["print/"]);
        assert!(found.is_empty(), "{word} belongs into print/: {found:?}");
    }
}

#[test]
fn queries_are_written_in_stores_only() {
    for word in ["EntityTrait", "QueryFilter", "ActiveModelTrait", "execute_raw", "raw_sql!"] {
        let found = offenders(
            word,
            &["/store.rs", "outbox.rs", "sql.rs", "worker/", "app.rs", "server.rs", "backup.rs"],
        );
        let found: Vec<&String> = found.iter().filter(|name| !name.contains("/store/")).collect();
        assert!(found.is_empty(), "{word} belongs into store.rs: {found:?}");
    }
}

#[test]
fn no_room_names_a_higher_one() {
    let low_to_high = [
        &["sheets", "print"][..],
        &["members", "staff"],
        &["family", "safety", "projects"],
        &["courses", "news", "notices"],
        &["enrolment"],
        &["draw"],
        &["attendance"],
        &["learning"],
        &["activities", "volunteers", "clubs"],
        &["care", "reminders", "reports", "search"],
        &["helpdesk"],
        &["followers", "platform"],
        &["conversation"],
    ];
    for (height, rooms) in low_to_high.iter().enumerate() {
        let higher: Vec<&str> = low_to_high[height + 1..].concat();
        for (name, code) in sources() {
            let Some(room) = rooms.iter().find(|room| name.starts_with(&format!("{room}/"))) else {
                continue;
            };
            for above in &higher {
                // A whole word: `withdraw::` is not `draw::`.
                let names = code.match_indices(&format!("{above}::")).any(|(at, _)| {
                    !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
                });
                assert!(!names, "src/{name}: {room} names {above}, which is above it");
            }
        }
    }
    for (name, code) in sources() {
        if name.starts_with("wechat/") {
            for room in low_to_high.concat() {
                assert!(
                    !code.contains(&format!("crate::{room}")),
                    "src/{name}: the protocol names {room}"
                );
            }
        }
    }
}

#[test]
fn every_room_begins_with_its_purpose_and_invariants() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path().join("mod.rs");
        if let Ok(text) = std::fs::read_to_string(&path) {
            assert!(text.starts_with("//! "), "{} has no purpose", path.display());
            assert!(text.contains("\n//! 1. "), "{} has no invariants", path.display());
        }
    }
}
