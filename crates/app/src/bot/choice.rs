//! Which of the offered titles a customer chose.

use super::decide::same;

/// What was chosen among `titles`, by its place; the place behind the last title stands for a person. By number in any
/// script, or by the title itself.
pub(super) fn chosen(said: &str, titles: &[String]) -> Option<usize> {
    by_number(said).filter(|place| *place <= titles.len()).or_else(|| by_title(said, titles))
}

/// The place that a short text with one number in it names; counting begins with 1.
fn by_number(said: &str) -> Option<usize> {
    let said = said.trim();
    if said.chars().count() > 16 {
        return None;
    }
    let digits: Vec<Option<u32>> = said.chars().map(digit).collect();
    let mut runs = digits.split(Option::is_none).filter(|run| !run.is_empty());
    let (first, more) = (runs.next()?, runs.next());
    match (first, more) {
        ([Some(number)], None) => usize::try_from(*number).ok()?.checked_sub(1),
        _ => None,
    }
}

/// The value of a digit, as people of different scripts write it.
fn digit(letter: char) -> Option<u32> {
    const ZEROS: [char; 6] = ['0', '０', '٠', '۰', '०', '๐'];
    let of = |zero: char| (letter as u32).checked_sub(zero as u32).filter(|value| *value < 10);
    ZEROS.into_iter().find_map(of).or(match letter {
        '一' => Some(1),
        '二' => Some(2),
        '三' => Some(3),
        '四' => Some(4),
        _ => None,
    })
}

fn by_title(said: &str, titles: &[String]) -> Option<usize> {
    titles.iter().position(|title| same(said, title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_or_a_title_chooses() {
        let titles = ["Refunds".to_owned(), "What about a refund abroad?".to_owned()];
        for (said, place) in [
            ("1", Some(0)),
            ("2.", Some(1)),
            ("no. 2 please", Some(1)),
            ("第二个", Some(1)),
            ("٢", Some(1)),
            ("１", Some(0)),
            ("२", Some(1)),
            ("๑", Some(0)),
            ("3", Some(2)),
            ("refunds", Some(0)),
            ("what about a refund abroad", Some(1)),
            ("4", None),
            ("0", None),
            ("12", None),
            ("1 or 2", None),
            ("refund", None),
            ("my order 1 is still not here", None),
            ("", None),
        ] {
            assert_eq!(chosen(said, &titles), place, "{said}");
        }
    }
}
