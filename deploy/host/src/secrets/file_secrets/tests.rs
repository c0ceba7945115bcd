//! Secrets in a file: rotation, repositories, changes by other processes, and files that cannot be used.

use std::{
    fs::{self, File},
    path::PathBuf,
};

use futures_util::FutureExt;

use super::{
    super::{
        rules::LARGEST_SECRET,
        secrets_file::{LARGEST_FILE, NAME},
    },
    *,
};
use crate::seal::{KeySource, LocalKey, SealKey};

fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("badgesmith-secrets-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    directory
}

fn find(secrets: &FileSecrets, owner: &str) -> Vec<String> {
    let found = secrets.find(owner, None, "Package").now_or_never().unwrap().unwrap();
    found.iter().map(|secret| secret.reveal().to_owned()).collect()
}

fn listed(holder: &str, purpose: &str, values: usize) -> ListedSecret {
    ListedSecret { holder: holder.to_owned(), purpose: purpose.to_owned(), values, ids: Vec::new() }
}

#[test]
fn two_secrets_are_valid_while_one_is_rotated_and_never_three() {
    let directory = directory("rotate");
    let secrets = FileSecrets::new(&directory);
    assert!(secrets.rotate("acme", "Package", "one").unwrap_err().to_string().contains("set one first"));
    secrets.set("acme", "Package", "one").unwrap();
    assert!(!secrets.finish("acme", "Package").unwrap());
    secrets.rotate("Acme", "Package", "two").unwrap();
    assert_eq!(find(&secrets, "acme"), ["two", "one"]);
    secrets.rotate("acme", "Package", "three").unwrap();
    assert_eq!(find(&secrets, "acme"), ["three", "two"]);
    assert_eq!(secrets.list().unwrap(), [listed("acme", "Package", 2)]);
    assert!(secrets.finish("acme", "Package").unwrap());
    assert_eq!(find(&secrets, "acme"), ["three"]);
    secrets.rotate("acme", "Package", "four").unwrap();
    secrets.set("acme", "Package", "five").unwrap();
    assert_eq!(find(&secrets, "acme"), ["five"], "the new secret replaces all others");
    fs::remove_dir_all(directory).unwrap();
}

fn of_server(secrets: &FileSecrets) -> Vec<String> {
    let found = secrets.of_server("Package").now_or_never().unwrap().unwrap();
    found.iter().map(|secret| secret.reveal().to_owned()).collect()
}

#[test]
fn the_server_has_up_to_32_secrets_of_its_own_which_no_owner_is_called_to_find() {
    let directory = directory("server");
    let secrets = FileSecrets::new(&directory);
    assert!(of_server(&secrets).is_empty());
    let ids: Vec<_> = (0..32).map(|index| secrets.add("Package", &format!("token-{index}")).unwrap()).collect();
    let newest_first: Vec<_> = (0..32).rev().map(|index| format!("token-{index}")).collect();
    assert_eq!(of_server(&secrets), newest_first);
    let refused = |value: &str| secrets.add("Package", value).unwrap_err().to_string();
    assert!(refused("token-7").contains(&format!("already, as {}", ids[7])), "{}", refused("token-7"));
    assert!(refused("one-more").contains("32 secrets"), "{}", refused("one-more"));
    assert!(refused("two words").contains("header"), "{}", refused("two words"));
    for rotation in [secrets.rotate(SERVER, "Package", "x"), secrets.finish(SERVER, "Package").map(drop)] {
        assert!(rotation.unwrap_err().to_string().contains("32 secrets"));
    }
    let listed = secrets.list().unwrap();
    assert_eq!((listed[0].values, listed[0].ids.len(), &listed[0].ids[31]), (32, 32, &ids[0]));
    assert!(secrets.remove_one("Package", &ids[31]).unwrap());
    assert!(!secrets.remove_one("Package", &ids[31]).unwrap());
    assert_eq!(of_server(&secrets), newest_first[1..]);
    assert!(find(&secrets, SERVER).is_empty());
    assert!(secrets.find(SERVER, Some("tools"), "Package").now_or_never().unwrap().unwrap().is_empty());
    // As for any owner, one secret replaces all of them, and two are rotated.
    secrets.set(SERVER, "Package", "one").unwrap();
    secrets.rotate(SERVER, "Package", "two").unwrap();
    assert_eq!(of_server(&secrets), ["two", "one"]);
    assert!(secrets.finish(SERVER, "Package").unwrap());
    assert_eq!(of_server(&secrets), ["two"]);
    assert!(secrets.set(&holder(SERVER, Some("tools")), "Package", "x").is_err());
    assert!(secrets.remove_one("Package", &Secret::new("two").id()).unwrap());
    assert!(secrets.list().unwrap().is_empty());
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_repository_has_its_own_secrets_or_its_owners_and_no_name_passes_for_two() {
    let directory = directory("repo");
    let secrets = FileSecrets::new(&directory);
    secrets.set("acme", "Package", "owners").unwrap();
    secrets.set(&holder("Acme", Some("Tools")), "Package", "repositorys").unwrap();
    let found = |owner, repo| {
        let found = secrets.find(owner, repo, "Package").now_or_never().unwrap().unwrap();
        found.first().map(|secret| secret.reveal().to_owned())
    };
    assert_eq!(found("acme", Some("tools")).as_deref(), Some("repositorys"));
    assert_eq!(found("acme", Some("other")).as_deref(), Some("owners"));
    assert_eq!(found("acme", None).as_deref(), Some("owners"));
    assert_eq!(found("acme/tools", Some("x")), None, "an owner with a slash in its name");
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_secret_that_another_process_sets_is_found_without_a_restart() {
    let directory = directory("set");
    let (server, command) = (FileSecrets::new(&directory), FileSecrets::new(&directory));
    assert!(find(&server, "acme").is_empty());
    command.set("Acme", "Package", "one").unwrap();
    assert_eq!(find(&server, "acme"), ["one"]);
    command.set("acme", "Package", "other").unwrap();
    assert_eq!(find(&server, "ACME"), ["other"]);
    assert!(find(&server, "nobody").is_empty());
    assert_eq!(command.list().unwrap(), [listed("acme", "Package", 1)]);
    assert!(command.remove("acme", "Package").unwrap());
    assert!(!command.remove("acme", "Package").unwrap());
    assert!(find(&server, "acme").is_empty());
    fs::remove_dir_all(directory).unwrap();
}

#[cfg(unix)]
#[test]
fn the_file_is_its_users_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = directory("mode");
    FileSecrets::new(&directory).set("acme", "Package", "one").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&directory), mode(&directory.join(NAME))), (0o700, 0o600));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn no_error_and_no_debug_output_shows_a_value() {
    let directory = directory("debug");
    let secrets = FileSecrets::new(&directory);
    secrets.set("acme", "Package", "hush").unwrap();
    find(&secrets, "acme");
    assert!(!format!("{secrets:?}").contains("hush"));
    fs::write(directory.join(NAME), r#"{"secrets": [{"owner": "acme", "purpose": "Package", "values": "hush"}]}"#)
        .unwrap();
    let fault = secrets.find("acme", None, "Package").now_or_never().unwrap().unwrap_err();
    assert!(fault.0.contains("line 1") && !fault.0.contains("hush"), "{fault:?}");
    for value in ["", "two words", "new\nline", &"x".repeat(LARGEST_SECRET + 1)] {
        assert!(secrets.set("acme", "Package", value).is_err());
    }
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_file_that_cannot_be_read_is_reported_and_one_that_never_existed_has_no_secrets() {
    let directory = directory("check");
    let secrets = FileSecrets::new(&directory);
    let check = || secrets.check().now_or_never().unwrap();
    assert_eq!(check(), Ok(()));
    secrets.set("acme", "Package", "hush").unwrap();
    assert_eq!(check(), Ok(()));
    fs::write(directory.join(NAME), "{\"secrets\": [hush").unwrap();
    let ill = check().unwrap_err();
    assert!(ill.fault.contains(NAME) && !ill.fault.contains("hush"), "{ill:?}");
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_file_that_disappeared_is_an_error_and_not_a_file_without_secrets() {
    let directory = directory("gone");
    let secrets = FileSecrets::new(&directory);
    secrets.set("acme", "Package", "hush").unwrap();
    assert_eq!(find(&secrets, "acme"), ["hush"]);
    let (file, away) = (directory.join(NAME), directory.join("away"));
    fs::rename(&file, &away).unwrap();
    let fault = secrets.find("acme", None, "Package").now_or_never().unwrap().unwrap_err();
    assert!(fault.0.contains("put it back"), "{fault:?}");
    assert!(secrets.check().now_or_never().unwrap().is_err());
    fs::rename(&away, &file).unwrap();
    assert_eq!(find(&secrets, "acme"), ["hush"]);
    fs::remove_dir_all(directory).unwrap();
}

#[cfg(unix)]
#[test]
fn a_path_that_is_no_regular_file_or_endless_is_refused_before_it_is_read() {
    let directory = directory("odd");
    let secrets = FileSecrets::new(&directory);
    secrets.set("acme", "Package", "hush").unwrap();
    let file = directory.join(NAME);
    let faulty = |words: &str| {
        for fault in
            [secrets.check().now_or_never().unwrap().unwrap_err().fault, secrets.list().unwrap_err().to_string()]
        {
            assert!(fault.contains(NAME) && fault.contains(words), "{fault}");
        }
        fs::remove_file(&file).or_else(|_| fs::remove_dir(&file)).unwrap();
    };
    File::options().write(true).open(&file).unwrap().set_len(LARGEST_FILE + 1).unwrap();
    faulty("bytes that are read");
    std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
    faulty("it is no file");
    fs::create_dir(&file).unwrap();
    faulty("it is no file");
    assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
    faulty("it is no file");
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn two_commands_at_once_lose_nothing() {
    let directory = directory("race");
    std::thread::scope(|scope| {
        for owner in 0..16 {
            let directory = &directory;
            scope.spawn(move || FileSecrets::new(directory).set(&owner.to_string(), "Package", "x").unwrap());
        }
    });
    assert_eq!(FileSecrets::new(&directory).list().unwrap().len(), 16);
    fs::remove_dir_all(directory).unwrap();
}

fn sealer(keys: &[u8]) -> Arc<Sealer> {
    let key = |byte: &u8| {
        let digits = format!("{byte:02x}").repeat(32);
        SealKey::Local(LocalKey::parse(&digits, || KeySource::Variable("TEST")).unwrap())
    };
    Arc::new(Sealer::new(keys.iter().map(key).collect()))
}

#[test]
fn plain_secrets_still_open_with_a_key_and_are_sealed_by_the_next_change() {
    let directory = directory("seal");
    let plain = FileSecrets::new(&directory);
    plain.set("acme", "Package", "hush").unwrap();
    let sealed = FileSecrets::with_sealer(&directory, sealer(&[1]));
    assert_eq!(find(&sealed, "acme"), ["hush"]);
    assert!(fs::read_to_string(directory.join(NAME)).unwrap().contains("hush"), "reading has changed the file");
    sealed.set("other", "Package", "silence").unwrap();
    let text = fs::read_to_string(directory.join(NAME)).unwrap();
    for part in ["hush", "silence", "acme", "other", "Package"] {
        assert!(!text.contains(part), "{part} is in {text}");
    }
    assert_eq!((find(&sealed, "acme"), find(&sealed, "other")), (vec!["hush".to_owned()], vec!["silence".to_owned()]));
    // Without the key, and with another key, the file is refused as a whole and not changed.
    for other in [plain, FileSecrets::with_sealer(&directory, sealer(&[2]))] {
        let fault = other.find("acme", None, "Package").now_or_never().unwrap().unwrap_err();
        assert!(fault.0.contains("sealed with the key") && fault.0.contains("--seal-key"), "{fault:?}");
        assert!(other.set("acme", "Package", "x").is_err() && other.list().is_err() && other.remove("a", "b").is_err());
    }
    assert_eq!(fs::read_to_string(directory.join(NAME)).unwrap(), text);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn resealing_moves_all_secrets_to_the_first_key_and_says_how_many() {
    let directory = directory("reseal");
    let old = FileSecrets::with_sealer(&directory, sealer(&[1]));
    old.set("acme", "Package", "one").unwrap();
    old.rotate("acme", "Package", "two").unwrap();
    old.set("other", "TestData", "three").unwrap();
    let both = FileSecrets::with_sealer(&directory, sealer(&[2, 1]));
    assert_eq!(find(&both, "acme"), ["two", "one"]);
    let resealed = both.reseal().unwrap();
    assert_eq!(resealed.values, 3);
    assert!(resealed.before.is_some() && resealed.after.is_some() && resealed.before != resealed.after);
    assert!(old.list().is_err());
    let new = FileSecrets::with_sealer(&directory, sealer(&[2]));
    assert_eq!(find(&new, "acme"), ["two", "one"]);
    assert!(FileSecrets::new(&directory).reseal().unwrap_err().to_string().contains("no key to seal with"));
    assert_eq!(new.unseal().unwrap(), ResealedSecrets { values: 3, before: resealed.after, after: None });
    assert_eq!(find(&FileSecrets::new(&directory), "acme"), ["two", "one"]);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_damaged_sealed_file_is_refused_without_a_word_of_it() {
    let directory = directory("sealed-damage");
    let secrets = FileSecrets::with_sealer(&directory, sealer(&[1]));
    secrets.set("acme", "Package", "hush").unwrap();
    let text = fs::read(directory.join(NAME)).unwrap();
    for place in (0..text.len()).step_by(7) {
        let mut damaged = text.clone();
        damaged[place] ^= 1;
        fs::write(directory.join(NAME), &damaged).unwrap();
        let fault = secrets.list().unwrap_err().to_string();
        assert!(!fault.contains("hush") && fault.contains(NAME), "{fault}");
    }
    fs::remove_dir_all(directory).unwrap();
}
