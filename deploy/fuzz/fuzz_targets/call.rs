//! The providers of plugins.toml, libraries and TOML files: whatever upstreams answer, every step is well-formed, the
//! same input leads to the same step, and a step repeats the requests of the step before it.
//!
//! The first line of an input names a plugin and a badge, the next ones have parameters (`owner=acme`). The answers
//! follow after lines `---`.
#![no_main]

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use badgesmith_engine::{Plugin, readable};
use badgesmith_fuzz::{parts, plugins, reply};
use badgesmith_provider::{Answer, Call, CallKind, message};
use libfuzzer_sys::fuzz_target;

/// How many steps a call may take.
const MOST_TURNS: usize = 8;
/// How many things a call may ask for.
const MOST_ASKED: usize = 64;

static PLUGINS: LazyLock<HashMap<String, Plugin>> = LazyLock::new(|| {
    let loaded = plugins::all();
    loaded.into_iter().map(|plugin| (plugin.id.clone(), plugin)).collect()
});

fuzz_target!(
    init: {
        LazyLock::force(&PLUGINS);
    },
    |input: &[u8]| {
        let mut parts = parts(input);
        let Ok(head) = std::str::from_utf8(parts.next().unwrap_or_default()) else { return };
        let mut lines = head.lines();
        let mut names = lines.next().unwrap_or_default().splitn(2, ' ');
        let Some(plugin) = names.next().and_then(|id| PLUGINS.get(id)) else { return };
        let Some(badge) = names.next().and_then(|name| plugin.manifest.badges.iter().find(|badge| badge.name == name))
        else {
            return;
        };
        let mut call = Call::new(&badge.name);
        call.now = 1_795_262_400;
        call.settings = plugin.manifest.settings.clone();
        for (name, value) in lines.filter_map(|line| line.split_once('=')) {
            let is_query = badge.query.iter().any(|known| known == name);
            let values = if is_query { &mut call.query } else { &mut call.params };
            values.insert(name.to_owned(), value.to_owned());
        }
        // The engine always passes the fixed parameters that the manifest gives to a badge.
        call.params.extend(badge.fixed.iter().map(|(name, value)| (name.clone(), value.clone())));
        assert_eq!(call.kind, CallKind::Badge);
        let replies: Vec<_> = parts.map(reply::read).collect();
        // Such answers never reach a provider.
        if replies.iter().any(|reply| reply.status == 429 || reply.status >= 500) {
            return;
        }
        let headers: Vec<BTreeMap<String, String>> = replies.iter().map(|reply| readable(&reply.headers)).collect();
        let mut asked = Vec::new();
        for _ in 0..MOST_TURNS {
            let written = message::write_call(&call);
            let bodies: Vec<&[u8]> = call.answers.iter().map(|answer| answer.body).collect();
            let step = plugin.step(&written, &bodies).unwrap_or_else(|fault| panic!("{fault}"));
            assert_eq!(plugin.step(&written, &bodies).ok().as_ref(), Some(&step));
            let step = message::read_step(&step).unwrap_or_else(|fault| panic!("{fault}"));
            let is_end = step.ends() == 1;
            assert!(step.ends() <= 1 && step.fetch.starts_with(&asked[..call.answers.len()]), "{step:?} {asked:?}");
            if is_end || replies.is_empty() || step.fetch.len() > MOST_ASKED {
                return;
            }
            assert!(step.fetch.len() > call.answers.len(), "it asks for nothing and does not end: {step:?}");
            asked = step.fetch;
            while call.answers.len() < asked.len() {
                let at = call.answers.len().min(replies.len() - 1);
                let (headers, body) = (headers[at].clone(), &*replies[at].body);
                call.answers.push(Answer { status: replies[at].status, headers, body, sent_with: None });
            }
        }
    }
);
