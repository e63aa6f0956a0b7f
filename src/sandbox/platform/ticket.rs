//! `GET /cgi-bin/ticket/getticket?type=jsapi`.

use chrono::TimeDelta;

use super::{Answer, Call, OFFICIAL, Place, bug, get, ok};
use crate::sandbox::people::secret_text;
use crate::sandbox::server::Shared;

pub(super) const PLACES: &[Place] = &[get("/cgi-bin/ticket/getticket", OFFICIAL, jsapi)];

const LIFETIME_S: i64 = 7200;

fn jsapi(inner: &Shared, call: &Call) -> Answer {
    if call.parameter("type") != Some("jsapi") {
        return Err(bug(40097, "invalid args: type"));
    }
    let now = inner.now();
    let (ticket, until) = inner.change(|state| {
        let living = state.ticket.clone().filter(|(_, until)| *until > now);
        let ticket = living.unwrap_or_else(|| {
            (format!("SBT_{}", secret_text()), now + TimeDelta::seconds(LIFETIME_S))
        });
        state.ticket = Some(ticket.clone());
        ticket
    });
    let mut answer = ok();
    answer["ticket"] = ticket.into();
    answer["expires_in"] = (until - now).num_seconds().into();
    Ok(answer)
}
