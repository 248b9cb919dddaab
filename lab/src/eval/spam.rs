//! How well spam is found.

use ai::spam::{SPAM, spam};
use anyhow::Result;

use super::Setting;
use super::calibration::error;
use crate::table::Row;

/// F1 on short messages in English.
pub(crate) fn measure(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let texts = setting.corpus.labelled("sms_spam/valid.tsv")?;
    let (mut found, mut wrong, mut missed) = (0_u32, 0_u32, 0_u32);
    let mut sure = Vec::new();
    for (text, label) in &texts {
        let share = spam(text);
        let (is, said) = (label == "spam", share >= SPAM);
        found += u32::from(is && said);
        wrong += u32::from(!is && said);
        missed += u32::from(is && !said);
        sure.push((share.max(1.0 - share), is == (share >= 0.5)));
    }
    let figure = 200.0 * f64::from(found) / f64::from(2 * found + wrong + missed);
    Ok(vec![
        Row::at_least("SMS, en: F1", figure, 98.5, "%"),
        Row::plain("  taken for spam wrongly", f64::from(wrong), ""),
        Row::plain("  missed", f64::from(missed), ""),
        Row::at_most("error of calibration", error(&sure) * 100.0, 3.0, "%"),
    ])
}
