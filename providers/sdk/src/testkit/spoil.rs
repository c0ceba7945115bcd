//! Corrupts every answer of a transcript in every way: the call must end in a failure, never in a badge or a redirect.

use super::{
    fault::{TranscriptFault, TurnFault},
    subject::Subject,
    transcript::{PlayedAnswer, Transcript},
};

/// The number of turns that a host allows.
const TURNS: usize = 8;

/// A way to corrupt an answer: its name, and the function that changes the answer.
type Spoil = (&'static str, fn(&mut PlayedAnswer));

const SPOILS: [Spoil; 7] = [
    ("500", |answer| (answer.status, answer.body) = (500, b"{\"error\":\"oops\"}".to_vec())),
    ("404", |answer| (answer.status, answer.body) = (404, b"{\"message\":\"Not Found\"}".to_vec())),
    ("empty", |answer| answer.body.clear()),
    ("html", |answer| answer.body = b"<!DOCTYPE html><title>Sorry</title>".to_vec()),
    ("[]", |answer| answer.body = b"[]".to_vec()),
    ("{}", |answer| answer.body = b"{}".to_vec()),
    ("half", |answer| answer.body.truncate(answer.body.len() / 2)),
];

/// Plays the transcript once for every answer and every corruption.
pub(super) fn check(transcript: &Transcript, subject: &dyn Subject) -> Result<(), TranscriptFault> {
    for (turn, written) in transcript.turns().iter().enumerate() {
        for (index, answer) in written.answers.iter().enumerate() {
            // A provider does not read the body of an answer with an error status.
            if !(200..300).contains(&answer.status) {
                continue;
            }
            for (name, spoil) in SPOILS {
                if answer.tolerates.iter().any(|tolerated| tolerated == name) {
                    continue;
                }
                let mut played: Vec<_> = (0..=turn).flat_map(|turn| transcript.answers(turn)).collect();
                let spoiled = played.len() - written.answers.len() + index;
                spoil(&mut played[spoiled]);
                expect_failure(transcript, subject, played).map_err(|fault| TranscriptFault::Spoiled {
                    turn: turn + 1,
                    answer: index + 1,
                    spoil: name,
                    fault,
                })?;
            }
        }
    }
    Ok(())
}

/// Continues after a corrupted answer until the call ends; every further request is answered with 404.
fn expect_failure(
    transcript: &Transcript,
    subject: &dyn Subject,
    mut played: Vec<PlayedAnswer>,
) -> Result<(), TurnFault> {
    for _ in 0..TURNS {
        let turn = transcript.play(subject, &played)?;
        if let Some(badge) = turn.done {
            return Err(TurnFault::Badge(badge.message));
        }
        if let Some(url) = turn.redirect {
            return Err(TurnFault::Redirect(url));
        }
        if turn.fail.is_some() {
            return Ok(());
        }
        let missing = PlayedAnswer { status: 404, headers: <_>::default(), body: b"{}".to_vec(), sent_with: None };
        played.extend(turn.fetch.iter().map(|_| missing.clone()));
    }
    Err(TurnFault::Endless)
}
