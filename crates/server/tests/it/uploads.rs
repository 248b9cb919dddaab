//! Files made to deceive: such as are two things at once, such as claim to be huge, such as have names that are more
//! than names. None may be shown as anything that runs, and none may cost more than it should.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;
use sim::CustomerMessage;

use crate::browser::Browser;
use crate::desk::{Desk, on_both};

const DOT: &[u8] = include_bytes!("files/dot.png");
const SCRIPT: &[u8] = b"<html><body><script>fetch('/api/session',{method:'DELETE'})</script></body></html>";

/// What a browser may show of what strangers send.
const SHOWN: &[&str] = &["image/jpeg", "image/png", "image/gif", "image/webp", "audio/", "video/"];

/// Files that are, or say that they are, more than one thing.
fn polyglots() -> Vec<(String, Vec<u8>)> {
    let heads: Vec<(&str, Vec<u8>)> = vec![
        ("gif", b"GIF89a/*\x01\x00\x00\x00\x00*/=1;".to_vec()),
        ("gif87", b"GIF87a".to_vec()),
        ("jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec()),
        ("jpeg comment", [b"\xff\xd8\xff\xfe\x00\x60".as_slice(), SCRIPT].concat()),
        ("png", DOT.to_vec()),
        ("png head", DOT[..33].to_vec()),
        ("webp", b"RIFF\x24\0\0\0WEBPVP8 ".to_vec()),
        ("bmp", b"BM\x3a\0\0\0\0\0\0\0".to_vec()),
        ("ico", b"\0\0\x01\0\x01\0\x10\x10".to_vec()),
        ("pdf", b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n".to_vec()),
        ("ps", b"%!PS-Adobe-3.0\n(%pipe%id) (w) file\n".to_vec()),
        ("zip", b"PK\x03\x04\x14\0\0\0\x08\0".to_vec()),
        ("gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec()),
        ("ogg", b"OggS\0\x02\0\0\0\0\0\0\0\0".to_vec()),
        ("mp4", b"\0\0\0\x18ftypisom\0\0\0\0isommp42".to_vec()),
        ("mp3", b"ID3\x04\0\0\0\0\0\x0a".to_vec()),
        ("wav", b"RIFF\x24\0\0\0WAVEfmt ".to_vec()),
        ("flac", b"fLaC\0\0\0\x22".to_vec()),
        ("elf", b"\x7fELF\x02\x01\x01\0".to_vec()),
        ("exe", b"MZ\x90\0\x03\0\0\0".to_vec()),
        ("shell", b"#!/bin/sh\nid\n".to_vec()),
        ("class", b"\xca\xfe\xba\xbe\0\0\0\x34".to_vec()),
        ("wasm", b"\0asm\x01\0\0\0".to_vec()),
        ("swf", b"FWS\x09\x40\0\0\0".to_vec()),
        ("psd", b"8BPS\0\x01\0\0\0\0\0\0\0\x03\xff\xff\xff\xff\xff\xff\xff\xff\0\x08\0\x03".to_vec()),
        ("tiff", b"II*\0\x08\0\0\0\xff\xff".to_vec()),
        ("svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>".to_vec()),
        ("svg with prolog", b"<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><svg>&x;</svg>".to_vec()),
        ("xhtml", b"<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"><script>1</script></html>".to_vec()),
        ("html", SCRIPT.to_vec()),
        ("html behind spaces", [b"\n\n\t  ".as_slice(), SCRIPT].concat()),
        ("utf-7", b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-".to_vec()),
        ("utf-16", b"\xff\xfe<\0s\0c\0r\0i\0p\0t\0>\0".to_vec()),
        ("mhtml", b"MIME-Version: 1.0\nContent-Type: multipart/related\n\n<script>1</script>".to_vec()),
        ("vcard", b"BEGIN:VCARD\nNOTE:<script>1</script>\nEND:VCARD".to_vec()),
        ("eml", b"From: a@b\nContent-Type: text/html\n\n<script>1</script>".to_vec()),
        ("rtf", b"{\\rtf1{\\object\\objupdate}}".to_vec()),
    ];
    let mut files = Vec::new();
    for (name, head) in heads {
        files.push((name.to_owned(), head.clone()));
        files.push((format!("{name} and a page"), [&head, SCRIPT].concat()));
    }
    files
}

/// A picture of a kind that claims a size.
fn claims(width: u32, height: u32) -> Vec<(&'static str, Vec<u8>)> {
    let mut png = DOT.to_vec();
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let (w, h) = (width.min(65_535) as u16, height.min(65_535) as u16);
    let gif = [
        b"GIF89a".as_slice(),
        &w.to_le_bytes(),
        &h.to_le_bytes(),
        b"\xf7\0\0",
        &[0; 768],
        b"\x2c\0\0\0\0",
        &w.to_le_bytes(),
        &h.to_le_bytes(),
        b"\0\x08\0\x3b",
    ]
    .concat();
    let jpeg = [
        b"\xff\xd8\xff\xc0\0\x11\x08".as_slice(),
        &h.to_be_bytes(),
        &w.to_be_bytes(),
        b"\x03\x01\x22\0\x02\x11\x01\x03\x11\x01\xff\xda\0\x0c\x03\x01\0\x02\x11\x03\x11\0\x3f\0\0\xff\xd9",
    ]
    .concat();
    let vp8l = 0x2f_u64 | (u64::from(width.min(16_384)) - 1) << 8 | (u64::from(height.min(16_384)) - 1) << 22;
    let webp = [b"RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0".as_slice(), &vp8l.to_le_bytes(), &[0, 0]].concat();
    vec![("png", png), ("gif", gif), ("jpeg", jpeg), ("webp", webp)]
}

/// The most memory that this process ever had, in MiB.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok().map(|kilobytes| kilobytes >> 10)
}

/// What a file becomes that a customer sends.
async fn arrives(desk: &Desk, owner: &Browser, name: &str, mime: &str, bytes: Vec<u8>) -> Value {
    let sender = match desk.sim.customers().first().map(|one| one.id.clone()) {
        Some(sender) => sender,
        None => desk.sim.customer("Maria", Some("+34 600 111 222"), None).await,
    };
    let file =
        CustomerMessage::Document { bytes, mime: mime.to_owned(), filename: name.to_owned(), caption: None };
    desk.sim.send(&sender, file).await;
    desk.settle().await;
    let conversation = desk.only_conversation(owner).await;
    desk.thread(owner, &conversation).await.pop().expect("a message")["content"]["media"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_of_two_kinds_runs_anywhere() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let files = polyglots();
        assert!(files.len() >= 70, "{}", files.len());
        for (place, (what, bytes)) in files.into_iter().enumerate() {
            // What the sender says is different each time, and never believed.
            let said =
                ["text/html", "image/svg+xml", "image/png", "application/xhtml+xml", "text/javascript"]
                    [place % 5];
            let media = arrives(desk, &owner, &format!("{what}.html"), said, bytes.clone()).await;
            let reply = owner.get(media["url"].as_str().expect("an address")).await.expect_status(200);
            let (kind, shown) = (reply.header("content-type"), reply.header("content-disposition"));
            for runs in ["html", "xml", "javascript", "svg"] {
                assert!(!kind.contains(runs), "{what} is served as {kind}");
            }
            assert_eq!(reply.header("content-security-policy"), "sandbox; default-src 'none'", "{what}");
            assert_eq!(reply.header("x-content-type-options"), "nosniff", "{what}");
            let may = SHOWN.iter().any(|begin| kind.starts_with(begin));
            assert!(may || shown.starts_with("attachment"), "{what}, {kind}, is shown in the page");
            // A picture ends where it ends: no page hangs behind it. This WebP says that the page is its picture.
            let page = reply.body.windows(8).any(|window| window == b"<script>") && what != "webp and a page";
            assert!(
                !may || !kind.starts_with("image/") || !page,
                "{what} is a picture, {kind}, with a page in it"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_claims_to_be_huge_costs_little() {
    let before = peak();
    on_both(async |desk| {
        let owner = desk.owner().await;
        for (width, height) in
            [(65_535, 65_535), (16_384, 16_384), (1, 2_000_000_000), (u32::MAX, 1), (30_000, 8_000)]
        {
            for (kind, bytes) in claims(width, height) {
                let began = Instant::now();
                let answer = owner.upload("bomb", "image/png", bytes).await;
                assert!(
                    matches!(answer.status, 201 | 413 | 422),
                    "{kind} {width}x{height}: {}",
                    answer.status
                );
                // On a machine that does other things as well; decoding would take minutes.
                assert!(
                    began.elapsed() < Duration::from_secs(20),
                    "{kind} {width}x{height}: {:?}",
                    began.elapsed()
                );
            }
        }
        // What is packed is kept packed: nothing here opens it.
        let packed = [b"PK\x03\x04".as_slice(), &[0; 1000]].concat();
        let kept = owner.upload("bomb.zip", "application/zip", packed).await.expect_status(201).json();
        assert_eq!(
            (kept["kind"].as_str(), kept["mime"].as_str()),
            (Some("document"), Some("application/zip"))
        );
    })
    .await;
    if let (Some(before), Some(after)) = (before, peak()) {
        assert!(after - before < 400, "{} MiB more", after - before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_only_a_name() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let names = [
            "../../etc/passwd",
            "..\\..\\boot.ini",
            "/etc/shadow",
            "C:\\x\\y.txt",
            "invoice\u{202e}gpj.exe",
            "a\u{2066}b\u{2069}.txt",
            "con",
            ".htaccess",
            "....//x",
            "a%00.png",
            "x\u{feff}y.txt",
            "\u{200b}.txt",
            "name;rm -rf.txt",
            "a'b.txt",
            "$(id).txt",
            "|id.txt",
            "<img src=x>.html",
            "=cmd|' /C calc'!A0.csv",
            "账单.pdf",
            "😀.png",
        ];
        for name in names {
            let kept = owner.upload(name, "text/plain", b"hello".to_vec()).await.expect_status(201).json();
            let shown = kept["name"].as_str().unwrap_or_default();
            for banned in ["/", "\\", "\u{202e}", "\u{2066}", "\u{feff}", "\u{200b}", "\0", "\r", "\n", "\""]
            {
                assert!(!shown.contains(banned), "{name:?} is kept as {shown:?}");
            }
            assert!(!shown.starts_with('.'), "{name:?} is kept as {shown:?}");
        }
        // A form whose own lines are forged.
        for head in [
            "filename=\"a\r\nX-Evil: 1\"",
            "filename=\"a\0b\"",
            "filename*=UTF-8''..%2f..%2fx",
            "filename=\"\u{202e}\"",
        ] {
            let form = format!(
                "--b\r\nContent-Disposition: form-data; name=\"file\"; {head}\r\n\r\nhello\r\n--b--\r\n"
            );
            let request = owner
                .request(Method::POST, "/api/uploads")
                .header("content-type", "multipart/form-data; boundary=b")
                .body(form);
            let reply = owner.send(request).await;
            assert!(matches!(reply.status, 201 | 422), "{head:?}: {}", reply.status);
            assert_eq!(reply.header("x-evil"), "");
            let name = if reply.status == 201 {
                reply.json()["name"].as_str().unwrap_or_default().to_owned()
            } else {
                String::new()
            };
            assert!(!name.contains(['/', '\r', '\n', '\0', '\u{202e}']), "{head:?}: {name:?}");
        }
    })
    .await;
}
