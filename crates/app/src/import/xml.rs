//! XML as a row of elements and words. Entities of a document's own are not known, so none can grow.

use model::ImportProblem;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

/// What comes next in a document.
#[derive(Clone, Copy)]
pub(super) enum Node<'a> {
    /// An element begins; its name is without its prefix.
    Open(&'a str, &'a BytesStart<'a>),
    /// An element ends.
    Close(&'a str),
    /// Words.
    Words(&'a str),
}

/// Shows a document from its beginning to its end. Nothing is kept, so depth costs nothing.
pub(super) fn walk(
    text: &str,
    mut see: impl FnMut(Node<'_>) -> Result<(), ImportProblem>,
) -> Result<(), ImportProblem> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    loop {
        match reader.read_event().map_err(|_| ImportProblem::Damaged)? {
            Event::Start(start) => see(Node::Open(start.local_name().as_ref(), &start))?,
            Event::Empty(start) => {
                see(Node::Open(start.local_name().as_ref(), &start))?;
                see(Node::Close(start.local_name().as_ref()))?;
            }
            Event::End(end) => see(Node::Close(end.local_name().as_ref()))?,
            Event::Text(words) => see(Node::Words(&words.xml10_content()))?,
            Event::CData(words) => see(Node::Words(&words.xml10_content()))?,
            Event::GeneralRef(entity) => {
                let letter = entity.resolve_char_ref().ok().flatten();
                match letter {
                    Some(letter) => see(Node::Words(letter.encode_utf8(&mut [0; 4])))?,
                    None => see(Node::Words(resolve_predefined_entity(&entity).unwrap_or_default()))?,
                }
            }
            Event::Eof => return Ok(()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// The value of an attribute, by its name without its prefix.
pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = start.attributes();
    let found = attributes.with_checks(false).flatten().find(|one| one.key.local_name().as_ref() == name)?;
    Some(found.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?.into_owned())
}
