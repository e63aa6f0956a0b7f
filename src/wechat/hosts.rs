//! Which of the platform's API hosts a call goes to.
//!
//! 1. A call that certainly did not leave (name, connection or TLS failed) goes to the
//!    next host at once. Anything else has an owner: it is never sent to both.
//! 2. A host that fails in a row is left out for a while by its circuit, and then tried
//!    by one call. With all of them open nothing is sent.

use std::time::Instant;

use reqwest::RequestBuilder;

use super::account::Account;
use super::answer::Answer;
use super::circuit::CircuitView;
use super::client::Read;
use super::retry::fraction;
use super::token::Token;
use super::{Class, Error, Inner};

/// Puts a request together for the given URL; once for each try.
pub(super) type Build<'a> = &'a (dyn Fn(String) -> RequestBuilder + Sync);

/// Answers over this are not read: the longest real ones are lists and pictures.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;

impl Inner {
    /// One call, to the first host that can be had.
    pub(super) async fn reach<R>(
        &self,
        account: &Account,
        endpoint: &'static str,
        token: Option<&Token>,
        build: Build<'_>,
        read: Read<R>,
    ) -> Result<R, Error> {
        let query = token.map(|token| format!("?access_token={token}")).unwrap_or_default();
        let (mut unreached, mut opens) = (None, None);
        for (host, circuit) in self.hosts.iter().zip(&account.circuits) {
            if let Err(until) = circuit.admit(self.clock.now()) {
                opens = Some(opens.map_or(until, |earlier| until.min(earlier)));
                continue;
            }
            let request = build(format!("{host}{endpoint}{query}"));
            let outcome = self.measured(account, endpoint, request, read).await;
            match Sign::of(&outcome) {
                Sign::Alive => circuit.alive(),
                Sign::Down => circuit.failed(self.clock.now(), fraction()),
                Sign::Unclear => {}
            }
            let open = circuit.view(self.clock.now()) != CircuitView::Closed;
            let labels =
                [("account", account.appid.clone()), ("host", self.host_name(host).to_owned())];
            metrics::gauge!("shangxue_wechat_circuit_open", &labels).set(f64::from(u8::from(open)));
            match outcome {
                Err(error) if error.class() == Class::NotSent => unreached = Some(error),
                other => return other,
            }
        }
        Err(unreached.unwrap_or_else(|| {
            let error = Error::ours(endpoint, Class::NotSent, "not sent: the platform is down");
            match opens {
                Some(until) => error.until(until),
                None => error,
            }
        }))
    }

    /// Without the scheme: for metrics and the console.
    pub(super) fn host_name<'a>(&self, host: &'a str) -> &'a str {
        host.split_once("://").map_or(host, |(_, name)| name)
    }

    async fn measured<R>(
        &self,
        account: &Account,
        endpoint: &'static str,
        request: RequestBuilder,
        read: Read<R>,
    ) -> Result<R, Error> {
        let begun = Instant::now();
        let counted = account.quota.count(self, account, endpoint);
        let (answer, ()) = futures_util::future::join(exchange(endpoint, request), counted).await;
        let outcome = answer.and_then(|answer| read(answer, endpoint));
        let said = match &outcome {
            Ok(_) => "ok".to_owned(),
            Err(error) => error
                .errcode
                .map_or_else(|| error.class().as_str().to_owned(), |code| code.to_string()),
        };
        metrics::counter!("shangxue_wechat_calls_total", "endpoint" => endpoint, "outcome" => said)
            .increment(1);
        metrics::histogram!("shangxue_wechat_call_seconds", "endpoint" => endpoint)
            .record(begun.elapsed().as_secs_f64());
        match &outcome {
            // Nothing of ours is wrong: a person has not consented, a code is old.
            Err(error) if matches!(error.class(), Class::UserState | Class::AlreadyDone) => {
                tracing::debug!(%error, "WeChat refuses a call");
            }
            Err(error) => {
                tracing::warn!(%error, class = error.class().as_str(), "a call to WeChat failed");
            }
            Ok(_) => {}
        }
        outcome
    }
}

/// What an outcome says about the host.
#[derive(Debug, PartialEq, Eq)]
enum Sign {
    Alive,
    Down,
    /// It was somebody between us, or our own request.
    Unclear,
}

impl Sign {
    fn of<R>(outcome: &Result<R, Error>) -> Self {
        match outcome {
            Ok(_) => Self::Alive,
            Err(error) => match (error.errcode, error.class()) {
                (Some(-1), _) => Self::Down,
                (Some(_), _) => Self::Alive,
                (None, Class::NotSent | Class::MaybeSent) => Self::Down,
                (None, _) => Self::Unclear,
            },
        }
    }
}

async fn exchange(endpoint: &'static str, request: RequestBuilder) -> Result<Answer, Error> {
    let fail = |error| Error::transport(endpoint, error);
    let mut response = request.send().await.map_err(fail)?;
    let status = response.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(fail)? {
        if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(Error::ours(endpoint, Class::MaybeSent, "the answer is too long"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Answer { status, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_code_but_busy_proves_that_the_platform_is_alive() {
        let sign = |error| Sign::of::<()>(&Err(error));
        assert_eq!(sign(Error::answered("/x", 45003, "")), Sign::Alive);
        assert_eq!(sign(Error::answered("/x", 40001, "")), Sign::Alive);
        assert_eq!(sign(Error::answered("/x", -1, "")), Sign::Down);
        assert_eq!(sign(Error::ours("/x", Class::MaybeSent, "HTTP 502")), Sign::Down);
        assert_eq!(sign(Error::ours("/x", Class::Configuration, "HTTP 403")), Sign::Unclear);
        assert_eq!(Sign::of(&Ok(())), Sign::Alive);
    }
}
