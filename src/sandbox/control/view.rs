//! What the phone shows.

use serde_json::{Value, json};

use crate::sandbox::people::parameter;
use crate::sandbox::server::Inner;
use crate::sandbox::state::{Mass, MassContent, State, TemplateKind, picture_url};

/// Everything the phone shows; next to nothing when nothing has changed.
pub(super) fn state(inner: &Inner, query: &str) -> Value {
    let seen = parameter(query, "version").and_then(|version| version.parse::<u64>().ok());
    let id = parameter(query, "user").and_then(|id| id.parse::<u64>().ok()).unwrap_or(1);
    let page_url = inner.page_url();
    inner.read(|state| {
        if seen == Some(state.version) {
            return json!({"version": state.version, "same": true});
        }
        let people = state.people.iter().map(|person| {
            json!({"id": person.user.id, "name": person.user.name, "follows": person.follows})
        });
        let me = state.person(id).or_else(|| state.people.first());
        let me = me.map(|person| {
            json!({
                "id": person.user.id,
                "name": person.user.name,
                "follows": person.follows,
                "phone": person.user.phone,
                "chat": person.chat,
                "notices": person.notices,
                "texts": state.texts.iter().filter(|one| one.phone == person.user.phone).collect::<Vec<_>>(),
                "mini_chat": person.mini_chat,
                "menu": state.menu_of(person).map(|menu| menu["button"].clone()),
                "consents": person.consents,
            })
        });
        json!({
            "version": state.version,
            "service_url": page_url,
            "account": {
                "name": inner.config.account_name,
                "mini_name": inner.has_mini().then_some(&inner.config.mini_name),
                "mini_appid": inner.config.mini.appid,
            },
            "templates": templates(state, TemplateKind::MiniSubscribe),
            "official_templates": templates(state, TemplateKind::OfficialSubscribe),
            "now": inner.now(),
            "mass_protection": protection_of(state),
            "users": people.collect::<Vec<_>>(),
            "me": me,
            "articles": articles(inner, state),
        })
    })
}

/// API protection of mass sends, and what waits for the administrator, oldest first.
pub(super) fn protection(inner: &Inner) -> Value {
    inner.read(protection_of)
}

fn protection_of(state: &State) -> Value {
    let title = |mass: &Mass| match &mass.what {
        MassContent::Articles(id) => {
            let of = state.publications.iter().find(|it| it.article_id == *id);
            of.and_then(|it| it.articles.first()).map(|article| article.title.clone())
        }
        MassContent::Text(text) => Some(text.clone()),
        _ => None,
    };
    let held = state.masses.iter().filter(|mass| mass.held);
    let held = held.map(|mass| json!({"at": mass.at, "title": title(mass).unwrap_or_default()}));
    json!({"on": state.mass_protection, "held": held.collect::<Vec<_>>()})
}

/// Newest first.
fn articles(inner: &Inner, state: &State) -> Vec<Value> {
    let mut published = state.published(&inner.base_url);
    published.retain(|one| one.listed);
    let cards = published.iter().rev().map(|one| {
        let cover = one.article.cover();
        json!({
            "title": one.article.title,
            "digest": one.article.digest,
            "author": one.article.author,
            "url": one.url,
            "at": one.at,
            "cover_url": picture_url(&inner.base_url, cover, "image/jpeg"),
        })
    });
    cards.collect()
}

fn templates(state: &State, kind: TemplateKind) -> Vec<Value> {
    let own = state.templates.iter().filter(|own| own.kind == kind);
    own.map(|own| json!(own.template)).collect()
}
