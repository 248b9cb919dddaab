//! `cargo xtask dist`: one self-contained binary.

use crate::{Outcome, hash, notices, run, sbom, web};
use anyhow::{Context, bail};
use std::path::Path;

/// Builds the web interface and the binary that carries it, into `target/dist-out`.
///
/// # Errors
/// When a build fails or the binary cannot be copied.
pub(crate) fn dist(root: &Path) -> Outcome {
    web::build(root)?;
    let built = run::build(root, "dist")?;
    let out = root.join("target/dist-out");
    std::fs::create_dir_all(&out).with_context(|| format!("cannot create {}", out.display()))?;
    let program = out.join("bellhop");
    std::fs::copy(&built, &program)
        .with_context(|| format!("cannot copy {} to {}", built.display(), program.display()))?;
    let bytes = std::fs::read(&program)?;
    // Every asset's name has a hash in it, so the page's own text shows that this page was embedded.
    let page = std::fs::read(root.join("web/console/dist/index.html"))?;
    if !bytes.windows(page.len()).any(|window| window == page) {
        bail!("{} does not carry web/console/dist/index.html", program.display());
    }
    std::fs::write(out.join("THIRD-PARTY-NOTICES.txt"), notices::notices(root)?)?;
    std::fs::write(out.join("bellhop.cdx.json"), sbom::sbom(root)?)?;
    std::fs::copy(root.join("LICENSE"), out.join("LICENSE"))?;
    let sums = format!("{}  bellhop\n", hash::sha256(&program)?);
    std::fs::write(out.join("SHA256SUMS"), &sums)?;
    println!("{} · {:.1} MB · {}", program.display(), bytes.len() as f64 / 1e6, sums.trim());
    Ok(())
}
