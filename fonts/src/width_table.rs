//! The measured character widths of each font, compiled in: ASCII by index, all others by binary search.
//!
//! `tables/make.mjs` writes the files and documents their format.

/// The number of Unicode planes.
const PLANES: usize = 17;
/// The length of a file's plane offsets, in bytes.
const HEADER: usize = (PLANES + 1) * 2;
/// The width of a character that was not measured.
const UNMEASURED: u16 = u16::MAX;

/// The widths of one font. A range of characters reaches from its start to the next range's start.
pub(crate) struct WidthTable {
    /// The widths of ASCII characters in pixels.
    ascii: [f64; 128],
    /// For each plane the index of its first range.
    planes: [u16; PLANES + 1],
    /// The first character of each range, as the low 16 bits of its code point.
    starts: &'static [u16],
    /// The width of each range's characters, in hundredths of a pixel.
    widths: &'static [u16],
}

impl WidthTable {
    /// The width that anafanafo assumes for a character that was not measured.
    #[cfg(not(feature = "faces"))]
    pub(crate) fn width_of_m(&self) -> f64 {
        self.ascii[b'm' as usize]
    }

    /// The width of an ASCII character in pixels, which is 0 for a control character; `None` for another byte.
    #[inline]
    pub(crate) fn ascii(&self, character: u8) -> Option<f64> {
        self.ascii.get(usize::from(character)).copied()
    }

    /// The width in pixels, if it was measured.
    #[inline]
    pub(crate) fn measured(&self, character: char) -> Option<f64> {
        if let Some(width) = self.ascii.get(character as usize) {
            return Some(*width);
        }
        let code = character as u32;
        let plane = (code >> 16) as usize;
        let from = usize::from(*self.planes.get(plane)?);
        let to = usize::from(*self.planes.get(plane + 1)?);
        let starts = self.starts.get(from..to)?;
        // The cast keeps the low 16 bits: the position within the plane.
        let after = starts.partition_point(|start| *start <= code as u16);
        let hundredths = *self.widths.get(from + after.checked_sub(1)?)?;
        (hundredths != UNMEASURED).then(|| pixels(hundredths))
    }
}

/// Division of a whole number by 100 gives the same `f64` as parsing the decimal number, so sums equal anafanafo's.
const fn pixels(hundredths: u16) -> f64 {
    hundredths as f64 / 100.0
}

const fn word(bytes: &[u8], index: usize) -> u16 {
    u16::from_le_bytes([bytes[index * 2], bytes[index * 2 + 1]])
}

const fn words<const N: usize>(bytes: &[u8], from: usize) -> [u16; N] {
    let mut out = [0; N];
    let mut i = 0;
    while i < N {
        out[i] = word(bytes, from + i);
        i += 1;
    }
    out
}

const fn ascii(starts: &[u16], widths: &[u16]) -> [f64; 128] {
    let mut out = [0.0; 128];
    let mut at = 0;
    let mut code = 32;
    // Control characters, DEL included, keep the width 0.
    while code < 127 {
        while at + 1 < starts.len() && starts[at + 1] as usize <= code {
            at += 1;
        }
        out[code] = pixels(widths[at]);
        code += 1;
    }
    out
}

macro_rules! tables {
    ($($name:ident: $module:ident = $file:literal,)*) => {
        $(mod $module {
            pub(super) const BYTES: &[u8] = include_bytes!(concat!("../tables/", $file, ".bin"));
            pub(super) const LEN: usize = (BYTES.len() - super::HEADER) / 4;
            pub(super) const PLANES: [u16; super::PLANES + 1] = super::words(BYTES, 0);
            pub(super) const STARTS: [u16; LEN] = super::words(BYTES, super::PLANES + 1);
            pub(super) const WIDTHS: [u16; LEN] = super::words(BYTES, super::PLANES + 1 + LEN);
        })*

        /// One list for each font.
        #[repr(C)]
        struct Lists {
            $($module: [u16; $module::LEN],)*
        }
        // The starts of all fonts are nearly equal. Stored next to each other, they are within deflate's window of 32
        // KB, which makes a zip file 40 KB smaller.
        static STARTS: Lists = Lists { $($module: $module::STARTS,)* };
        static WIDTHS: Lists = Lists { $($module: $module::WIDTHS,)* };
        $(
            #[doc = concat!("Made from `", $file, "`.")]
            pub(crate) static $name: WidthTable = WidthTable {
                ascii: ascii(&$module::STARTS, &$module::WIDTHS),
                planes: $module::PLANES,
                starts: &STARTS.$module,
                widths: &WIDTHS.$module,
            };
        )*
    };
}

tables! {
    VERDANA_10: verdana_10 = "verdana-10px-normal",
    VERDANA_11: verdana_11 = "verdana-11px-normal",
    VERDANA_BOLD_10: verdana_bold_10 = "verdana-10px-bold",
    HELVETICA_BOLD_11: helvetica_bold_11 = "helvetica-11px-bold",
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&WidthTable; 4] = [&VERDANA_10, &VERDANA_11, &VERDANA_BOLD_10, &HELVETICA_BOLD_11];

    #[test]
    fn every_plane_is_sorted_and_begins_at_zero() {
        for table in ALL {
            assert_eq!(usize::from(table.planes[PLANES]), table.starts.len());
            assert_eq!(table.starts.len(), table.widths.len());
            for plane in table.planes.windows(2) {
                let starts = &table.starts[usize::from(plane[0])..usize::from(plane[1])];
                assert!(starts.first().is_none_or(|first| *first == 0));
                assert!(starts.is_sorted_by(|a, b| a < b));
            }
        }
    }

    #[test]
    fn no_width_is_negative_and_every_ascii_letter_has_one() {
        for table in ALL {
            for character in '\0'..=char::MAX {
                assert!(table.measured(character).is_none_or(|width| width >= 0.0));
            }
            assert!((' '..='~').all(|character| table.measured(character) > Some(0.0)));
        }
    }
}
