//! The tables that tell languages apart. What they are made from stands in `crates/ai/models/language/language.md`.

mod regression;
mod texts;

use ai::language::{HAN, LATIN, Table, grams, han_grams, row_of};
use anyhow::{Context, Result, anyhow, bail};

use super::Args;
use crate::corpus::Corpus;
use regression::{Example, learn};

/// Rows of the table of Latin letters.
const LATIN_ROWS: usize = 220_000;
/// Rows of the table of Chinese characters.
const HAN_ROWS: usize = 1 << 15;

/// Learns both tables.
pub(super) fn train(corpus: &Corpus, args: &Args) -> Result<()> {
    let [source] = args.source.as_slice() else {
        bail!("give the one folder with words.tsv and STCharacters.txt: --source")
    };
    let texts = texts::collect(corpus, source)?;
    let folder = args.out.join("language");
    for (name, rows, classes, texts) in
        [("latin", LATIN_ROWS, LATIN.len(), texts.latin), ("han", HAN_ROWS, HAN.len(), texts.han)]
    {
        let mut examples = Vec::new();
        let mut kept = Vec::new();
        for text in texts {
            let mut pieces = Vec::new();
            if name == "latin" {
                grams(&text.text, &mut pieces);
            } else {
                han_grams(&text.text, &mut pieces);
            }
            for piece in &mut pieces {
                *piece = row_of(*piece, rows) as u32;
            }
            if !pieces.is_empty() {
                let example = Example { pieces, class: text.class };
                if text.calibrates { kept.push(example) } else { examples.push(example) }
            }
        }
        println!("  {name}: {} texts, {} to calibrate", examples.len(), kept.len());
        let learned = learn(examples, rows, classes);
        let sharpness = learned.sharpness(&kept);
        println!("  {name}: sharpness {sharpness:.2}, {:.2} % of those right", learned.right(&kept) * 100.0);
        let table =
            Table::pack(&learned.weights, &learned.bias, sharpness).map_err(|error| anyhow!("{error}"))?;
        let file = folder.join(format!("{name}.bin"));
        let bytes = table.to_bytes();
        std::fs::write(&file, &bytes).with_context(|| format!("cannot write {}", file.display()))?;
        println!("  {}: {:.2} MB", file.display(), bytes.len() as f64 / 1e6);
    }
    Ok(())
}
