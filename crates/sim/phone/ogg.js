// Opus from WebM, as browsers record it, into Ogg, as WhatsApp sends it. The sound itself is not touched: packets
// move from one container (RFC 9559, Matroska) into the other (RFC 3533 and RFC 7845, Ogg Opus).

// Matroska elements: those that are only entered, and those that are read.
const ENTERED = new Set([0x18538067, 0x1f43b675, 0x1654ae6b, 0xae, 0xa0]); // Segment, Cluster, Tracks, TrackEntry, BlockGroup
const CODEC_PRIVATE = 0x63a2;
const BLOCKS = new Set([0xa3, 0xa1]); // SimpleBlock, Block

// Reads a variable-length number at `at`: its first bit that is set tells its length.
function vint(bytes, at, keepMarker) {
  const length = Math.clz32(bytes[at]) - 23;
  if (!(length >= 1 && length <= 8)) throw new Error("not WebM");
  let value = keepMarker ? bytes[at] : bytes[at] & (0xff >> length);
  for (let more = 1; more < length; more++) value = value * 256 + bytes[at + more];
  return { value, end: at + length };
}

// The Opus header and the packets of a WebM file with one track of sound.
function unpack(bytes) {
  let head = null;
  const packets = [];
  for (let at = 0; at < bytes.length; ) {
    const id = vint(bytes, at, true);
    const size = vint(bytes, id.end, false);
    if (ENTERED.has(id.value)) {
      at = size.end;
      continue;
    }
    const content = bytes.subarray(size.end, size.end + size.value);
    if (id.value === CODEC_PRIVATE) head = content;
    if (BLOCKS.has(id.value)) {
      const { end } = vint(content, 0, false);
      if (content[end + 2] & 0x06) throw new Error("laced blocks");
      packets.push(content.subarray(end + 3));
    }
    at = size.end + size.value;
  }
  if (!head || !packets.length) throw new Error("no Opus in it");
  return { head, packets };
}

// How many samples of 48 kHz a packet holds: RFC 6716, section 3.1.
function samples(packet) {
  const kind = packet[0] >> 3;
  const frame = kind < 12 ? [480, 960, 1920, 2880][kind & 3] : kind < 16 ? [480, 960][kind & 1] : 120 << (kind & 3);
  const count = [1, 2, 2, packet[1] & 0x3f][packet[0] & 3];
  return frame * count;
}

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

// One page. `flags`: 2 begins the stream, 4 ends it.
function page(packets, granule, number, flags) {
  const lacing = packets.flatMap((packet) => [...Array(Math.floor(packet.length / 255)).fill(255), packet.length % 255]);
  const bytes = new Uint8Array(27 + lacing.length + packets.reduce((sum, packet) => sum + packet.length, 0));
  const view = new DataView(bytes.buffer);
  bytes.set([0x4f, 0x67, 0x67, 0x53, 0, flags]); // "OggS", version 0
  view.setBigUint64(6, BigInt(granule), true);
  view.setUint32(14, 1, true); // the serial number of the only stream
  view.setUint32(18, number, true);
  bytes[26] = lacing.length;
  bytes.set(lacing, 27);
  let at = 27 + lacing.length;
  for (const packet of packets) {
    bytes.set(packet, at);
    at += packet.length;
  }
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ CRC[(crc >>> 24) ^ byte]) >>> 0;
  view.setUint32(22, crc, true);
  return bytes;
}

// A WebM file with Opus as an Ogg file. Throws if it is something else.
export function oggFromWebm(webm) {
  const { head, packets } = unpack(webm);
  const tags = new TextEncoder().encode("OpusTags\x05\0\0\0phone\0\0\0\0");
  const pages = [page([head], 0, 0, 2), page([tags], 0, 1, 0)];
  let granule = 0;
  let waiting = [];
  let lacing = 0;
  packets.forEach((packet, at) => {
    // A page takes 255 lacing values of 255 bytes, and should not be longer than about a second.
    const needed = Math.floor(packet.length / 255) + 1;
    if (lacing + needed > 255 || waiting.length === 50) {
      pages.push(page(waiting, granule, pages.length, 0));
      [waiting, lacing] = [[], 0];
    }
    waiting.push(packet);
    lacing += needed;
    granule += samples(packet);
    if (at === packets.length - 1) pages.push(page(waiting, granule, pages.length, 4));
  });
  return new Blob(pages, { type: "audio/ogg; codecs=opus" });
}
