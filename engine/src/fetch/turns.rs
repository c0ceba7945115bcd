//! An exchange with an upstream for which the server has its own tokens: it is sent with the token that the pool
//! chooses, and at once with the next one if that token turns out to be exhausted or revoked.

use std::time::SystemTime;

use super::{
    exchange::Exchanges,
    token_pool::{Next, ServerTokens, TokenName},
    upstream_request::UpstreamRequest,
};
use crate::world::{Ask, Credential, Fault, Progress, Reply};

/// A reply, and the secret that its request was sent with.
#[derive(Debug)]
pub(crate) struct Turned {
    pub(crate) reply: Reply,
    /// The secret that the request carried.
    pub(crate) credential: Option<Credential>,
    /// The name of that secret, if it was one of the server's own tokens.
    pub(crate) token: Option<TokenName>,
}

impl Exchanges {
    /// Sends a request with one of these tokens, each at most once, until one is neither exhausted nor refused. All
    /// attempts together take no longer than the patience of `ask`. If every token is refused, the reply is the last
    /// one, with 401.
    ///
    /// # Errors
    /// [`Fault::RateLimited`] while every token rests; otherwise as [`Exchanges::exchange`].
    pub(crate) async fn exchange_in_turn(
        &self,
        request: &UpstreamRequest,
        tokens: &ServerTokens,
        ask: Ask,
        has_good_answer: bool,
        now: SystemTime,
    ) -> Result<Turned, Fault> {
        let began = self.executor.clock();
        let (mut tried, mut refused) = (Vec::new(), Vec::new());
        let refusal = Reply { status: 401, ..Reply::default() };
        let mut last = Turned { reply: refusal, credential: None, token: None };
        loop {
            let elapsed = self.executor.clock().saturating_sub(began);
            let patience = ask.patience.checked_sub(elapsed).filter(|left| !left.is_zero()).ok_or(Fault::Timeout)?;
            let at = now + elapsed;
            let turn = match self.pools.next(tokens, &ask.url, &tried, at) {
                Next::Token(turn) => turn,
                Next::Resting(seconds) => return Err(Fault::RateLimited(Some(seconds))),
                Next::NoneLeft => return Ok(last),
            };
            // Each attempt has a `Progress` of its own, so that the circuit breaker counts its faults separately.
            let credential = Some(turn.token.credential.clone());
            let attempt =
                Ask { credential: credential.clone(), patience, progress: Progress::default(), ..ask.clone() };
            let reply = self.exchange(request, attempt, has_good_answer, at).await?;
            let rests = turn.learn(&ask.url, &reply, at);
            let name = turn.name();
            let is_refused = reply.status == 401;
            if !is_refused {
                // This token got an answer other than 401 to the same request, so the tokens that got 401 are revoked.
                self.pools.revoke(&tokens.pool, &refused, at);
            }
            match rests {
                Some(seconds) if !request.is_repeatable => return Err(Fault::RateLimited(Some(seconds))),
                None if !is_refused || !request.is_repeatable => {
                    return Ok(Turned { reply, credential, token: Some(name) });
                }
                _ => {}
            }
            tried.push(name.id.clone());
            if is_refused {
                refused.push(name.id.clone());
                last = Turned { reply, credential, token: Some(name) };
            }
        }
    }
}
