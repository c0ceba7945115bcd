//! Keys of the stores: names are read from a key unchanged, and different names have different keys. An input is an
//! owner, a repository, a part, a branch, a run and a key, each on its own line.
#![no_main]

use badgesmith_engine::store::{
    Subject, escape, partition, read_sequence, read_state_key, run_key, sequence_text, state_key, state_partition,
    state_subject_of, subject_of, unescape,
};
use badgesmith_provider::{Record, Timestamp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let [owner, repo, part, branch, run, key] = [line(), line(), line(), line(), line(), line()];
    assert_eq!(unescape(&escape(key)), key);
    assert!(!escape(key).contains('#'));
    let _ = (subject_of(key, run), state_subject_of(key, run), read_state_key(key));
    if let Some(sequence) = read_sequence(key) {
        assert_eq!(read_sequence(&sequence_text(&sequence)), Some(sequence));
    }
    assert_eq!(read_state_key(&state_key(part, branch)), Some((part.to_owned(), branch.to_owned())));
    let Ok(subject) = Subject::new(owner, repo, part, branch) else { return };
    let record = Record {
        run_id: run.to_owned(),
        run_attempt: 1,
        timestamp_ms: Timestamp::nearest(7),
        fields: serde_json::Map::new(),
    };
    let _ = run_key(&subject, &record);
    let [platform, name] = [subject.platform(), subject.branch()].map(escape);
    let written = format!("RESULT#{platform}#{name}#2025-07-18T11:10:27.500Z#42#0001");
    for collection in ["test-results", "coverage"] {
        let found = subject_of(&partition(collection, &subject), &written);
        assert_eq!(found, Some((collection.to_owned(), subject.clone())));
    }
    let (partition, key) =
        (state_partition("workflow", subject.owner(), subject.repo()), state_key(subject.platform(), subject.branch()));
    assert_eq!(state_subject_of(&partition, &key), Some(("workflow".to_owned(), subject)));
});
