//! A plugin in C whose badge `/badges/c/w` says a word.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Builds it in a folder, and returns the new library.
pub fn build(folder: &Path, word: &str) -> PathBuf {
    let source = format!(
        r#"#include "badgesmith_provider.h"
        #include <string.h>
        static const char manifest[] = "{{\"id\":\"c\",\"version\":\"1.0.0\",\"mount\":\"/badges/c\",\"badges\":"
          "[{{\"name\":\"w\",\"route\":\"w\",\"label\":\"c\",\"summary\":\"W.\",\"example\":\"/badges/c/w\"}}]}}";
        static const char done[] = "{{\"done\":{{\"message\":\"{word}\"}}}}";
        static int32_t step(badgesmith_bytes call, const badgesmith_bytes *bodies, size_t count, badgesmith_bytes *out) {{
          (void)call; (void)bodies; (void)count;
          out->ptr = (const uint8_t *)done; out->len = sizeof(done) - 1; return 0;
        }}
        static void release(badgesmith_bytes message) {{ (void)message; }}
        const badgesmith_provider *badgesmith_provider_v1(void) {{
          static badgesmith_provider table;
          table.abi = 1; table.size = sizeof(table);
          table.manifest.ptr = (const uint8_t *)manifest; table.manifest.len = sizeof(manifest) - 1;
          table.step = step; table.release = release;
          return &table;
        }}"#
    );
    let (file, library) = (folder.join("c.c"), folder.join("new.so"));
    fs::write(&file, source).unwrap();
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../providers/sdk/include");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-I"]).arg(include).arg("-o").arg(&library).arg(&file);
    assert!(compiler.status().expect("a C compiler is needed for the plugins of the tests").success());
    library
}
