//! The header of a `.npy` file.
//!
//! `\x93NUMPY`, two bytes of version, the length of the text that follows (2 bytes in version 1, 4 in 2 and 3, little
//! endian), and the text: a Python dictionary with the keys `descr`, `fortran_order` and `shape`, padded with spaces and
//! ended by a newline. Source: numpy, NEP 1 and `numpy.lib.format`.

use std::fmt::Write as _;

/// How every `.npy` file begins.
pub(super) const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// The most a header can take before its text.
pub(super) const LONGEST_PREFIX: usize = 12;
/// Headers of plain arrays take about a hundred bytes.
const LONGEST_TEXT: usize = 1 << 20;
/// Where the data begins is a multiple of this.
const ALIGN: usize = 64;

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The type of the elements: `<f8`.
    pub(super) descr: String,
    pub(super) fortran_order: bool,
    pub(super) shape: Vec<usize>,
}

/// Where the text begins and how long it is, according to the first bytes of a file.
pub(super) fn text_range(prefix: &[u8]) -> Result<(usize, usize), String> {
    if !prefix.starts_with(MAGIC) {
        let found = &prefix[..prefix.len().min(MAGIC.len())];
        if found.starts_with(b"PK") {
            return Err("it is a zip archive, as .npz files are: unpack it, and read the .npy files in it".to_owned());
        }
        return Err(format!(
            "it begins with \"{}\", not with \"{}\", so it is no .npy file (raw data is read by `dsm::from_file`)",
            found.escape_ascii(),
            MAGIC.escape_ascii()
        ));
    }
    let cut = || "it ends within its header".to_owned();
    let &[major, minor] = prefix.get(6..8).and_then(|version| version.first_chunk()).ok_or_else(cut)?;
    let (start, length) = match (major, minor) {
        (1, 0) => {
            let length = prefix.get(8..10).and_then(|bytes| bytes.first_chunk()).ok_or_else(cut)?;
            (10, usize::from(u16::from_le_bytes(*length)))
        }
        (2 | 3, 0) => {
            let length = prefix.get(8..12).and_then(|bytes| bytes.first_chunk()).ok_or_else(cut)?;
            (12, u32::from_le_bytes(*length) as usize)
        }
        _ => return Err(format!("it has version {major}.{minor} of the format, of which 1.0, 2.0 and 3.0 are known")),
    };
    if length > LONGEST_TEXT {
        return Err(format!("its header has {length} bytes, more than a plain array's ever has"));
    }
    Ok((start, length))
}

/// Reads the text of a header.
pub(super) fn parse(text: &[u8]) -> Result<Header, String> {
    let text = String::from_utf8_lossy(text);
    let mut rest = Rest(text.trim());
    let found = |rest: &Rest<'_>| match rest.0.get(..40) {
        Some(start) => format!("\"{start}…\""),
        None if rest.0.is_empty() => "the end".to_owned(),
        None => format!("\"{}\"", rest.0),
    };
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    let wrong = |what: &str, rest: &Rest<'_>| format!("its header has {} where {what} should be", found(rest));
    rest.take("{").ok_or_else(|| wrong("a dictionary", &rest))?;
    while rest.take("}").is_none() {
        let key = rest.string().ok_or_else(|| wrong("a key", &rest))?;
        rest.take(":").ok_or_else(|| wrong("a colon", &rest))?;
        let twice = match key {
            "descr" => {
                if rest.0.starts_with(['[', '(']) {
                    return Err(format!("its elements are structures, {}: save each field as an array", found(&rest)));
                }
                descr.replace(rest.string().ok_or_else(|| wrong("a type", &rest))?.to_owned()).is_some()
            }
            "fortran_order" => {
                let truth = rest.truth().ok_or_else(|| wrong("True or False", &rest))?;
                fortran_order.replace(truth).is_some()
            }
            "shape" => shape.replace(rest.shape().ok_or_else(|| wrong("a shape", &rest))?).is_some(),
            other => return Err(format!("its header has a key `{other}`, which isn't known")),
        };
        if twice {
            return Err(format!("its header has the key `{key}` twice"));
        }
        if rest.take(",").is_none() && !rest.0.starts_with('}') {
            return Err(wrong("a comma", &rest));
        }
    }
    if !rest.0.is_empty() {
        return Err(wrong("the end", &rest));
    }
    let missing = |key| format!("its header has no `{key}`");
    Ok(Header {
        descr: descr.ok_or_else(|| missing("descr"))?,
        fortran_order: fortran_order.ok_or_else(|| missing("fortran_order"))?,
        shape: shape.ok_or_else(|| missing("shape"))?,
    })
}

/// What is left to be read; each step takes the white space after it too.
struct Rest<'t>(&'t str);

impl<'t> Rest<'t> {
    fn take(&mut self, token: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(token)?.trim_start();
        Some(())
    }

    fn string(&mut self) -> Option<&'t str> {
        let quote = self.0.chars().next().filter(|quote| ['\'', '"'].contains(quote))?;
        let (string, rest) = self.0[1..].split_once(quote)?;
        if string.contains('\\') {
            return None;
        }
        self.0 = rest.trim_start();
        Some(string)
    }

    fn truth(&mut self) -> Option<bool> {
        match self.take("True") {
            Some(()) => Some(true),
            None => self.take("False").map(|()| false),
        }
    }

    /// A tuple of lengths, one of which needs a comma: `()`, `(3,)`, `(3, 4)`.
    fn shape(&mut self) -> Option<Vec<usize>> {
        self.take("(")?;
        let mut shape = Vec::new();
        let mut comma = true;
        while self.take(")").is_none() {
            if !comma {
                return None;
            }
            let digits = self.0.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(self.0.len());
            shape.push(self.0[..digits].parse().ok()?);
            // Python 2 marked long integers.
            self.0 = self.0[digits..].strip_prefix('L').unwrap_or(&self.0[digits..]).trim_start();
            comma = self.take(",").is_some();
        }
        (shape.len() != 1 || comma).then_some(shape)
    }
}

/// The header of an array in C order, whole.
pub(super) fn compose(descr: &str, shape: &[usize]) -> Vec<u8> {
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (");
    for (axis, length) in shape.iter().enumerate() {
        let comma = if axis > 0 { ", " } else { "" };
        let _ = write!(text, "{comma}{length}");
    }
    text.push_str(if shape.len() == 1 { ",), }" } else { "), }" });
    // Six axes of twenty digits are far below what version 1 can hold.
    let padded = (10 + text.len() + 1).next_multiple_of(ALIGN) - 10;
    let spaces = padded - 1 - text.len();
    text.extend(std::iter::repeat_n(' ', spaces));
    text.push('\n');
    [&MAGIC[..], &[1, 0], &(padded as u16).to_le_bytes(), text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Header, String> {
        parse(text.as_bytes())
    }

    #[test]
    fn what_numpy_writes_is_read() {
        let header = |descr: &str, fortran_order, shape: &[usize]| {
            Ok(Header { descr: descr.to_owned(), fortran_order, shape: shape.to_vec() })
        };
        assert_eq!(
            parsed("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }   \n"),
            header("<f8", false, &[3, 4])
        );
        assert_eq!(parsed("{'descr': '|b1', 'fortran_order': True, 'shape': (), }\n"), header("|b1", true, &[]));
        assert_eq!(parsed("{\"shape\":(7,),\"fortran_order\":False,\"descr\":\"<i4\"}"), header("<i4", false, &[7]));
        assert_eq!(
            parsed("{'descr': '<u2', 'fortran_order': False, 'shape': (3L, 0L), }"),
            header("<u2", false, &[3, 0])
        );
    }

    #[test]
    fn what_numpy_would_not_write_is_refused() {
        for (text, said) in [
            ("", "has the end where a dictionary"),
            ("garbage", "has \"garbage\" where a dictionary"),
            ("{'descr': '<f8', 'fortran_order': False}", "no `shape`"),
            ("{'descr': '<f8', 'shape': (3,)}", "no `fortran_order`"),
            ("{'fortran_order': False, 'shape': (3,)}", "no `descr`"),
            ("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (3,)}", "`descr` twice"),
            ("{'descr': '<f8', 'more': 1}", "key `more`"),
            ("{'descr': [('a', '<f8'), ('b', '<i4')], 'fortran_order': False}", "structures"),
            ("{'descr': '<f8' 'fortran_order': False}", "where a comma"),
            ("{'descr': '<f8', 'fortran_order': 0}", "where True or False"),
            ("{'descr': '<f8', 'shape': (3)}", "where a shape"),
            ("{'descr': '<f8', 'shape': (-3,)}", "where a shape"),
            ("{'descr': '<f8', 'shape': (3 4)}", "where a shape"),
            ("{'descr': '<f8', 'shape': (99999999999999999999,)}", "where a shape"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)", "has the end where"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)} more", "where the end"),
        ] {
            let error = parsed(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
        assert!(text_range(b"\x93NUMPY\x01\x00\x76").unwrap_err().contains("ends within"));
        assert!(text_range(b"\x93NUMPY\x04\x00\x76\x00").unwrap_err().contains("version 4.0"));
        assert!(text_range(b"\x93NUMPY\x02\x00\xff\xff\xff\x7f").unwrap_err().contains("2147483647 bytes"));
        assert!(text_range(b"PK\x03\x04").unwrap_err().contains(".npz"));
        assert!(text_range(b"").unwrap_err().contains("begins with \"\""));
    }

    #[test]
    fn what_is_composed_is_parsed() {
        for shape in [&[0][..], &[7], &[3, 4], &[usize::MAX; 6]] {
            let header = compose("<f8", shape);
            assert_eq!(header.len() % ALIGN, 0);
            let (start, length) = text_range(&header[..LONGEST_PREFIX]).unwrap();
            assert_eq!(start + length, header.len());
            let parsed = parse(&header[start..]).unwrap();
            assert_eq!((parsed.shape.as_slice(), parsed.descr.as_str()), (shape, "<f8"));
        }
        // Byte for byte what numpy 2 writes for np.arange(3.).
        let golden = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }";
        assert!(compose("<f8", &[3]).starts_with(golden));
    }
}
