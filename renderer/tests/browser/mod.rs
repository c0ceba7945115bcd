//! Headless Chromium with the bundled font as its only font.
#![allow(dead_code, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) struct Chromium {
    program: PathBuf,
    directory: PathBuf,
}

impl Chromium {
    /// Finds Chromium on PATH. `name` is the name of the test's own folder.
    pub(crate) fn find(name: &str) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let program = std::env::split_paths(&path)
            .flat_map(|folder| names.map(|name| folder.join(name)))
            .find(|file| file.is_file())
            .expect("chromium, chromium-browser or google-chrome must be on PATH");
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        drop(std::fs::remove_dir_all(&directory));
        std::fs::create_dir_all(directory.join("profile")).expect("the test has a folder of its own");
        let faces = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fonts/faces");
        let fonts = format!(
            "<fontconfig><dir>{}</dir><cachedir>{}</cachedir></fontconfig>",
            faces.display(),
            directory.display()
        );
        std::fs::write(directory.join("fonts.conf"), fonts).expect("the font configuration can be written");
        Self { program, directory }
    }

    /// The document after its scripts ran.
    pub(crate) fn document(&self, html: &str) -> String {
        String::from_utf8(self.run(html, &["--dump-dom"])).expect("a document is text")
    }

    /// A picture of the page, as PNG.
    pub(crate) fn screenshot(&self, html: &str, width: u32, height: u32) -> Vec<u8> {
        let file = self.directory.join("page.png");
        let window = format!("--window-size={width},{height}");
        self.run(
            html,
            &[
                &format!("--screenshot={}", file.display()),
                &window,
                "--hide-scrollbars",
                "--force-device-scale-factor=1",
                // On a busy machine the picture may otherwise be taken before all frames are painted.
                "--run-all-compositor-stages-before-draw",
                "--virtual-time-budget=5000",
            ],
        );
        std::fs::read(file).expect("Chromium wrote a screenshot")
    }

    fn run(&self, html: &str, flags: &[&str]) -> Vec<u8> {
        let page = self.directory.join("page.html");
        std::fs::write(&page, html).expect("the page can be written");
        let output = Command::new(&self.program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .arg(format!("--user-data-dir={}", self.directory.join("profile").display()))
            .args(flags)
            .arg(format!("file://{}", page.display()))
            .env("FONTCONFIG_FILE", self.directory.join("fonts.conf"))
            .output()
            .expect("Chromium can be started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }
}
