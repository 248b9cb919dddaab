//! Words with which people ask. They are rare in what answers and say little about where the answer stands, so that
//! they must not count as rare words do.

use crate::word::Word;

/// Words and runs of characters with which people ask or are polite, as they are compared.
const ASKING: &[&str] = &[
    // English
    "what which who whom whose where when why how did does do is are was were can could would should will many much \
     please tell me i my you your the a an of to in",
    // Spanish, Portuguese, Italian, French
    "que cual cuales quien quienes donde cuando como cuanto cuanta cuantos cuantas por porque fue es son esta hay el la \
     los las un una de del en favor puedo quero qual quais quem onde quando quanto quantos foi esta posso preciso o a \
     os as um uma do da chi che cosa quale quali dove come perche quanti e sono il lo gli qui quoi quel quelle quels \
     quelles ou comment combien pourquoi est ce le les des du puis je",
    // German, Dutch
    "was wer wen wem wessen wo wann warum wieso wie welche welcher welches welchen wieviel viele ist sind war wurde \
     kann ich bitte der die das ein eine wat wie waar wanneer waarom hoe welk welke hoeveel kan ik",
    // Indonesian, Malay, Turkish, Vietnamese
    "apa siapa di mana kapan bagaimana mengapa kenapa berapa adalah apakah saya bisa yang ne kim nerede ne zaman nasil \
     neden kac mi mu hangi gi ai dau nao tai sao bao nhieu the",
    // Arabic
    "ما ماذا من متي متى اين أين كيف كم هل لماذا لما اي أي ايه هو هي في كان كانت التي الذي هذا هذه علي على الي إلى عن هناك \
     تم يوجد عدد",
    // Russian, Hindi
    "что кто где когда почему зачем как какои какая какое какие сколько чем кем это был была क्या कौन कहाँ कब क्यों कैसे कितने \
     कितना किस है हैं था",
];

/// Runs of characters of scripts without spaces, as they are compared.
const RUNS: &[&str] = &[
    "为什么",
    "什么时候",
    "什么",
    "甚么",
    "哪一年",
    "哪一个",
    "哪一",
    "哪些",
    "哪里",
    "哪儿",
    "哪个",
    "哪位",
    "哪种",
    "哪",
    "谁",
    "多少",
    "多久",
    "多长时间",
    "几个",
    "怎么样",
    "怎么办",
    "怎么",
    "怎样",
    "如何",
    "为何",
    "何时",
    "何地",
    "何种",
    "何",
    "是否",
    "请问",
    "吗",
    "呢",
    "麼",
    "為什麼",
    "什麼時候",
    "什麼",
    "哪裡",
    "誰",
    "多長時間",
    "幾個",
    "怎麼樣",
    "怎麼",
    "怎樣",
    "為何",
    "何時",
    "請問",
    "嗎",
    "是",
    "的",
    "了",
    "なぜ",
    "どこ",
    "いつ",
    "だれ",
    "何",
    "どう",
    "ですか",
    "ますか",
    "です",
    "무엇",
    "어디",
    "언제",
    "누구",
    "왜",
    "어떻게",
    "อะไร",
    "ที่ไหน",
    "เมื่อไร",
    "ทำไม",
    "อย่างไร",
];

/// Which of the words only ask.
pub(crate) fn asking(words: &[Word]) -> Vec<bool> {
    let mut found: Vec<bool> = words
        .iter()
        .map(|word| {
            !word.single && ASKING.iter().any(|list| list.split_ascii_whitespace().any(|one| one == word.key))
        })
        .collect();
    let mut place = 0;
    while place < words.len() {
        let length = RUNS.iter().filter_map(|run| length(run, &words[place..])).max();
        for hit in found.iter_mut().skip(place).take(length.unwrap_or(0)) {
            *hit = true;
        }
        place += length.unwrap_or(1);
    }
    found
}

/// With how many words a run begins, when it does.
fn length(run: &str, words: &[Word]) -> Option<usize> {
    let mut rest = run;
    for (count, word) in words.iter().enumerate() {
        if rest.is_empty() {
            return Some(count);
        }
        if !word.single {
            return None;
        }
        rest = rest.strip_prefix(word.key.as_str())?;
    }
    rest.is_empty().then_some(words.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words;

    #[test]
    fn what_only_asks_is_known() {
        for (text, expected) in [
            ("Where is my parcel?", "parcel"),
            ("退款什么时候到账？", "退款到账"),
            ("¿Cuál es el plazo?", "plazo"),
            ("متى تصل الشحنة", "تصلالشحنه"),
        ] {
            let words = words(text);
            let flags = asking(&words);
            let kept: String = words
                .iter()
                .zip(flags)
                .filter(|(_, asks)| !asks)
                .map(|(word, _)| word.key.as_str())
                .collect();
            assert_eq!(kept, expected, "{text}");
        }
    }
}
