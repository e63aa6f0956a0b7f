//! The templates an account has chosen: `/wxaapi/newtmpl/…` of both accounts,
//! `/cgi-bin/template/…` of the official one.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Call, EITHER_SERVICE, Place, SERVICE, bug, get, ok, post, refuse};
use crate::sandbox::config::{Template, TemplateField};
use crate::sandbox::people::secret_text;
use crate::sandbox::server::Shared;
use crate::sandbox::state::{Account, OwnTemplate, TemplateKind};

pub(super) const PLACES: &[Place] = &[
    get("/wxaapi/newtmpl/gettemplate", EITHER_SERVICE, list),
    post("/wxaapi/newtmpl/addtemplate", EITHER_SERVICE, add),
    post("/wxaapi/newtmpl/deltemplate", EITHER_SERVICE, delete),
    get("/wxaapi/newtmpl/getcategory", EITHER_SERVICE, categories),
    get("/wxaapi/newtmpl/getpubtemplatetitles", EITHER_SERVICE, titles),
    get("/wxaapi/newtmpl/getpubtemplatekeywords", EITHER_SERVICE, keywords),
    get("/cgi-bin/template/get_all_private_template", SERVICE, list_private),
    post("/cgi-bin/template/api_add_template", SERVICE, add_private),
    post("/cgi-bin/template/del_private_template", SERVICE, delete_private),
];

/// Template messages an account may have.
const PRIVATE: usize = 25;
/// The library: one title for each template it was started with, from this tid on.
const FIRST_TID: usize = 1001;

fn kind_of(call: &Call) -> TemplateKind {
    match call.account {
        Account::Mini => TemplateKind::MiniSubscribe,
        Account::Official => TemplateKind::OfficialSubscribe,
    }
}

fn content(template: &Template) -> String {
    let line = |field: &TemplateField| format!("{}:{{{{{}.DATA}}}}\n", field.label, field.key);
    template.fields.iter().map(line).collect()
}

fn list(inner: &Shared, call: &Call) -> Answer {
    let kind = kind_of(call);
    let items: Vec<_> = inner.read(|state| {
        let own = state.templates.iter().filter(|own| own.kind == kind);
        own.map(|own| {
            json!({
                "priTmplId": own.template.id,
                "title": own.template.title,
                "content": content(&own.template),
                "example": "",
                "type": 2,
                "keywordEnumValueList": [],
            })
        })
        .collect()
    });
    let mut answer = ok();
    answer["data"] = items.into();
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    tid: Value,
    #[serde(rename = "kidList")]
    kid_list: Vec<usize>,
    #[serde(default, rename = "sceneDesc")]
    scene_desc: String,
}

/// The title of the library that a tid names.
fn in_library(inner: &Shared, tid: &Value) -> Option<Template> {
    let tid = match tid {
        Value::String(tid) => tid.parse().ok(),
        tid => tid.as_u64().and_then(|tid| usize::try_from(tid).ok()),
    };
    inner.config.templates.get(tid?.checked_sub(FIRST_TID)?).cloned()
}

fn add(inner: &Shared, call: &Call) -> Answer {
    let body: Add = call.json()?;
    let title = in_library(inner, &body.tid).ok_or_else(|| refuse(200014, "invalid tid"))?;
    if body.scene_desc.chars().count() > 15 {
        return Err(bug(200020, "invalid sceneDesc"));
    }
    let chosen = |kid: &usize| title.fields.get(kid.checked_sub(1)?).cloned();
    let fields: Option<Vec<_>> = body.kid_list.iter().map(chosen).collect();
    let fields = fields.filter(|fields| (2..=5).contains(&fields.len()));
    let fields = fields.ok_or_else(|| bug(200020, "invalid kidList"))?;
    let id = format!("sbx{}", secret_text());
    let template = Template { id: id.clone(), title: title.title, fields };
    let kind = kind_of(call);
    inner.change(|state| state.templates.push(OwnTemplate { template, kind }));
    let mut answer = ok();
    answer["priTmplId"] = id.into();
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delete {
    #[serde(rename = "priTmplId")]
    id: String,
}

fn delete(inner: &Shared, call: &Call) -> Answer {
    let body: Delete = call.json()?;
    remove(inner, &body.id, kind_of(call))
}

fn remove(inner: &Shared, id: &str, kind: TemplateKind) -> Answer {
    inner.change(|state| {
        let before = state.templates.len();
        state.templates.retain(|own| own.kind != kind || own.template.id != id);
        if state.templates.len() == before {
            return Err(refuse(40037, "invalid template_id"));
        }
        Ok(ok())
    })
}

fn categories(_: &Shared, _: &Call) -> Answer {
    let mut answer = ok();
    answer["data"] = json!([{"id": 616, "name": "公共服务"}]);
    Ok(answer)
}

fn titles(inner: &Shared, call: &Call) -> Answer {
    let number = |name| call.parameter(name).and_then(|text| text.parse::<usize>().ok());
    let (Some(_), Some(start), Some(limit)) =
        (call.parameter("ids"), number("start"), number("limit"))
    else {
        return Err(bug(40097, "invalid args: ids, start, limit"));
    };
    if limit > 30 {
        return Err(bug(40097, "invalid args: limit"));
    }
    let all = inner.config.templates.iter().enumerate();
    let items: Vec<_> = all
        .skip(start)
        .take(limit)
        .map(|(at, title)| {
            json!({"tid": FIRST_TID + at, "title": title.title, "type": 2, "categoryId": "616"})
        })
        .collect();
    let mut answer = ok();
    answer["count"] = inner.config.templates.len().into();
    answer["data"] = items.into();
    Ok(answer)
}

fn keywords(inner: &Shared, call: &Call) -> Answer {
    let tid = Value::from(call.parameter("tid").ok_or_else(|| bug(40097, "invalid args: tid"))?);
    let title = in_library(inner, &tid).ok_or_else(|| refuse(200014, "invalid tid"))?;
    let item = |(at, field): (usize, &TemplateField)| {
        let rule = field.key.trim_end_matches(|c: char| c.is_ascii_digit());
        json!({"kid": at + 1, "name": field.label, "example": "", "rule": rule})
    };
    let items: Vec<_> = title.fields.iter().enumerate().map(item).collect();
    let mut answer = ok();
    answer["count"] = items.len().into();
    answer["data"] = items.into();
    Ok(answer)
}

fn list_private(inner: &Shared, _: &Call) -> Answer {
    let kind = TemplateKind::OfficialTemplate;
    let items: Vec<_> = inner.read(|state| {
        let own = state.templates.iter().filter(|own| own.kind == kind);
        own.map(|own| {
            json!({
                "template_id": own.template.id,
                "title": own.template.title,
                "primary_industry": "政府与公共事业",
                "deputy_industry": "公共事业",
                "content": content(&own.template),
                "example": "",
            })
        })
        .collect()
    });
    Ok(json!({"template_list": items}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddPrivate {
    template_id_short: String,
    #[serde(default)]
    keyword_name_list: Vec<String>,
}

fn add_private(inner: &Shared, call: &Call) -> Answer {
    let body: AddPrivate = call.json()?;
    let title = in_library(inner, &Value::from(body.template_id_short))
        .ok_or_else(|| refuse(40037, "invalid template_id_short"))?;
    let wanted = |field: &TemplateField| {
        body.keyword_name_list.is_empty() || body.keyword_name_list.contains(&field.label)
    };
    let kind = TemplateKind::OfficialTemplate;
    let id = format!("sbx{}", secret_text());
    inner.change(|state| {
        if state.templates.iter().filter(|own| own.kind == kind).count() >= PRIVATE {
            return Err(refuse(45026, "template num exceed limit"));
        }
        let fields = title.fields.into_iter().filter(wanted).collect();
        let template = Template { id: id.clone(), title: title.title, fields };
        state.templates.push(OwnTemplate { template, kind });
        Ok(())
    })?;
    let mut answer = ok();
    answer["template_id"] = id.into();
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeletePrivate {
    template_id: String,
}

fn delete_private(inner: &Shared, call: &Call) -> Answer {
    let body: DeletePrivate = call.json()?;
    remove(inner, &body.template_id, TemplateKind::OfficialTemplate)
}
