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
        for line in text.trim_start_matches('\u{feff}').lines() {
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
                    let rule = (pattern(value), key == "allow");
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
        let path = &usual(path).replace('*', "%2A").replace('$', "%24");
        let fitting = self.rules.iter().filter(|(pattern, _)| fits(pattern, path));
        fitting.max_by_key(|(pattern, allowed)| (pattern.len(), *allowed)).is_none_or(|(_, allowed)| *allowed)
    }
}

/// A pattern in its usual writing, in which only `*` and a `$` at the end stand for something else.
fn pattern(text: &str) -> String {
    let (text, end) = text.strip_suffix('$').map_or((text, ""), |text| (text, "$"));
    usual(text).replace('$', "%24") + end
}

/// A path or a part of one as it is compared (RFC 9309, 2.2.2): what stands for itself stands as it is, and what is encoded is in
/// one writing.
fn usual(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut usual = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let encoded = match (byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        at += if encoded.is_some() { 3 } else { 1 };
        let byte = encoded.unwrap_or(*byte);
        let unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if unreserved || (encoded.is_none() && byte.is_ascii_graphic()) {
            usual.push(char::from(byte));
        } else {
            let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
            usual.extend(['%', char::from(high), char::from(low)]);
        }
    }
    usual
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
    fn rules_are_kept_in_whatever_writing_they_are() {
        let robots = Robots::read(
            "\u{feff}User-agent: *\nDisallow: /内部/\nDisallow: /%e5%a4%96\nDisallow: /%7Eann\nDisallow: /a%2fb\n\
             Disallow: /*.p$f\nDisallow: /sale%2A\n",
        );
        for (path, allowed) in [
            ("/%E5%86%85%E9%83%A8/x", false),
            ("/%e5%86%85%e9%83%a8/x", false),
            ("/%E5%A4%96", false),
            ("/~ann/", false),
            ("/a%2Fb", false),
            ("/a/b", true),
            ("/x.p$f", false),
            ("/sale*", false),
            ("/sales", true),
        ] {
            assert_eq!(robots.allows(path), allowed, "{path}");
        }
        assert!(!Robots::read("\u{feff}User-agent: bellhop\nDisallow: /").allows("/a"));
    }

    #[test]
    fn a_pattern_that_is_built_to_hurt_takes_no_time() {
        let robots = Robots::read(&format!("User-agent: *\nDisallow: {}b\n", "*a".repeat(100_000)));
        assert!(robots.allows(&"a".repeat(1000)));
    }
}
