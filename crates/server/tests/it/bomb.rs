//! Small files that make their readers take gigabytes or hours: the file is refused, and nobody else notices.

use std::io::{Cursor, Write};
use std::process::{Command, Stdio};

use app::import::apart::READ_DOCUMENT;
use lopdf::{Dictionary, Document, Object, Stream, dictionary};
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::desk::Desk;
use crate::import::hand_in;

fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).expect("a file");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("an archive").into_inner()
}

fn workbook(strings: &str, cells: &str) -> Vec<u8> {
    let book: &[u8] = br#"<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>"#;
    let root: &[u8] = br#"<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    let links: &[u8] = br#"<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/a.xml"/></Relationships>"#;
    let sheet = format!("<worksheet><sheetData>{cells}</sheetData></worksheet>");
    packed(&[
        ("_rels/.rels", root),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", links),
        ("xl/sharedStrings.xml", strings.as_bytes()),
        ("xl/worksheets/a.xml", sheet.as_bytes()),
    ])
}

/// A workbook that claims to have more words than there is memory.
fn claims() -> Vec<u8> {
    workbook(
        r#"<sst uniqueCount="100000000000"><si><t>a</t></si></sst>"#,
        r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#,
    )
}

/// A workbook of which each cell holds the same long words.
fn repeats() -> Vec<u8> {
    let words = format!(r#"<sst uniqueCount="1"><si><t>{}</t></si></sst>"#, "x".repeat(50 << 20));
    let rows: String =
        (1..=1000).map(|n| format!(r#"<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>"#)).collect();
    workbook(&words, &rows)
}

/// A document with a table of which each row is as wide as the widest.
fn wide() -> Vec<u8> {
    let table = format!("<tbl><tr>{}</tr>{}</tbl>", "<tc/>".repeat(100_000), "<tr/>".repeat(100_000));
    let document = format!("<document><body>{table}</body></document>");
    packed(&[("word/document.xml", document.as_bytes())])
}

/// A page with a table of which each cell is as wide as the widest of its column.
fn padded() -> String {
    let long = "x".repeat(1_000_000);
    format!("<table><tr><th>x</th></tr><tr><td>{long}{}</table>", "<tr><td>x".repeat(15_000))
}

fn saved(mut document: Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("a document");
    bytes
}

fn document(font: Dictionary, also: Vec<Stream>, map: Option<&str>) -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let mut font = font;
    if let Some(map) = map {
        let map = document.add_object(Stream::new(dictionary! {}, map.as_bytes().to_vec()));
        font.set("ToUnicode", map);
    }
    for mut stream in also {
        stream.compress().expect("compressed");
        document.add_object(stream);
    }
    let font = document.add_object(font);
    let words = b"BT /F1 12 Tf 72 700 Td (abcd) Tj ET".to_vec();
    let content = document.add_object(Stream::new(dictionary! {}, words));
    let root = document.new_object_id();
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => root, "Contents" => content,
        "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
    });
    let tree = dictionary! { "Type" => "Pages", "Kids" => vec![Object::from(page)], "Count" => 1 };
    document.objects.insert(root, tree.into());
    let catalogue = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => root });
    document.trailer.set("Root", catalogue);
    saved(document)
}

/// A document whose font tells the letters of four thousand million codes.
fn codes() -> Vec<u8> {
    let map = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n\
        1 begincodespacerange <00000000> <FFFFFFFF> endcodespacerange\n\
        1 beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange\n\
        endcmap CMapName currentdict /CMap defineresource pop\nend\nend\n";
    let font = dictionary! {
        "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "A", "Encoding" => "Identity-H",
    };
    document(font, Vec::new(), Some(map))
}

/// A document with many streams of objects, each within what one may unpack to.
fn objects() -> Vec<u8> {
    let content = format!("1 0 [{}]", "0 ".repeat(2_000_000)).into_bytes();
    // Under its right name such a stream is not written out.
    let stream = Stream::new(dictionary! { "Type" => "ObjXXX", "N" => 1, "First" => 4 }, content);
    let mut bytes = document(dictionary! { "Type" => "Font" }, vec![stream; 25], None);
    while let Some(at) = bytes.windows(6).position(|name| name == b"ObjXXX") {
        bytes[at..at + 6].copy_from_slice(b"ObjStm");
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_built_to_burst_are_refused_and_the_server_goes_on() {
    let bombs: [(&str, Vec<u8>); 6] = [
        ("claims.xlsx", claims()),
        ("repeats.xlsx", repeats()),
        ("wide.docx", wide()),
        ("padded.html", padded().into_bytes()),
        ("codes.pdf", codes()),
        ("objects.pdf", objects()),
    ];
    // What reads them knows no database.
    let database = store::testing::databases().await.remove(0);
    let desk = Desk::start(database.db.clone(), &database.settings, None).await;
    let owner = desk.owner().await;
    for (name, bytes) in bombs {
        let import = hand_in(&owner, name, &bytes).await.expect_status(201).json();
        let settled = desk.settle();
        let answers = async {
            let begun = std::time::Instant::now();
            owner.get("/api/knowledge_sources").await.expect_status(200);
            begun.elapsed()
        };
        let ((), answered) = tokio::join!(settled, answers);
        assert!(answered.as_secs() < 5, "{name}: the server answered after {answered:?}");
        let path = format!("/api/imports/{}", import["id"].as_str().expect("an id"));
        let import = owner.get(&path).await.expect_status(200).json();
        let problem = import["problem"].as_str().unwrap_or_default();
        assert_eq!(import["state"], "failed", "{name}: {import}");
        assert!(["too_large", "too_slow"].contains(&problem), "{name}: {import}");
    }
    // A page of somebody else's site costs that page.
    desk.web.page("/padded", "text/html", &padded());
    desk.web.help("/good", "Good", "It is read.");
    let draft = json!({"kind": "pages", "addresses": [desk.web.at("/padded"), desk.web.at("/good")]});
    let import = owner.post("/api/knowledge_sources", &draft).await.expect_status(201).json();
    desk.settle().await;
    let items = format!("/api/imports/{}/items", import["id"].as_str().expect("an id"));
    let items = owner.get(&items).await.items();
    let problem = items[0]["problem"].as_str().unwrap_or_default();
    assert!(["too_large", "too_slow"].contains(&problem), "{}", items[0]);
    assert_eq!(items[1]["title"], "Good");
    desk.close().await;
}

#[test]
fn a_reader_has_no_more_than_it_needs() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bellhop"))
        .arg(READ_DOCUMENT)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut to = child.stdin.take().expect("a pipe");
    to.write_all(b"{\"read\":\"file\",\"name\":\"a.md\",\"roles\":[]}\n").expect("it listens");
    #[cfg(target_os = "linux")]
    {
        // It limits itself before it hears of a file; the last of its limits is the one of open files.
        let has = |line: &str, most: u64| line.split_whitespace().next() == Some(most.to_string().as_str());
        let limits = loop {
            let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).expect("its limits");
            if limits.lines().any(|line| line.strip_prefix("Max open files").is_some_and(|rest| has(rest, 3)))
            {
                break limits;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        };
        for (what, most) in [
            ("Max address space", app::import::apart::MEMORY_MAX),
            ("Max file size", 0),
            ("Max core file size", 0),
        ] {
            let line = limits.lines().find_map(|line| line.strip_prefix(what)).expect("a limit");
            assert!(has(line, most), "{what}: {line}");
        }
    }
    to.write_all("# 退货\n\nWithin 30 days.".as_bytes()).expect("it listens");
    drop(to);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    let answer: Value = serde_json::from_slice(&output.stdout).expect("an answer");
    assert_eq!(answer["Ok"]["pieces"][0]["title"], "退货");
}
