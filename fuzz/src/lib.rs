//! Everything that reads what strangers send, as functions of bytes that must hold whatever the bytes are: nothing
//! panics, nothing takes long, and what each says of its result is true.
//!
//! The tests try them with changed examples from a seed that is printed ([`mutate`]). `cargo xtask fuzz` runs one of them
//! led by coverage, with the address sanitizer.

pub mod mutate;

mod files;
mod import;
mod text;
mod web;

/// A function that must hold for all bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Tries it; panics when something does not hold.
    pub run: fn(&[u8]),
    /// Bytes to begin with.
    pub examples: &'static [&'static [u8]],
}

const fn target(name: &'static str, run: fn(&[u8]), examples: &'static [&'static [u8]]) -> Target {
    Target { name, run, examples }
}

/// All targets. A new one is a line here, a file of its name in `fuzz_targets` and a program in `Cargo.toml`.
pub const ALL: &[Target] = &[
    target("webhook", web::webhook, web::WEBHOOKS),
    target(
        "signature",
        web::signature,
        &[b"sha256=00", b"hub.mode=subscribe&hub.verify_token=a%20b&hub.challenge=7"],
    ),
    target("cursor", web::cursor, &[b"19f0a-7", b"7fffffffffffffff-0"]),
    target("id", web::id, &[b"cv_0000000000007", b"ms_7zzzzzzzzzzzz"]),
    target(
        "address",
        web::address,
        &[b"https://graph.facebook.com/v26.0/1", b"https://[::ffff:7f00:1]:443/", b"http://0x7f.1/"],
    ),
    target("cookie", web::cookie, &[b"a=1; bellhop_session=token; b=2", b"__Host-bellhop_session=token"]),
    target("forwarded", web::forwarded, &[b"203.0.113.1, 10.0.0.1\nhttps\ndesk.example.com"]),
    target(
        "frame",
        web::frame,
        &[br#"{"type":"typing","conversation_id":"cv_0000000000007"}"#, br#"{"type":"pong"}"#],
    ),
    target(
        "configuration",
        web::configuration,
        &[b"LISTEN=127.0.0.1:80", b"TRUSTED_PROXIES=[\"10.0.0.0/8\"]", b"SECURITY__CONTACT=[\"mailto:a@b\"]"],
    ),
    target("query", text::query, &["refund \"bh 10422\" 退款".as_bytes(), "„Grüße“ naïv".as_bytes()]),
    target("words", text::words, &["The naïve café 你好世界 สวัสดี ١٢٣".as_bytes()]),
    target(
        "sensitive",
        text::sensitive,
        &[b"4111 1111 1111 1111", b"IBAN DE89 3704 0044 0532 0130 00", b"password: hunter2"],
    ),
    target("cell", text::cell, &[b"=cmd|' /C calc'!A0", b"a;b,\"c\"\r\nd"]),
    target("pattern", text::pattern, &[b"(a+)+$\naaaaaaaaaaaaaaaa", b"refund|\\d{4,8}\norder 10422"]),
    target("name", text::name, &[b"../../etc/passwd", "invoice\u{202e}fdp.exe".as_bytes()]),
    target("picture", files::picture, files::PICTURES),
    target("scrub", files::scrub, files::PICTURES),
    target("sound", files::sound, files::SOUNDS),
    target("kind", files::kind, files::PICTURES),
    target("import_text", import::text, &["---\ntitle: a\nlang: zh-CN\n---\n# b\nc".as_bytes()]),
    target("import_page", import::page, &[b"<title>a</title><main><h1>b</h1><p>c <a href=d>e</a><table><tr><td>f</table></main>"]),
    target("import_table", import::table, &["question;answer;\u{8bed}\u{8a00}\na;\"b\";en".as_bytes()]),
    target("import_workbook", import::workbook, &[br#"<sst><si><t>question</t></si><si><t>answer</t></si><si><t>a</t></si></sst><worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row><row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" t="str"><v>b</v></c></row></sheetData></worksheet>"#]),
    target("import_archive", import::archive, &[b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"]),
    target("import_document", import::document, &[br#"<w:p><w:pPr><w:pStyle w:val="1"/></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t>a</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"#]),
    target("import_print", import::print, &[b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n4 0 obj<</Length 40>>stream\nBT /F1 12 Tf 1 0 0 1 9 9 Tm (abc) Tj ET\nendstreamendobj\n5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>endobj\nxref\n0 6\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \n0000000189 00000 n \n0000000273 00000 n \ntrailer<</Size 6/Root 1 0 R>>\nstartxref\n359\n%%EOF\n"]),
    target("robots", import::robots, &[b"User-agent: *\nDisallow: /*?a$\nAllow: /b"]),
    target("sitemap", import::pages, &[b"<urlset><url><loc>https://a.example/?b&amp;c</loc></url></urlset>"]),
];

/// Tries a target by its name.
///
/// # Panics
/// When there is no such target, or something does not hold.
pub fn run(name: &str, bytes: &[u8]) {
    match ALL.iter().find(|target| target.name == name) {
        Some(target) => (target.run)(bytes),
        None => panic!("no target {name}"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use super::*;

    /// How long the targets are tried together.
    fn patience() -> Duration {
        let seconds = std::env::var("BELLHOP_TEST_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
        Duration::from_secs(seconds.unwrap_or(10))
    }

    #[test]
    fn every_target_holds_for_changed_examples() {
        let seed = std::env::var("BELLHOP_TEST_SEED").ok().and_then(|text| text.parse().ok());
        // The same for everybody, so that a change is judged by itself; other seeds by the variable.
        let seed: u64 = seed.unwrap_or(1);
        eprintln!("seed {seed}: BELLHOP_TEST_SEED={seed} tries the same again");
        let each = patience() / u32::try_from(ALL.len()).expect("few");
        for target in ALL {
            let mut mutator = mutate::Mutator::new(seed);
            let (began, mut tried) = (Instant::now(), 0_u64);
            while began.elapsed() < each || tried < 20 {
                let bytes = mutator.next(target.examples);
                let one = Instant::now();
                let held = std::panic::catch_unwind(|| (target.run)(&bytes));
                let shown = String::from_utf8_lossy(&bytes);
                assert!(held.is_ok(), "{} does not hold: seed {seed}, try {tried}, {shown:?}", target.name);
                // Unoptimised, beside other tests.
                assert!(
                    one.elapsed() < Duration::from_secs(20),
                    "{} took {:?}: {shown:?}",
                    target.name,
                    one.elapsed()
                );
                tried += 1;
            }
            eprintln!("{}: {tried} tries", target.name);
        }
    }

    #[test]
    fn every_target_has_a_file_for_the_engine() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets");
        let manifest = include_str!("../Cargo.toml");
        for target in ALL {
            let file = folder.join(format!("{}.rs", target.name));
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(text.contains(&format!("fuzz::run(\"{}\", data)", target.name)), "{}", file.display());
            assert!(
                manifest.contains(&format!("name = \"{}\"", target.name)),
                "{} is no program",
                target.name
            );
        }
        assert!(ALL.len() >= 16);
    }
}
