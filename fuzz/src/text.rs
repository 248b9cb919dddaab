//! What people write: searches, messages, patterns, names of files, cells.

use ai::Query;

pub(crate) fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Some(query) = Query::parse(&text) else { return };
    assert!(!query.terms().is_empty(), "a query without words");
    let hits = query.find(&text).unwrap_or_default();
    for range in &hits {
        assert!(text.get(range.clone()).is_some(), "{range:?} cuts a letter");
    }
    let _ = ai::snippet::pieces(&text, &hits);
}

pub(crate) fn words(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = ai::words(&text);
    let _ = ai::terms(&text);
}

pub(crate) fn sensitive(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = ai::sensitive::find(&text);
    let _ = ai::sensitive::mask(&text);
    let _ = ai::sensitive::in_file(bytes);
}

pub(crate) fn cell(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let cell = model::cell::cell(&text);
    assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%', '\0']), "{cell:?} is active");
    let row = model::cell::row([text.as_ref(), "end"]);
    let inside = row.strip_prefix('"').and_then(|rest| rest.strip_suffix("\",\"end\"\r\n"));
    let inside = inside.expect("quotes around it");
    assert!(!inside.replace("\"\"", "").contains('"'), "{row:?} can be left");
}

pub(crate) fn pattern(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (pattern, text) = text.split_once('\n').unwrap_or((&text, ""));
    if let Ok(pattern) = model::Pattern::new(pattern, false) {
        assert_eq!(pattern.is_match(text), pattern.is_match(text), "one text, two answers");
    }
}

pub(crate) fn name(bytes: &[u8]) {
    let name = app::upload::safe_name(&String::from_utf8_lossy(bytes));
    assert!(
        !name.contains(['/', '\\', '"', '\0', '\r', '\n', '\u{202e}']) && !name.starts_with('.'),
        "{name:?}"
    );
    assert!(name.chars().count() <= 120);
}
