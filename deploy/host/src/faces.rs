//! `[engine] faces`: font files for characters that the bundled font lacks. A start looks at each file, and the first
//! character that needs one reads it.

use std::{
    error::Error,
    fmt,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use badgesmith_engine::{AddedFace, AddedFaces, mistake_in_engine};

use crate::config::{ConfigError, locate};

/// The largest file, in bytes: the collections of all Chinese, Japanese and Korean characters have 20 to 30 MB.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;
/// How OpenType files begin: TrueType outlines, CFF outlines, Apple's TrueType, and collections.
const SIGNATURES: [[u8; 4]; 4] = [[0, 1, 0, 0], *b"OTTO", *b"true", *b"ttcf"];

/// Why a face cannot be added.
#[derive(Debug)]
pub struct FaceError {
    path: PathBuf,
    fault: FaceFault,
}

#[derive(Debug)]
enum FaceFault {
    Unreadable(io::Error),
    TooLarge,
    NoFont,
}

impl fmt::Display for FaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.fault {
            FaceFault::Unreadable(cause) => cause.fmt(f),
            FaceFault::TooLarge => write!(f, "larger than {LARGEST_FILE} bytes"),
            FaceFault::NoFont => f.write_str("no OpenType font; write the path of a .ttf, .otf or .ttc file"),
        }
    }
}

impl Error for FaceError {}

/// The faces of these files. `#2` at the end of a path is the third face of a collection.
///
/// # Errors
/// The first file that cannot be read, or is no font.
pub fn load(files: &[PathBuf]) -> Result<AddedFaces, FaceError> {
    let mut faces = Vec::new();
    for file in files {
        let (path, index) = split_index(file);
        let path = path.to_owned();
        check(&path).map_err(|fault| FaceError { path: path.clone(), fault })?;
        faces.push(AddedFace::new(index, move || read(&path)));
    }
    Ok(AddedFaces::new(faces))
}

/// All mistakes in the faces of the plugins.toml that is read, after [`load`] refused these; `None` if there are none.
pub fn explain(config: Option<&Path>, files: &[PathBuf]) -> Option<ConfigError> {
    let (file, text) = locate(config).ok()?;
    let refused = files.iter().enumerate().filter_map(|(index, face)| {
        let (path, _) = split_index(face);
        let fault = check(path).err()?;
        let error = FaceError { path: path.to_owned(), fault };
        Some(mistake_in_engine(&file, &text, "faces", index, error.to_string()))
    });
    let mistakes: Vec<_> = refused.collect();
    (!mistakes.is_empty()).then_some(ConfigError::Mistakes(mistakes))
}

/// A path and the number of a face after it, which is 0 if there is none.
fn split_index(file: &Path) -> (&Path, u32) {
    let split = file.to_str().and_then(|text| text.rsplit_once('#'));
    match split.and_then(|(path, index)| Some((path, index.parse().ok()?))) {
        Some((path, index)) => (Path::new(path), index),
        None => (file, 0),
    }
}

fn check(path: &Path) -> Result<(), FaceFault> {
    let mut file = File::open(path).map_err(FaceFault::Unreadable)?;
    let metadata = file.metadata().map_err(FaceFault::Unreadable)?;
    if metadata.len() > LARGEST_FILE {
        return Err(FaceFault::TooLarge);
    }
    let mut signature = [0; 4];
    let is_font = metadata.is_file() && file.read_exact(&mut signature).is_ok() && SIGNATURES.contains(&signature);
    if is_font { Ok(()) } else { Err(FaceFault::NoFont) }
}

/// The file, or nothing and a line in the log.
fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let outcome = File::open(path).and_then(|file| file.take(LARGEST_FILE).read_to_end(&mut bytes));
    match outcome {
        Ok(_) => Some(bytes),
        Err(error) => {
            tracing::error!(path = %path.display(), %error, "a face cannot be read; its characters are drawn as boxes");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_after_a_path_is_a_face_of_a_collection() {
        for (file, path, index) in [
            ("/fonts/Noto.ttc", "/fonts/Noto.ttc", 0),
            ("/fonts/Noto.ttc#2", "/fonts/Noto.ttc", 2),
            ("/fonts/C#.ttf", "/fonts/C#.ttf", 0),
            ("/fonts/C#.ttf#1", "/fonts/C#.ttf", 1),
        ] {
            assert_eq!(split_index(Path::new(file)), (Path::new(path), index), "{file}");
        }
    }

    #[test]
    fn a_file_that_is_no_font_is_refused_with_its_path() {
        for (path, words) in [("/nowhere/a.ttf", "/nowhere/a.ttf: No such file"), (file!(), "no OpenType font")] {
            let path =
                if path == file!() { Path::new(env!("CARGO_MANIFEST_DIR")).join("src/faces.rs") } else { path.into() };
            let refusal = load(&[path]).map(drop).unwrap_err().to_string();
            assert!(refusal.contains(words), "{refusal}");
        }
    }
}
