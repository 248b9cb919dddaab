//! Sitemaps: the pages of a site, or other sitemaps of it.

use model::ImportProblem;
use serde::{Deserialize, Serialize};

use super::text::decoded;
use super::xml::{Node, walk};

/// The most bytes of a sitemap.
pub const SITEMAP_MAX: usize = 8 << 20;

/// What a sitemap names.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sitemap {
    /// Pages.
    pub pages: Vec<String>,
    /// Other sitemaps.
    pub sitemaps: Vec<String>,
}

/// Reads a sitemap: XML, or a text with an address in each line.
pub fn read(bytes: &[u8], most: usize) -> Result<Sitemap, ImportProblem> {
    let text = decoded(bytes)?;
    let mut found = Sitemap::default();
    if !text.trim_start().starts_with('<') {
        found.pages =
            text.lines().map(str::trim).filter(|line| line.starts_with("http")).map(str::to_owned).collect();
        return if found.pages.len() > most { Err(ImportProblem::TooMany) } else { Ok(found) };
    }
    let (mut within, mut address) = (String::new(), None::<String>);
    walk(&text, |node| {
        match node {
            Node::Open(name @ ("url" | "sitemap"), _) => name.clone_into(&mut within),
            Node::Open("loc", _) => address = Some(String::new()),
            Node::Words(words) => {
                if let Some(address) = &mut address {
                    address.push_str(words);
                }
            }
            Node::Close("loc") => {
                let found = match within.as_str() {
                    "url" => &mut found.pages,
                    "sitemap" => &mut found.sitemaps,
                    _ => return Ok(()),
                };
                found.extend(address.take().map(|address| address.trim().to_owned()));
                if found.len() > most {
                    return Err(ImportProblem::TooMany);
                }
                // What an extension calls a place is none of ours.
                within.clear();
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_other_sitemaps_are_told_apart() {
        let text = br#"<?xml version="1.0"?><urlset xmlns="s" xmlns:image="i"><url><loc>https://a.example/?a=1&amp;b=2</loc>
            <image:image><image:loc>https://a.example/x.png</image:loc></image:image></url>
            <url><loc><![CDATA[ https://a.example/b ]]></loc><lastmod>2026-01-01</lastmod></url></urlset>"#;
        let found = read(text, 10).expect("a sitemap");
        assert_eq!(found.pages, ["https://a.example/?a=1&b=2", "https://a.example/b"]);
        let index = b"<sitemapindex><sitemap><loc>https://a.example/s.xml</loc></sitemap></sitemapindex>";
        assert_eq!(read(index, 10).expect("an index").sitemaps, ["https://a.example/s.xml"]);
        assert_eq!(read(b"https://a.example/1\n\nhttps://a.example/2\n", 10).expect("a list").pages.len(), 2);
        assert_eq!(read(text, 1), Err(ImportProblem::TooMany));
        assert_eq!(read(b"<a", 1), Err(ImportProblem::Damaged));
    }
}
