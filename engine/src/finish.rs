//! The last step of every request: the answer becomes the response, and so does an error, in the requested format.

use http::Method;

use crate::{
    answer::Answer,
    draw::{error_badge, overrides::Overrides},
    error::Error,
    format::Format,
    parts::Parts,
    request::{Incoming, Request},
    response::{AccessLine, Response},
    target::Target,
};

/// The response to a request: the handler's answer or error.
pub(crate) async fn finish(
    parts: &Parts,
    incoming: &Incoming<'_>,
    target: &Target<'_>,
    line: AccessLine,
    answer: Result<Answer, Error>,
) -> Response {
    let Incoming { request, format, .. } = *incoming;
    let error = match answer {
        Ok(answer) => return answer.respond(request, line),
        Err(error) if is_picture(incoming) => error,
        Err(error) => return refuse(request, line, &error),
    };
    let Ok(overrides) = Overrides::read(&incoming.pairs, format) else { return refuse(request, line, &error) };
    let drawn = error_badge::draw(&parts.drawing, &error, overrides, format, &target.defaults()).await;
    // If the error badge cannot be drawn, the error of drawing is the response.
    let (error, drawn) = match drawn {
        Ok(picture) => (error, Ok(picture)),
        Err(undrawn) => {
            let drawn = error_badge::words_alone(&undrawn, format);
            (undrawn, drawn)
        }
    };
    match drawn {
        Ok(picture) => picture.respond(request, line.with_error(&error)),
        Err(_) => refuse(request, line, &error),
    }
}

/// The response to a request whose deadline is near, drawn on this thread.
pub(crate) fn finish_late(incoming: &Incoming<'_>, target: &Target<'_>, error: &Error) -> Response {
    let Incoming { request, format, .. } = *incoming;
    let line = target.access_line();
    let drawn = Overrides::read(&incoming.pairs, format).ok().filter(|_| is_picture(incoming));
    let drawn = drawn.map(|overrides| error_badge::draw_at_once(error, overrides, format, &target.defaults()));
    match drawn {
        Some(Ok(picture)) => picture.respond(request, line.with_error(error)),
        _ => refuse(request, line, error),
    }
}

/// An error as JSON.
pub(crate) fn refuse(request: &Request, line: AccessLine, error: &Error) -> Response {
    Answer::error(error, request).respond(request, line.with_error(error))
}

/// Whether an error is sent as a picture: a picture was requested with GET or HEAD.
fn is_picture(incoming: &Incoming<'_>) -> bool {
    incoming.format != Format::Json && matches!(incoming.request.method, Method::GET | Method::HEAD)
}
