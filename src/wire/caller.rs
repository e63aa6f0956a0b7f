//! From where a request came: a claim, good for counting and for nothing else.

use poem::Request;

use crate::app::App;

/// The address of the connection, or what the proxy says of it
/// (`sign_in.address_header`).
pub fn address(app: &App, request: &Request) -> String {
    let header = &app.config.sign_in.address_header;
    let said = if header.is_empty() { None } else { request.header(header) };
    match said {
        // A list grows at its end: there stands what our own proxy saw.
        Some(list) => list.rsplit(',').next().unwrap_or_default().trim().to_owned(),
        None => {
            let peer = request.remote_addr().as_socket_addr().map(|peer| peer.ip().to_string());
            peer.unwrap_or_default()
        }
    }
}
