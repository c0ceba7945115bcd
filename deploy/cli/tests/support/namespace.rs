//! A small disk for a server: a tmpfs in a private mount namespace.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A mount namespace with a tmpfs at a directory; a process keeps it alive until this is dropped.
pub(crate) struct SmallDisk {
    holder: Child,
    flags: &'static [&'static str],
    directory: PathBuf,
}

impl SmallDisk {
    /// Mounts a tmpfs of this size at `directory`, as root or in a user namespace.
    ///
    /// # Panics
    /// Neither is allowed on this machine.
    pub(crate) fn mount(directory: &Path, mebibytes: u32) -> Self {
        fs::create_dir_all(directory).unwrap();
        let script =
            format!("mount -t tmpfs -o size={mebibytes}m,mode=700 tmpfs \"$0\" && echo mounted && exec sleep 600");
        let mut said = String::new();
        for (unshare, enter) in [
            (&["-m", "--propagation", "private"][..], &["-m"][..]),
            (&["-Urm", "--propagation", "private"], &["-U", "-m", "--preserve-credentials"]),
        ] {
            let spawned = Command::new("unshare")
                .args(unshare)
                .args(["sh", "-c", &script])
                .arg(directory)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn();
            let mut holder = spawned.expect("this test needs the command unshare");
            let mut line = String::new();
            BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
            if line.trim() == "mounted" {
                return Self { holder, flags: enter, directory: directory.to_owned() };
            }
            let output = holder.wait_with_output().unwrap();
            said = String::from_utf8_lossy(&output.stderr).into_owned();
        }
        panic!("this test needs a private mount namespace, as root or in a user namespace: {said}")
    }

    /// The path of the directory outside the namespace.
    pub(crate) fn path(&self) -> PathBuf {
        let inside = self.directory.strip_prefix("/").unwrap();
        Path::new("/proc").join(self.holder.id().to_string()).join("root").join(inside)
    }

    /// A command that runs a program in the namespace; its process id is that of the program.
    pub(crate) fn enter(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.arg("-t").arg(self.holder.id().to_string()).args(self.flags).arg("--").arg(program);
        command
    }

    /// Fills the disk with a file.
    pub(crate) fn fill(&self) {
        let mut file = fs::File::create(self.path().join("filler")).unwrap();
        for size in [64 * 1024, 4096, 1] {
            while file.write_all(&vec![1; size]).is_ok() {}
        }
    }

    /// Removes that file.
    pub(crate) fn free(&self) {
        fs::remove_file(self.path().join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
