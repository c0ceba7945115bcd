//! Every answer of a transcript, spoiled in every way: the call must end in a failure, never in a badge made of it.

use super::{
    Subject,
    transcript::{Played, Transcript, turn},
};

/// As many turns as a host grants.
const TURNS: usize = 8;

/// A way to spoil an answer: a name, and what is left of it.
type Spoil = (&'static str, fn(&Played) -> Played);

const SPOILS: [Spoil; 7] = [
    ("500", |played| (500, played.1.clone(), b"{\"error\":\"oops\"}".to_vec())),
    ("404", |played| (404, played.1.clone(), b"{\"message\":\"Not Found\"}".to_vec())),
    ("empty", |played| (played.0, played.1.clone(), Vec::new())),
    ("html", |played| (played.0, played.1.clone(), b"<!DOCTYPE html><title>Sorry</title>".to_vec())),
    ("[]", |played| (played.0, played.1.clone(), b"[]".to_vec())),
    ("{}", |played| (played.0, played.1.clone(), b"{}".to_vec())),
    ("half", |played| (played.0, played.1.clone(), played.2[..played.2.len() / 2].to_vec())),
];

/// Plays the transcript once for every answer and every spoil.
pub(super) fn check(transcript: &Transcript, subject: &dyn Subject) -> Result<(), String> {
    let turns = transcript.turns();
    for (at, written) in turns.iter().enumerate() {
        for (nth, reply) in written.answers.iter().enumerate() {
            // A body behind an error's status is not what the provider reads.
            let readable = (200..300).contains(&reply.status);
            for (name, spoil) in SPOILS {
                if reply.tolerates.iter().any(|tolerated| tolerated == name) || !readable {
                    continue;
                }
                let mut played: Vec<Played> = (0..=at).flat_map(|turn| transcript.answers(turn)).collect();
                let place = played.len() - written.answers.len() + nth;
                played[place] = spoil(&played[place]);
                end(transcript, subject, played)
                    .map_err(|fault| format!("turn {}, answer {} spoiled ({name}): {fault}", at + 1, nth + 1))?;
            }
        }
    }
    Ok(())
}

/// Plays on from a spoiled answer; whatever is asked then finds nothing.
fn end(transcript: &Transcript, subject: &dyn Subject, mut played: Vec<Played>) -> Result<(), String> {
    for _ in 0..TURNS {
        let turn = turn(&transcript.ask(subject, &played)?, played.len())?;
        if let Some(badge) = turn.done {
            return Err(format!("a badge was made of it: {:?}", badge.message));
        }
        if let Some(url) = turn.redirect {
            return Err(format!("it led to {url:?}"));
        }
        if turn.fail.is_some() {
            return Ok(());
        }
        played.extend(turn.fetch.iter().map(|_| (404, <_>::default(), b"{}".to_vec())));
    }
    Err("it asks without end".to_owned())
}
