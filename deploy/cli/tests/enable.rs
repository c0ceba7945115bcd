//! `badgesmith plugin enable`: the upstream of a plugin is named in plugins.toml, and nothing else changes there.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, path::PathBuf, process::Command};

const PROVIDER: &str = "id = \"npm\"\nversion = \"1.0.0\"\nmount = \"/badges/packages/npm\"\n\
                        settings = { upstream = \"\" }\n[[badge]]\nname = \"version\"\nroute = \"{package}\"\n\
                        label = \"npm\"\ncategory = \"version\"\nsummary = \"Its version.\"\nexample = \"express\"\n\
                        get = \"{upstream}/{package}/latest\"\nvalue = \"/version\"\nformat = \"version\"\n";

/// A folder with this plugins.toml, and the provider beside it.
fn folder(name: &str, config: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("enable-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("plugins.toml"), config).unwrap();
    fs::write(folder.join("npm.toml"), PROVIDER).unwrap();
    folder
}

/// Runs the command on the folder's plugins.toml. Returns whether it ended well, and what it said.
fn enable(folder: &std::path::Path, arguments: &[&str]) -> (bool, String) {
    let config = folder.join("plugins.toml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_badgesmith"));
    command.args(["plugin", "enable", "--config", config.to_str().unwrap()]).args(arguments);
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn an_upstream_is_named_once_and_one_that_does_not_answer_is_a_warning() {
    let head = "# Mine.\n[engine]\ncache-mib = 8 # small\n\n[[plugin]]\nid = \"npm\"\ndeclarative = \"npm.toml\"\n";
    let folder = folder("named", head);
    let file = folder.join("plugins.toml");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    }
    // Nobody listens at port 1.
    let (is_well, said) = enable(&folder, &["npm", "--upstream", "http://127.0.0.1:1/npm/"]);
    assert!(is_well && said.contains("warning: http://127.0.0.1:1 does not answer"), "{said}");
    let after =
        format!("{head}settings = {{ upstream = \"http://127.0.0.1:1/npm\" }}\norigins = [\"http://127.0.0.1:1\"]\n");
    assert_eq!(fs::read_to_string(&file).unwrap(), after);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    }
    let (is_well, said) = enable(&folder, &["npm", "--upstream", "http://127.0.0.1:1/npm"]);
    assert!(is_well && said.contains("nothing to change"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), after);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "no other file is left");
}

#[test]
fn a_provider_beside_plugins_toml_is_added() {
    let folder = folder("added", "# Empty.\n");
    let (is_well, said) = enable(&folder, &["npm", "--upstream", "http://127.0.0.1:1"]);
    assert!(is_well, "{said}");
    let after = "# Empty.\n\n[[plugin]]\nid = \"npm\"\ndeclarative = \"npm.toml\"\n\
                 settings = { upstream = \"http://127.0.0.1:1\" }\norigins = [\"http://127.0.0.1:1\"]\n";
    assert_eq!(fs::read_to_string(folder.join("plugins.toml")).unwrap(), after);
}

#[test]
fn a_mistake_changes_nothing_and_is_refused_with_what_to_write() {
    let before = "[[plugin]]\nid = \"npm\"\ndeclarative = \"npm.toml\"\n";
    let folder = folder("refused", before);
    for (arguments, words) in [
        (&["npm"][..], "name the upstream of \"npm\" with --upstream URL"),
        (&["npm", "--upstream", "registry.example"], "upstream: "),
        (&["npm", "--upstream", "http://registry.example"], "is plain http, which is for this machine only"),
        (&["npm", "--upstream", "https://me:secret@registry.example"], "upstream: "),
        (&["npm", "--upstream", "https://registry.example?a=b"], "it has a query or a fragment"),
        (&["npm", "--downloads", "https://registry.example"], "settings.downloads is no setting of it"),
        (&["npm", "--setting", "upstream"], "write NAME=URL"),
        (&["pypi", "--upstream", "https://registry.example"], "has no plugin \"pypi\", and neither pypi.toml nor"),
        (&["../npm", "--upstream", "https://registry.example"], "has no plugin \"../npm\""),
    ] {
        let (is_well, said) = enable(&folder, arguments);
        assert!(!is_well && said.contains(words), "{arguments:?}: {said}");
        assert!(!said.contains("secret@"), "{said}");
        assert_eq!(fs::read_to_string(folder.join("plugins.toml")).unwrap(), before);
    }
}
