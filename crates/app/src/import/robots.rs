//! What a site asks of programs that read it (`robots.txt`, RFC 9309).

/// The name by which a site may speak to us.
const NAME: &str = "bellhop";
/// The most bytes that are looked at.
pub const ROBOTS_MAX: usize = 512 << 10;
/// The most rules.
const RULES_MAX: usize = 5000;

/// What a site allows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Robots {
    /// Patterns of paths, and whether they are allowed.
    rules: Vec<(String, bool)>,
}

impl Robots {
    /// Reads what a site asks: the groups that are for us, or those for everybody.
    pub fn read(text: &str) -> Self {
        let (mut ours, mut everybodys) = (None::<Vec<_>>, Vec::new());
        let (mut for_us, mut for_all, mut names) = (false, false, true);
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "user-agent" => {
                    if !names {
                        (for_us, for_all, names) = (false, false, true);
                    }
                    for_us |= value.to_ascii_lowercase().split('/').next() == Some(NAME);
                    for_all |= value == "*";
                    if for_us {
                        ours.get_or_insert_with(Vec::new);
                    }
                }
                key @ ("allow" | "disallow") => {
                    names = false;
                    let rule = (value.to_owned(), key == "allow");
                    if value.is_empty() {
                        continue;
                    }
                    if let Some(ours) = ours.as_mut().filter(|ours| for_us && ours.len() < RULES_MAX) {
                        ours.push(rule.clone());
                    }
                    if for_all && everybodys.len() < RULES_MAX {
                        everybodys.push(rule);
                    }
                }
                _ => {}
            }
        }
        Self { rules: ours.unwrap_or(everybodys) }
    }

    /// Whether a path with its query may be read: the longest pattern that fits decides, and of two as long the kinder.
    pub fn allows(&self, path: &str) -> bool {
        let fitting = self.rules.iter().filter(|(pattern, _)| fits(pattern, path));
        fitting.max_by_key(|(pattern, allowed)| (pattern.len(), *allowed)).is_none_or(|(_, allowed)| *allowed)
    }
}

/// Whether a path begins as a pattern says; `*` stands for anything and `$` for the end.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, whole) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return !whole || rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if whole && parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_site_asks_is_kept() {
        let robots = Robots::read(
            "User-agent: other\nDisallow: /\n\nUser-agent: *\nDisallow: /private # not this\nAllow: /private/faq\n\
             Disallow: /*.pdf$\nDisallow: /*?session=\n",
        );
        for (path, allowed) in [
            ("/", true),
            ("/private/x", false),
            ("/private/faq/1", true),
            ("/a.pdf", false),
            ("/a.pdf?x", true),
            ("/a?session=1", false),
        ] {
            assert_eq!(robots.allows(path), allowed, "{path}");
        }
        let robots = Robots::read(
            "User-agent: *\nDisallow: /\nUser-agent: Bellhop/1.0\nUser-agent: x\nDisallow: /x\n",
        );
        assert!(robots.allows("/") && !robots.allows("/x"));
        assert!(!Robots::read("user-agent:*\ndisallow:/").allows("/a"));
        assert!(Robots::read("User-agent: bellhop\nDisallow:\nUser-agent: *\nDisallow: /").allows("/a"));
        assert!(Robots::read("nonsense \u{0}").allows("/"));
    }

    #[test]
    fn a_pattern_that_is_built_to_hurt_takes_no_time() {
        let robots = Robots::read(&format!("User-agent: *\nDisallow: {}b\n", "*a".repeat(100_000)));
        assert!(robots.allows(&"a".repeat(1000)));
    }
}
