//! Reads the packets of an Opus track out of a WebM file, as far as recordings of browsers need it.
//!
//! Browsers write while they record: the segment and its clusters have no known size, and there is no index. So
//! the elements are read one after another, and those that only hold others are entered whatever size they claim.

use std::io::{self, Read};

// Element ids of RFC 9559 (Matroska).
const EBML_HEADER: u64 = 0x1A45_DFA3;
const SEGMENT: u64 = 0x1853_8067;
const TRACKS: u64 = 0x1654_AE6B;
const TRACK_ENTRY: u64 = 0xAE;
const TRACK_NUMBER: u64 = 0xD7;
const CODEC_ID: u64 = 0x86;
const CODEC_PRIVATE: u64 = 0x63A2;
const CLUSTER: u64 = 0x1F43_B675;
const SIMPLE_BLOCK: u64 = 0xA3;
const BLOCK_GROUP: u64 = 0xA0;
const BLOCK: u64 = 0xA1;

/// The largest element that is read and not skipped, in bytes: an Opus packet has at most 61,298.
const LARGEST: u64 = 64 * 1024;

/// The Opus track of a file.
pub(super) struct OpusTrack {
    /// The track's identification header (RFC 7845, section 5.1).
    pub head: Vec<u8>,
    /// Its packets in order.
    pub packets: Vec<Vec<u8>>,
}

/// The track that is being described, or that was found.
#[derive(Default)]
struct Track {
    number: u64,
    is_opus: bool,
    head: Vec<u8>,
}

impl Track {
    fn is_usable(&self) -> bool {
        self.is_opus && self.head.starts_with(b"OpusHead") && self.head.len() >= 19
    }
}

/// Reads the first Opus track. A file that breaks off gives what came before. `None` when it is not a WebM file,
/// has no such track, or has more than `most` packets.
pub(super) fn opus_track(mut file: impl Read, most: usize) -> Option<OpusTrack> {
    let (id, size) = element(&mut file)?;
    if id != EBML_HEADER {
        return None;
    }
    skip(&mut file, size?)?;
    let mut track = Track::default();
    let mut packets = Vec::new();
    while let Some((id, size)) = element(&mut file) {
        match id {
            SEGMENT | TRACKS | CLUSTER | BLOCK_GROUP => {}
            TRACK_ENTRY if !track.is_usable() => track = Track::default(),
            // Another track after the one that was found.
            TRACK_ENTRY => skip(&mut file, size?)?,
            TRACK_NUMBER | CODEC_ID | CODEC_PRIVATE | SIMPLE_BLOCK | BLOCK => {
                let Some(body) = body(&mut file, size?) else { break };
                match id {
                    TRACK_NUMBER => track.number = body.iter().fold(0, |n, byte| (n << 8) | u64::from(*byte)),
                    CODEC_ID => track.is_opus = body == b"A_OPUS",
                    CODEC_PRIVATE => track.head = body,
                    _ => packets.extend(packet(&body, track.number)),
                }
            }
            _ => {
                if skip(&mut file, size?).is_none() {
                    break;
                }
            }
        }
        if packets.len() > most {
            return None;
        }
    }
    (track.is_usable() && !packets.is_empty()).then_some(OpusTrack { head: track.head, packets })
}

/// The packet in a block of this track. Blocks that hold several packets (lacing) are not written for Opus.
fn packet(block: &[u8], track: u64) -> Option<Vec<u8>> {
    let mut rest = block;
    let (number, _) = number(&mut rest, true)?;
    let (&[_, _, flags], packet) = rest.split_first_chunk()?;
    (number == track && flags & 0x06 == 0 && !packet.is_empty()).then(|| packet.to_vec())
}

/// The id of the next element, and its size unless that is unknown; `None` at the end of the file.
fn element(file: &mut impl Read) -> Option<(u64, Option<u64>)> {
    let (id, _) = number(file, false)?;
    let (size, unknown) = number(file, true)?;
    Some((id, (!unknown).then_some(size)))
}

/// A number of variable length (RFC 8794, section 4), with or without the mark of its length, and whether all its
/// bits are set, which as a size means that it is unknown.
fn number(file: &mut impl Read, unmarked: bool) -> Option<(u64, bool)> {
    let [first] = bytes(file)?;
    let length = first.leading_zeros();
    if length > 7 {
        return None;
    }
    let mark = 0x80 >> length;
    let mut value = u64::from(if unmarked { first & !mark } else { first });
    let mut all_set = first | mark.wrapping_neg() == 0xFF;
    for _ in 0..length {
        let [next] = bytes(file)?;
        value = (value << 8) | u64::from(next);
        all_set &= next == 0xFF;
    }
    Some((value, all_set))
}

fn bytes<const N: usize>(file: &mut impl Read) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

fn body(file: &mut impl Read, size: u64) -> Option<Vec<u8>> {
    if size > LARGEST {
        return None;
    }
    let mut body = Vec::new();
    let read = file.take(size).read_to_end(&mut body).ok()?;
    (read as u64 == size).then_some(body)
}

fn skip(file: &mut impl Read, size: u64) -> Option<()> {
    let skipped = io::copy(&mut file.take(size), &mut io::sink()).ok()?;
    (skipped == size).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two and a half seconds of a beeping microphone, as Chromium 156 recorded them.
    const RECORDED: &[u8] = include_bytes!("chromium.webm");

    #[test]
    fn a_recording_of_a_browser_is_read() {
        let track = opus_track(RECORDED, 1_000).expect("an Opus track");
        assert_eq!(&track.head[..8], b"OpusHead");
        // 60 ms each.
        assert!((35..=45).contains(&track.packets.len()), "{} packets", track.packets.len());
        assert!(opus_track(RECORDED, 10).is_none(), "more packets than allowed");
    }

    #[test]
    fn a_file_that_breaks_off_gives_what_came_before() {
        let whole = opus_track(RECORDED, 1_000).expect("an Opus track").packets;
        let part = opus_track(&RECORDED[..RECORDED.len() / 2], 1_000).expect("half of it").packets;
        assert!(!part.is_empty() && part.len() < whole.len());
        assert_eq!(part, whole[..part.len()]);
    }

    #[test]
    fn no_beginning_of_a_file_and_no_changed_byte_confuses_it() {
        for end in (0..RECORDED.len()).step_by(11) {
            let _ = opus_track(&RECORDED[..end], 1_000);
        }
        let mut bytes = RECORDED.to_vec();
        for at in 0..200 {
            for value in [0x00, 0x01, 0x7F, 0xFF] {
                let kept = std::mem::replace(&mut bytes[at], value);
                let _ = opus_track(bytes.as_slice(), 1_000);
                bytes[at] = kept;
            }
        }
    }

    #[test]
    fn sizes_are_read_and_unknown_ones_recognised() {
        let read = |bytes: &[u8]| number(&mut &*bytes, true);
        assert_eq!(read(&[0x81]), Some((1, false)));
        assert_eq!(read(&[0x40, 0x02]), Some((2, false)));
        assert_eq!(read(&[0xFF]), Some((127, true)));
        assert_eq!(read(&[0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]).map(|read| read.1), Some(true));
        assert_eq!(read(&[0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE]).map(|read| read.1), Some(false));
        assert_eq!(read(&[0x00, 0x01]), None);
        assert_eq!(read(&[0x40]), None);
    }
}
