//! Whether two people, or a machine and a person, told a customer the same: an answer that could have been given, beside
//! what was said in fact.

use model::Agreement;

use crate::citation;
use crate::figure::figures;
use crate::language::identify;
use crate::represent::represent;
use crate::vector::dot;
use crate::word::{Word, words};

/// With fewer words nothing is told: `One moment, please.`
const FEW: usize = 4;
/// In how many parts words are counted.
const WORD: usize = 6;
/// How near two texts must be in meaning to say the same, and how far apart to say something else.
const NEAR: f32 = 0.62;
const FAR: f32 = 0.38;
/// How much of what was said must stand in the answer to be the same, and how much at most to be something else.
const HELD: f32 = 0.6;
const LOOSE: f32 = 0.2;
/// How sure the languages of two texts must be to count as two.
const SURE: f32 = 0.8;

/// Compares an answer to a question with what was said to it in fact. Unclear is what tells too little, or is in two
/// languages. A number that stands in neither the other text nor the question speaks against it: another term, another
/// price.
pub fn compare(question: &str, answer: &str, said: &str) -> Agreement {
    if extent(said) < FEW * WORD || extent(answer) < FEW * WORD {
        return Agreement::Unclear;
    }
    let (Some(theirs), Some(ours)) = (held(question, answer, said), held(question, said, answer)) else {
        return Agreement::Unclear;
    };
    let held = theirs.max(ours);
    let nearness = dot(&represent(answer), &represent(said));
    let contradicts = numbers_differ(question, answer, said);
    if (nearness >= NEAR || held >= HELD) && !contradicts {
        return Agreement::Same;
    }
    let sure =
        |text| identify(text, None).filter(|guess| guess.confidence >= SURE).map(|guess| guess.language);
    let foreign = match (sure(answer), sure(said)) {
        (Some(one), Some(other)) => one != other,
        _ => false,
    };
    if !foreign && (contradicts || nearness < FAR && held <= LOOSE) {
        return Agreement::Different;
    }
    Agreement::Unclear
}

/// How long a text is, in sixths of a word: where words are not told apart, a character of Chinese or Korean is about half
/// of one, and one of another script a third.
fn extent(text: &str) -> usize {
    let of_sounds = |word: &Word| word.key.starts_with(|letter| matches!(letter, '\u{0e00}'..='\u{30ff}'));
    let of = |word: &Word| match word.single {
        false => WORD,
        true if of_sounds(word) => WORD / 3,
        true => WORD / 2,
    };
    words(text).iter().map(of).sum()
}

/// How much of what a text says stands in another; `None` where it says nothing: `Okay great. One moment.`
fn held(question: &str, other: &str, text: &str) -> Option<f32> {
    let mut checked = citation::check(text, question, &[other]);
    checked.retain(|one| one.says);
    let all: usize = checked.iter().map(|one| one.range.len()).sum();
    let held: usize = checked.iter().filter(|one| one.supported).map(|one| one.range.len()).sum();
    (all > 0).then(|| held as f32 / all as f32)
}

/// Whether each of two texts has numbers and none of them is the other's.
fn numbers_differ(question: &str, one: &str, other: &str) -> bool {
    let asked = figures(question);
    let own = |text| -> Vec<String> {
        figures(text).into_iter().filter(|number| !asked.contains(number)).collect()
    };
    let (ones, others) = (own(one), own(other));
    !ones.is_empty() && !others.is_empty() && !ones.iter().any(|number| others.contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUND: &str = "You get your money back within 14 days of the return, to the card you paid with.";

    #[test]
    fn the_same_in_other_words() {
        for said in [
            "Hello Jo, the money will be back on the card you paid with within 14 days.",
            "Sure! Refunds go to the card you paid with, within 14 days of your return.",
            REFUND,
        ] {
            assert_eq!(compare("When do I get my refund?", REFUND, said), Agreement::Same, "{said}");
        }
        let answer = "退款会在14天内退回您付款的银行卡。";
        assert_eq!(compare("什么时候退款", answer, "您好,退款14天内会退回到您付款的卡上。"), Agreement::Same);
    }

    #[test]
    fn courtesies_around_what_is_said_do_not_count() {
        let said = "Okay great! Sure thing! One moment! All good! Our shop on the market square is open from Tuesday.";
        assert_eq!(compare("When do I get my refund?", REFUND, said), Agreement::Different);
    }

    #[test]
    fn digits_of_any_script_are_the_same_number() {
        let (answer, said) = ("تسترد المبلغ خلال 14 يوما من الإرجاع", "تسترد المبلغ خلال ١٤ يوما من الإرجاع");
        assert_eq!(compare("متى أسترد المبلغ؟", answer, said), Agreement::Same);
    }

    #[test]
    fn something_else() {
        for said in [
            "You get your money back within 30 days of the return, to the card you paid with.",
            "Our shop on the market square is open from Tuesday to Saturday, come by!",
            "The blue jacket is sold out, shall I tell you when it is back?",
        ] {
            assert_eq!(compare("When do I get my refund?", REFUND, said), Agreement::Different, "{said}");
        }
        let answer = "退款会在14天内退回您付款的银行卡。";
        assert_eq!(
            compare("什么时候退款", answer, "我们的店周二到周六营业,欢迎光临。"),
            Agreement::Different
        );
    }

    #[test]
    fn what_tells_nothing() {
        for said in [
            "One moment.",
            "Okay great. One moment.",
            "好的。请稍等。",
            "好的，请稍等一下",
            "รอสักครู่นะคะ",
            "ok",
            "",
            "👍",
            "Vous serez remboursé sur votre carte bancaire sous peu, merci de patienter.",
        ] {
            assert_eq!(compare("When do I get my refund?", REFUND, said), Agreement::Unclear, "{said}");
        }
    }
}
