//! Reads from an ELF file how a library was built, without running any of its code.

use std::{collections::BTreeSet, fmt};

use object::{
    Endianness, FileKind, elf,
    read::elf::{FileHeader, SectionHeader, Sym},
};

/// The prefix of the exported symbol in every version of the provider ABI.
pub(super) const ABI_PREFIX: &str = "badgesmith_provider_v";
/// Symbols that linkers export by themselves.
const LINKERS: [&str; 5] = ["_init", "_fini", "__bss_start", "_edata", "_end"];
/// The symbol that a Rust library imports unless it is built with `panic=abort`.
const RAISE: &str = "_Unwind_RaiseException";

/// How a library was built.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ElfFacts {
    /// The exported symbols, sorted.
    pub(super) exports: BTreeSet<String>,
    /// The newest version of glibc that one of its symbols needs, such as (2, 34).
    pub(super) glibc: Option<(u32, u32)>,
    /// Whether it is Rust built with `panic=abort`.
    pub(super) aborts: bool,
}

/// Reads a file's bytes; `None` if they are not an ELF file.
///
/// # Errors
/// The ELF file is damaged or incomplete.
pub(super) fn read(bytes: &[u8]) -> Result<Option<ElfFacts>, InvalidElf> {
    let facts = match FileKind::parse(bytes) {
        Ok(FileKind::Elf64) => facts::<elf::FileHeader64<Endianness>>(bytes),
        Ok(FileKind::Elf32) => facts::<elf::FileHeader32<Endianness>>(bytes),
        _ => return Ok(None),
    };
    facts.map(Some).map_err(InvalidElf)
}

/// Why an ELF file cannot be read.
#[derive(Debug)]
pub(super) struct InvalidElf(object::Error);

impl fmt::Display for InvalidElf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it is no whole ELF file: {}", self.0)
    }
}

fn facts<Elf: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> object::Result<ElfFacts> {
    let header = Elf::parse(bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, bytes)?;
    let mut facts = ElfFacts::default();
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

/// The first two numbers of a version such as `2.34` or `2.2.5`.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}
