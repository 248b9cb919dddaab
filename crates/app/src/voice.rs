//! Voice notes: browsers record Opus in WebM, WhatsApp plays Opus in Ogg. The sound itself is not touched: its
//! packets move from one container to the other (RFC 7845).

mod webm;

use std::io::{Cursor, Read, Seek};

use ogg::writing::{PacketWriteEndInfo, PacketWriter};

/// Samples a second of the Opus granule position, whatever was recorded (RFC 7845, section 4).
const RATE: u64 = 48_000;
/// Longest recording that is moved, in packets of at least 2.5 ms: over an hour at the usual 20 ms.
const MAX_PACKETS: usize = 200_000;

/// Moves the Opus track of a WebM file into an Ogg file; `None` when there is no such track.
pub fn ogg_from_webm(recording: impl Read) -> Option<Vec<u8>> {
    let webm::OpusTrack { head, packets } = webm::opus_track(recording, MAX_PACKETS)?;
    let mut writer = PacketWriter::new(Cursor::new(Vec::new()));
    // One stream in the file, so any number serves.
    let serial = 1;
    writer.write_packet(head, serial, PacketWriteEndInfo::EndPage, 0).ok()?;
    writer.write_packet(comment_header(), serial, PacketWriteEndInfo::EndPage, 0).ok()?;
    let (last, mut position) = (packets.len() - 1, 0);
    for (place, packet) in packets.into_iter().enumerate() {
        position += samples(&packet);
        let end = if place == last {
            PacketWriteEndInfo::EndStream
        } else if place % 50 == 49 {
            PacketWriteEndInfo::EndPage
        } else {
            PacketWriteEndInfo::NormalPacket
        };
        writer.write_packet(packet, serial, end, position).ok()?;
    }
    Some(writer.into_inner().into_inner())
}

/// The second packet of an Opus stream: a vendor and no comments (RFC 7845, section 5.2).
fn comment_header() -> Vec<u8> {
    let vendor = b"Bellhop";
    let mut packet = b"OpusTags".to_vec();
    packet.extend_from_slice(&(vendor.len() as u32).to_le_bytes());
    packet.extend_from_slice(vendor);
    packet.extend_from_slice(&0_u32.to_le_bytes());
    packet
}

/// How many samples a packet holds, by its first bytes (RFC 6716, section 3.1).
fn samples(packet: &[u8]) -> u64 {
    let Some(toc) = packet.first() else { return 0 };
    let config = toc >> 3;
    // In tenths of a millisecond.
    let frame: u64 = match (config, config & 3) {
        (0..=11, size) => [100, 200, 400, 600][usize::from(size)],
        (12..=15, size) => [100, 200][usize::from(size & 1)],
        (_, size) => [25, 50, 100, 200][usize::from(size)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => packet.get(1).map_or(0, |count| u64::from(count & 63)),
    };
    frame * frames * RATE / 10_000
}

/// The length of an Ogg Opus file in milliseconds; `None` when it is not one.
pub fn ogg_duration(file: impl Read + Seek) -> Option<i64> {
    let mut reader = ogg::PacketReader::new(file);
    let head = reader.read_packet().ok()??;
    if !head.data.starts_with(b"OpusHead") || head.data.len() < 19 {
        return None;
    }
    let pre_skip = u64::from(u16::from_le_bytes([head.data[10], head.data[11]]));
    let mut last = 0;
    let mut packets = 0;
    while let Ok(Some(packet)) = reader.read_packet() {
        last = last.max(packet.absgp_page());
        packets += 1;
        if packets > MAX_PACKETS {
            return None;
        }
    }
    // A position of all ones marks a page on which no packet ends.
    (last != u64::MAX).then(|| (last.saturating_sub(pre_skip) * 1000 / RATE).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packet_lengths_follow_the_first_byte() {
        // 20 ms SILK wide-band, one frame; 20 ms CELT full-band, one and two frames; code 3 with three frames.
        assert_eq!(samples(&[9 << 3]), 960);
        assert_eq!(samples(&[31 << 3]), 960);
        assert_eq!(samples(&[(31 << 3) | 1]), 1920);
        assert_eq!(samples(&[(31 << 3) | 3, 3]), 2880);
        assert_eq!(samples(&[]), 0);
    }

    #[test]
    fn a_recording_of_a_browser_becomes_a_voice_note_of_the_same_length() {
        let ogg = ogg_from_webm(&include_bytes!("voice/chromium.webm")[..]).expect("a voice note");
        let length = ogg_duration(Cursor::new(ogg)).expect("an Opus stream");
        assert!((2_300..=2_700).contains(&length), "{length} ms");
    }

    #[test]
    fn garbage_is_no_voice_note() {
        assert!(ogg_from_webm(&b"\x1a\x45\xdf\xa3garbage"[..]).is_none());
        assert!(ogg_duration(Cursor::new(b"OggS and then nothing".to_vec())).is_none());
    }
}
