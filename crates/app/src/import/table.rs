//! Answers and articles from tables: what each column holds, and a piece from each row.

use std::io::Cursor;

use calamine::{Data, DataRef, Reader, Xlsx};
use model::{ArticleKind, ColumnRole, ImportColumn, ImportProblem};

use super::archive::Archive;
use super::piece::{PIECES_MAX, Piece, Reading, line, tag};
use super::text::decoded;
use crate::article::{BODY_MAX, QUESTIONS_MAX};

/// The most columns that are looked at.
const COLUMNS_MAX: usize = 50;
/// The most cells of a table.
const CELLS_MAX: usize = 250_000;
/// The most characters of an example.
const EXAMPLE_MAX: usize = 80;

/// What columns are usually called.
const NAMES: &[(ColumnRole, &[&str])] = &[
    (
        ColumnRole::Question,
        &[
            "question",
            "questions",
            "q",
            "faq",
            "similar questions",
            "also asked",
            "variants",
            "问题",
            "問題",
            "问",
            "提问",
            "標準問題",
            "标准问题",
            "标准问",
            "相似问",
            "相似问题",
            "其他问法",
        ],
    ),
    (
        ColumnRole::Answer,
        &[
            "answer",
            "answers",
            "a",
            "reply",
            "response",
            "答案",
            "回答",
            "答复",
            "答覆",
            "回复",
            "回覆",
            "答",
            "标准答案",
            "標準答案",
        ],
    ),
    (
        ColumnRole::Title,
        &["title", "subject", "heading", "topic", "标题", "標題", "题目", "題目", "主题", "主題"],
    ),
    (
        ColumnRole::Body,
        &["body", "content", "text", "article", "description", "正文", "内容", "內容", "文章", "描述"],
    ),
    (
        ColumnRole::Category,
        &["category", "section", "group", "folder", "分类", "分類", "类别", "類別", "类目", "目录"],
    ),
    (ColumnRole::Language, &["language", "lang", "locale", "语言", "語言"]),
];

/// What a column is taken for by its name.
fn role_of(name: &str) -> ColumnRole {
    let name = name.trim().to_lowercase().replace(['_', '-'], " ");
    let found = NAMES.iter().find(|(_, names)| names.contains(&name.as_str()));
    found.map_or(ColumnRole::Ignored, |(role, _)| *role)
}

/// Pieces from a text with separators; `roles` says what its columns hold, which is recognised when it is empty.
pub(super) fn csv(bytes: &[u8], roles: &[ColumnRole]) -> Result<Reading, ImportProblem> {
    let text = decoded(bytes)?;
    let first = text.lines().next().unwrap_or_default();
    let separators = [b',', b';', b'\t'];
    let many = |separator: &u8| first.bytes().filter(|byte| byte == separator).count();
    let separator = separators.into_iter().rev().max_by_key(many).unwrap_or(b',');
    let mut reader = ::csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut cells = 0;
    for record in reader.records() {
        let record = record.map_err(|_| ImportProblem::Damaged)?;
        let row: Vec<String> = record.iter().take(COLUMNS_MAX).map(str::to_owned).collect();
        cells += row.len();
        if cells > CELLS_MAX {
            return Err(ImportProblem::TooMany);
        }
        rows.push(row);
    }
    pieces(&rows, roles)
}

/// Pieces from the first sheet of a workbook that has any words.
pub(super) fn xlsx(bytes: &[u8], roles: &[ColumnRole]) -> Result<Reading, ImportProblem> {
    // What is unpacked below is bounded by what is unpacked here.
    Archive::open(bytes)?.measure()?;
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|error| match error {
        calamine::XlsxError::Password => ImportProblem::Protected,
        _ => ImportProblem::Damaged,
    })?;
    for sheet in book.sheet_names() {
        let rows = sheet_rows(&mut book, &sheet)?;
        if !rows.is_empty() {
            return pieces(&rows, roles);
        }
    }
    Err(ImportProblem::NoWords)
}

/// The rows of a sheet. Its cells are read one by one: the size that a sheet claims to have is not believed.
fn sheet_rows(book: &mut Xlsx<Cursor<&[u8]>>, sheet: &str) -> Result<Vec<Vec<String>>, ImportProblem> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut last = None;
    let mut cells = 0;
    let Ok(mut reader) = book.worksheet_cells_reader(sheet) else { return Ok(rows) };
    while let Some(cell) = reader.next_cell().map_err(|_| ImportProblem::Damaged)? {
        cells += 1;
        if cells > CELLS_MAX {
            return Err(ImportProblem::TooMany);
        }
        let (at, column) = cell.get_position();
        let Some(column) = usize::try_from(column).ok().filter(|column| *column < COLUMNS_MAX) else {
            continue;
        };
        let text = match cell.get_value() {
            DataRef::SharedString(text) => (*text).to_owned(),
            other => Data::from(other.clone()).to_string(),
        };
        if text.trim().is_empty() {
            continue;
        }
        if last != Some(at) {
            rows.push(Vec::new());
            last = Some(at);
        }
        let Some(row) = rows.last_mut() else { continue };
        if row.len() <= column {
            row.resize(column + 1, String::new());
        }
        row[column] = text;
    }
    Ok(rows)
}

/// Pieces from rows, of which the first one names the columns.
fn pieces(rows: &[Vec<String>], roles: &[ColumnRole]) -> Result<Reading, ImportProblem> {
    let blank = |row: &&Vec<String>| row.iter().all(|cell| cell.trim().is_empty());
    let mut rows = rows.iter().skip_while(blank);
    let head = rows.next().ok_or(ImportProblem::NoWords)?;
    let rows: Vec<&Vec<String>> = rows.filter(|row| !blank(row)).collect();
    if rows.len() > PIECES_MAX {
        return Err(ImportProblem::TooMany);
    }
    let columns: Vec<ImportColumn> = (0..head.len().max(rows.first().map_or(0, |row| row.len())))
        .map(|place| {
            let name = line(head.get(place).map_or("", String::as_str));
            let role = roles.get(place).copied().unwrap_or_else(|| role_of(&name));
            let role = if roles.is_empty() || place < roles.len() { role } else { ColumnRole::Ignored };
            let example = rows.iter().find_map(|row| row.get(place).filter(|cell| !cell.trim().is_empty()));
            let example = line(example.map_or("", String::as_str)).chars().take(EXAMPLE_MAX).collect();
            ImportColumn { name, role, example }
        })
        .collect();
    let of = |wanted: &[ColumnRole]| {
        let places = columns.iter().enumerate().filter(|(_, column)| wanted.contains(&column.role));
        places.map(|(place, _)| place).collect::<Vec<_>>()
    };
    let titles = of(&[ColumnRole::Question, ColumnRole::Title]);
    let bodies = of(&[ColumnRole::Answer, ColumnRole::Body]);
    let (Some((title, asked)), Some(body)) = (titles.split_first(), bodies.first()) else {
        return Ok(Reading { columns, problem: Some(ImportProblem::NoColumns), ..Reading::default() });
    };
    let kind = match columns[*body].role {
        ColumnRole::Answer => ArticleKind::Answer,
        _ => ArticleKind::Article,
    };
    let (category, language) = (of(&[ColumnRole::Category]), of(&[ColumnRole::Language]));
    let cell = |row: &[String], place: Option<&usize>| {
        let text = place.and_then(|place| row.get(*place)).map(|text| text.trim().to_owned());
        text.filter(|text| !text.is_empty())
    };
    let piece = |row: &&Vec<String>| {
        let named = cell(row, language.first());
        let locale = named.as_deref().and_then(tag);
        let mut piece = Piece::article("", &cell(row, Some(title)).unwrap_or_default(), "");
        let body = bodies.iter().filter_map(|place| cell(row, Some(place))).collect::<Vec<_>>().join("\n\n");
        piece.problem = if piece.title.is_empty() {
            Some(ImportProblem::NoTitle)
        } else if body.is_empty() {
            Some(ImportProblem::NoWords)
        } else if body.chars().count() > BODY_MAX {
            Some(ImportProblem::TooLarge)
        } else if named.is_some() && locale.is_none() {
            Some(ImportProblem::WrongLanguage)
        } else {
            None
        };
        piece.key = match &locale {
            Some(locale) => format!("{locale}: {}", piece.title),
            None => piece.title.clone(),
        };
        let others = asked.iter().filter_map(|place| cell(row, Some(place)));
        let others = others.flat_map(|cell| cell.lines().map(line).collect::<Vec<_>>());
        piece.questions = others.filter(|asked| !asked.is_empty()).take(QUESTIONS_MAX).collect();
        piece.kind = kind;
        piece.body = if piece.problem.is_some() { String::new() } else { body };
        piece.locale = locale;
        piece.category = cell(row, category.first()).map(|name| line(&name));
        piece
    };
    Ok(Reading { pieces: rows.iter().map(piece).collect(), columns, problem: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(rows: &[&[&str]]) -> Vec<u8> {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (at, row) in rows.iter().enumerate() {
            for (column, cell) in row.iter().enumerate() {
                let (at, column) = (at.try_into().expect("few"), column.try_into().expect("few"));
                sheet.write_string(at, column, *cell).expect("a cell");
            }
        }
        book.save_to_buffer().expect("a workbook")
    }

    #[test]
    fn columns_are_known_by_their_names_in_english_and_chinese() {
        let english = "Question;Answer;Category;Lang\nWhen is it here?;\"Soon; really\";Orders;en\n;lost;;\nNo answer;;;\n";
        let reading = csv(english.as_bytes(), &[]).expect("a table");
        assert_eq!(reading.problem, None);
        let first = &reading.pieces[0];
        assert_eq!((first.kind, first.title.as_str()), (ArticleKind::Answer, "When is it here?"));
        assert_eq!((first.body.as_str(), first.locale.as_deref()), ("Soon; really", Some("en")));
        assert_eq!(first.category.as_deref(), Some("Orders"));
        let problems: Vec<_> = reading.pieces.iter().map(|piece| piece.problem).collect();
        assert_eq!(problems, [None, Some(ImportProblem::NoTitle), Some(ImportProblem::NoWords)]);
        let chinese = book(&[
            &["分类", "标题", "内容", "语言"],
            &["订单", "退货", "三十天内可以退货。", "zh-CN"],
            &["订单", "发票", "请联系我们。", "klingon"],
        ]);
        let reading = xlsx(&chinese, &[]).expect("a workbook");
        assert_eq!(reading.pieces[0].kind, ArticleKind::Article);
        assert_eq!(reading.pieces[0].key, "zh-CN: 退货");
        assert_eq!(reading.pieces[1].problem, Some(ImportProblem::WrongLanguage));
        let roles: Vec<_> = reading.columns.iter().map(|column| column.role).collect();
        let expected = [ColumnRole::Category, ColumnRole::Title, ColumnRole::Body, ColumnRole::Language];
        assert_eq!(roles, expected);
        assert_eq!(reading.columns[1].example, "退货");
    }

    #[test]
    fn somebody_says_what_unknown_columns_hold() {
        let table = "Frage,Antwort,Auch gefragt\nWo?,Hier.,\"Wo denn?\nWohin?\"\n";
        let reading = csv(table.as_bytes(), &[]).expect("a table");
        assert_eq!((reading.problem, reading.pieces.len()), (Some(ImportProblem::NoColumns), 0));
        assert_eq!(reading.columns[0].name, "Frage");
        let roles = [ColumnRole::Question, ColumnRole::Answer, ColumnRole::Question];
        let reading = csv(table.as_bytes(), &roles).expect("a table");
        assert_eq!(reading.pieces[0].questions, ["Wo denn?", "Wohin?"]);
        assert_eq!(reading.pieces[0].title, "Wo?");
    }

    #[test]
    fn tables_that_are_built_to_hurt_are_refused() {
        let wide = "a,".repeat(CELLS_MAX) + "\n";
        assert!(
            csv(wide.as_bytes(), &[]).expect("only its first columns count").columns.len() <= COLUMNS_MAX
        );
        let long = "q,a\n".repeat(PIECES_MAX + 2);
        assert_eq!(csv(long.as_bytes(), &[]), Err(ImportProblem::TooMany));
        // A cell at the far end of the sheet, which as a grid would be of billions.
        let mut far = rust_xlsxwriter::Workbook::new();
        let sheet = far.add_worksheet();
        for (at, column, text) in
            [(0, 0, "question"), (0, 1, "answer"), (1, 0, "Q"), (1, 1, "A"), (1_048_575, 16_383, "x")]
        {
            sheet.write_string(at, column, text).expect("a cell");
        }
        let reading = xlsx(&far.save_to_buffer().expect("a workbook"), &[]).expect("read");
        assert_eq!(reading.pieces.len(), 1);
        assert_eq!(xlsx(b"PK\x03\x04 nothing", &[]), Err(ImportProblem::Damaged));
        assert_eq!(csv(b"", &[]), Err(ImportProblem::NoWords));
    }
}
