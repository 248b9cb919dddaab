//! A ZIP file that is written from its beginning to its end (APPNOTE 6.3.10): each entry is stored as it is, and its
//! length and checksum follow it.

/// Names are UTF-8 (bit 11), and lengths follow the data (bit 3).
const FLAGS: u16 = 1 << 11 | 1 << 3;
/// ZIP64, for files of more than 4 GiB.
const VERSION: u16 = 45;
/// 1 January 1980: when an entry was made does not matter.
const DATE: u16 = 1 << 5 | 1;

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut rest, mut bit) = (byte as u32, 0);
        while bit < 8 {
            rest = if rest & 1 == 1 { 0xedb8_8320 ^ (rest >> 1) } else { rest >> 1 };
            bit += 1;
        }
        table[byte] = rest;
        byte += 1;
    }
    table
}

static TABLE: [u32; 256] = table();

struct Entry {
    name: String,
    crc: u32,
    size: u64,
    offset: u64,
}

/// A file being written: what each function returns has to be written in that order.
#[derive(Default)]
pub(super) struct Zip {
    offset: u64,
    open: Option<Entry>,
    entries: Vec<Entry>,
}

fn header(signature: u32, fields: &[&[u8]]) -> Vec<u8> {
    let mut bytes = signature.to_le_bytes().to_vec();
    fields.iter().for_each(|field| bytes.extend_from_slice(field));
    bytes
}

impl Zip {
    /// Begins an entry.
    pub(super) fn begin(&mut self, name: &str) -> Vec<u8> {
        let entry = Entry { name: name.to_owned(), crc: u32::MAX, size: 0, offset: self.offset };
        let length = name.len() as u16;
        let bytes = header(
            0x0403_4b50,
            &[
                &VERSION.to_le_bytes(),
                &FLAGS.to_le_bytes(),
                &[0; 4],
                &DATE.to_le_bytes(),
                &[0; 12],
                &length.to_le_bytes(),
                &[0; 2],
                name.as_bytes(),
            ],
        );
        self.offset += bytes.len() as u64;
        self.open = Some(entry);
        bytes
    }

    /// Counts bytes of the entry, which are written as they are.
    pub(super) fn count(&mut self, bytes: &[u8]) {
        self.offset += bytes.len() as u64;
        if let Some(entry) = &mut self.open {
            entry.size += bytes.len() as u64;
            entry.crc = bytes
                .iter()
                .fold(entry.crc, |crc, byte| TABLE[((crc ^ u32::from(*byte)) & 0xff) as usize] ^ (crc >> 8));
        }
    }

    /// Ends the entry.
    pub(super) fn end(&mut self) -> Vec<u8> {
        let Some(mut entry) = self.open.take() else { return Vec::new() };
        entry.crc = !entry.crc;
        let size = short(entry.size).to_le_bytes();
        let bytes = header(0x0807_4b50, &[&entry.crc.to_le_bytes(), &size, &size]);
        self.offset += bytes.len() as u64;
        self.entries.push(entry);
        bytes
    }

    /// The list of entries, which ends the file.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        let (start, mut bytes) = (self.offset, Vec::new());
        for entry in &self.entries {
            let far = entry.offset > u64::from(u32::MAX - 1);
            let mut more = Vec::new();
            if far {
                more.extend_from_slice(&[1, 0, 8, 0]);
                more.extend_from_slice(&entry.offset.to_le_bytes());
            }
            let size = short(entry.size).to_le_bytes();
            let line = header(
                0x0201_4b50,
                &[
                    &VERSION.to_le_bytes(),
                    &VERSION.to_le_bytes(),
                    &FLAGS.to_le_bytes(),
                    &[0; 4],
                    &DATE.to_le_bytes(),
                    &entry.crc.to_le_bytes(),
                    &size,
                    &size,
                    &(entry.name.len() as u16).to_le_bytes(),
                    &(more.len() as u16).to_le_bytes(),
                    &[0; 10],
                    &short(entry.offset).to_le_bytes(),
                    entry.name.as_bytes(),
                    &more,
                ],
            );
            bytes.extend_from_slice(&line);
        }
        let (count, length) = (self.entries.len() as u64, bytes.len() as u64);
        if count >= u64::from(u16::MAX) || start >= u64::from(u32::MAX) {
            let end = start + length;
            let version = VERSION.to_le_bytes();
            let fields: [&[u8]; 9] = [
                &44_u64.to_le_bytes(),
                &version,
                &version,
                &[0; 8],
                &count.to_le_bytes(),
                &count.to_le_bytes(),
                &length.to_le_bytes(),
                &start.to_le_bytes(),
                &[],
            ];
            bytes.extend(header(0x0606_4b50, &fields));
            bytes.extend(header(0x0706_4b50, &[&[0; 4], &end.to_le_bytes(), &1_u32.to_le_bytes()]));
        }
        let few = u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes();
        let (length, start) = (short(length).to_le_bytes(), short(start).to_le_bytes());
        bytes.extend(header(0x0605_4b50, &[&[0; 4], &few, &few, &length, &start, &[0; 2]]));
        bytes
    }
}

fn short(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_the_format_says() {
        let mut zip = Zip::default();
        let mut bytes = zip.begin("a.txt");
        for piece in [b"1234".as_slice(), b"56789"] {
            zip.count(piece);
            bytes.extend_from_slice(piece);
        }
        bytes.extend(zip.end());
        bytes.extend(zip.begin("文.html"));
        bytes.extend(zip.end());
        let start = bytes.len();
        bytes.extend(zip.finish());
        // The checksum that every description of CRC-32 gives for these nine digits.
        let check = 0xcbf4_3926_u32.to_le_bytes();
        assert_eq!(
            bytes.windows(4).filter(|part| *part == check).count(),
            2,
            "behind the data and in the list"
        );
        assert_eq!(&bytes[bytes.len() - 22..bytes.len() - 18], b"PK\x05\x06");
        assert_eq!(&bytes[start..start + 4], b"PK\x01\x02");
        let told =
            u32::from_le_bytes(bytes[bytes.len() - 6..bytes.len() - 2].try_into().expect("four bytes"));
        assert_eq!(told as usize, start, "where the list begins");
        assert_eq!(u16::from_le_bytes([bytes[bytes.len() - 12], bytes[bytes.len() - 11]]), 2);
    }
}
