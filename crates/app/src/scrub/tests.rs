use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use super::*;

/// What is planted and must be gone.
const CANARY: &[u8] = b"GPS 41.3874 N canary";

fn cleaned(mime: &str, bytes: &[u8]) -> (Scrubbed, Vec<u8>) {
    let mut out = Cursor::new(Vec::new());
    let done = scrub(mime, Cursor::new(bytes), &mut out).expect("a picture");
    (done, out.into_inner())
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

fn picture(format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(40, 20).write_to(&mut out, format).expect("encodes");
    out.into_inner()
}

/// An Exif block with a side and something that tells a place.
fn exif(side: u8) -> Vec<u8> {
    let mut block = upright(side);
    block.extend(CANARY);
    block
}

fn jpeg_segment(kind: u8, body: &[u8]) -> Vec<u8> {
    let size = u16::try_from(body.len() + 2).expect("short").to_be_bytes();
    [&[0xff, kind, size[0], size[1]], body].concat()
}

fn png_chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    // The checksum is nobody's business here: chunks that are left out are not read.
    [&u32::try_from(body.len()).expect("short").to_be_bytes(), kind.as_slice(), body, &[0; 4]].concat()
}

fn webp_chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut chunk =
        [kind.as_slice(), &u32::try_from(body.len()).expect("short").to_le_bytes(), body].concat();
    chunk.resize(chunk.len() + body.len() % 2, 0);
    chunk
}

fn side_of(bytes: &[u8]) -> u8 {
    let mut decoder = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .expect("known")
        .into_decoder()
        .expect("reads");
    decoder.orientation().expect("a side").to_exif()
}

#[test]
fn a_photograph_loses_its_place_and_keeps_its_side() {
    let plain = picture(ImageFormat::Jpeg);
    for side in 1..=8 {
        let exif = [b"Exif\0\0".as_slice(), &exif(side)].concat();
        let planted = [
            &plain[..2],
            &jpeg_segment(0xe1, &exif),
            &jpeg_segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", CANARY].concat()),
            &jpeg_segment(0xe2, &[b"MPF\0", CANARY].concat()),
            &jpeg_segment(0xed, CANARY),
            &jpeg_segment(0xfe, CANARY),
            &jpeg_segment(0xe2, b"ICC_PROFILE\0\x01\x01colours"),
            &plain[2..],
            CANARY,
        ]
        .concat();
        let (done, clean) = cleaned("image/jpeg", &planted);
        assert_eq!(done, Scrubbed::Less);
        assert!(!holds(&clean, CANARY) && holds(&clean, b"colours"), "{side}");
        assert_eq!(side_of(&clean), side);
        let shown = image::load_from_memory(&clean).expect("a picture").to_rgb8();
        assert_eq!(shown, image::load_from_memory(&plain).expect("a picture").to_rgb8());
    }
    assert_eq!(cleaned("image/jpeg", &plain), (Scrubbed::Clean, plain));
}

#[test]
fn a_png_keeps_only_its_picture() {
    let plain = picture(ImageFormat::Png);
    let mut planted = plain.clone();
    let beside: Vec<u8> = [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"caBX", b"prVt"]
        .iter()
        .flat_map(|kind| png_chunk(kind, CANARY))
        .collect();
    planted.splice(33..33, beside);
    planted.extend(b"PK\x03\x04 another file");
    assert_eq!(cleaned("image/png", &planted), (Scrubbed::Less, plain.clone()));
    assert_eq!(cleaned("image/png", &plain), (Scrubbed::Clean, plain));
}

#[test]
fn a_webp_loses_exif_and_xmp_and_keeps_its_side() {
    let plain = picture(ImageFormat::WebP);
    let inside = &plain[12..];
    let extended = [&[0x0c, 0, 0, 0], [39, 0, 0].as_slice(), &[19, 0, 0]].concat();
    let body = [
        webp_chunk(b"VP8X", &extended),
        inside.to_vec(),
        webp_chunk(b"EXIF", &exif(6)),
        webp_chunk(b"XMP ", CANARY),
        webp_chunk(b"odd!", CANARY),
    ]
    .concat();
    let size = u32::try_from(body.len() + 4).expect("short").to_le_bytes();
    let planted = [b"RIFF".as_slice(), &size, b"WEBP", &body, CANARY].concat();
    let (done, clean) = cleaned("image/webp", &planted);
    assert_eq!(done, Scrubbed::Less);
    assert!(!holds(&clean, CANARY));
    assert_eq!(u32::from_le_bytes([clean[4], clean[5], clean[6], clean[7]]) as usize, clean.len() - 8);
    assert_eq!(side_of(&clean), 6);
    assert_eq!((image::load_from_memory(&clean).expect("a picture").width(), clean[20]), (40, 0x08));
    assert_eq!(cleaned("image/webp", &plain), (Scrubbed::Clean, plain));
}

#[test]
fn a_gif_loses_comments_and_what_is_for_programs() {
    let plain = picture(ImageFormat::Gif);
    let colours = 13 + if plain[10] & 0x80 == 0 { 0 } else { 3 << ((plain[10] & 7) + 1) };
    let mut planted = plain.clone();
    let size = u8::try_from(CANARY.len()).expect("short");
    let mut beside = [&[0x21, 0xfe, size], CANARY, &[0]].concat();
    beside.extend([&[0x21, 0xff, 11], b"XMP DataXMP".as_slice(), &[size], CANARY, &[0]].concat());
    planted.splice(colours..colours, beside);
    planted.extend(CANARY);
    let (done, clean) = cleaned("image/gif", &planted);
    assert_eq!((done, clean), (Scrubbed::Less, plain.clone()));
    assert_eq!(cleaned("image/gif", &plain), (Scrubbed::Clean, plain));
}

#[test]
fn a_film_loses_its_place_and_nothing_moves() {
    let part = |kind: &[u8; 4], body: &[u8]| {
        [&u32::try_from(body.len() + 8).expect("short").to_be_bytes(), kind.as_slice(), body].concat()
    };
    let track = part(b"trak", &[part(b"tkhd", b"head"), part(b"udta", CANARY)].concat());
    let film = part(b"moov", &[part(b"mvhd", b"head"), track, part(b"meta", CANARY)].concat());
    let whole = [part(b"ftyp", b"isom"), part(b"uuid", CANARY), film, part(b"mdat", b"the film")].concat();
    let (done, clean) = cleaned("video/mp4", &whole);
    assert_eq!((done, clean.len()), (Scrubbed::Less, whole.len()));
    assert!(!holds(&clean, CANARY) && holds(&clean, b"the film"));
    assert_eq!(clean.windows(4).position(|w| w == b"mdat"), whole.windows(4).position(|w| w == b"mdat"));
    assert_eq!(cleaned("video/mp4", &clean).1, clean);
}

#[test]
fn what_is_not_built_as_it_says_is_refused_and_nothing_panics() {
    let mut state = 7_u64;
    let mut dice = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for (mime, format) in [
        ("image/jpeg", ImageFormat::Jpeg),
        ("image/png", ImageFormat::Png),
        ("image/gif", ImageFormat::Gif),
        ("image/webp", ImageFormat::WebP),
        ("video/mp4", ImageFormat::Png),
    ] {
        let plain = picture(format);
        for _ in 0..2_000 {
            let mut bytes = plain.clone();
            for _ in 0..=dice() % 4 {
                let place = dice() % bytes.len();
                bytes[place] = dice() as u8;
            }
            bytes.truncate(dice() % (bytes.len() + 1));
            let mut out = Cursor::new(Vec::new());
            if scrub(mime, Cursor::new(&bytes), &mut out).is_ok() {
                assert!(out.get_ref().len() <= bytes.len() + 64, "{mime} grew");
            }
        }
        for nothing in [b"".as_slice(), b"<html>", &plain[..4], b"\xff\xd8<script>"] {
            let wrong = scrub(mime, Cursor::new(nothing), Cursor::new(Vec::new()));
            assert!(mime == "video/mp4" || wrong.is_err(), "{mime} {nothing:?}");
        }
    }
}
