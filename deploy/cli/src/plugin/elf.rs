//! What an ELF file tells of a library before anything in it runs.

use std::collections::BTreeSet;

use object::{
    Endianness, FileKind, elf,
    read::elf::{FileHeader, SectionHeader, Sym},
};

/// How the symbols of every version of the provider boundary begin.
pub(super) const OURS: &str = "badgesmith_provider_v";
/// What linkers export by themselves.
const LINKERS: [&str; 5] = ["_init", "_fini", "__bss_start", "_edata", "_end"];
/// What a Rust library imports that can unwind: `panic=abort` leaves out whoever would raise.
const RAISE: &str = "_Unwind_RaiseException";

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// The names it exports, ordered.
    pub(super) exports: BTreeSet<String>,
    /// The newest glibc one of its symbols needs: 2, 34.
    pub(super) glibc: Option<(u32, u32)>,
    /// Whether it is Rust and ends its process where it panics.
    pub(super) aborts: bool,
}

/// Reads a file's bytes; nothing where it is no ELF file.
///
/// # Errors
/// What is wrong with the ELF file.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Facts>, String> {
    let facts = match FileKind::parse(bytes) {
        Ok(FileKind::Elf64) => facts::<elf::FileHeader64<Endianness>>(bytes),
        Ok(FileKind::Elf32) => facts::<elf::FileHeader32<Endianness>>(bytes),
        _ => return Ok(None),
    };
    facts.map(Some).map_err(|fault| format!("it is no whole ELF file: {fault}"))
}

fn facts<Elf: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> object::Result<Facts> {
    let header = Elf::parse(bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, bytes)?;
    let mut facts = Facts::default();
    let mut raises = false;
    let symbols = sections.symbols(endian, bytes, elf::SHT_DYNSYM)?;
    for symbol in symbols.iter() {
        let name = String::from_utf8_lossy(symbols.symbol_name(endian, symbol)?);
        let is_defined = symbol.st_shndx(endian) != elf::SHN_UNDEF;
        let is_global = matches!(symbol.st_bind(), elf::STB_GLOBAL | elf::STB_WEAK);
        if is_defined && is_global && !LINKERS.contains(&&*name) {
            facts.exports.insert(name.into_owned());
        } else if name == RAISE {
            raises = true;
        }
    }
    if let Some((mut files, strings)) = sections.gnu_verneed(endian, bytes)? {
        let strings = sections.strings(endian, bytes, strings)?;
        while let Some((_, mut versions)) = files.next()? {
            while let Some(version) = versions.next()? {
                let name = String::from_utf8_lossy(version.name(endian, strings)?);
                facts.glibc = facts.glibc.max(name.strip_prefix("GLIBC_").and_then(numbers));
            }
        }
    }
    let compilers = sections.section_by_name(endian, b".comment").map(|(_, section)| section.data(endian, bytes));
    let compilers = compilers.transpose()?.unwrap_or_default();
    facts.aborts = String::from_utf8_lossy(compilers).contains("rustc version") && !raises;
    Ok(facts)
}

/// `2.34`, `2.2.5`.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}
