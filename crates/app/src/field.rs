//! Checks of what people type, with every problem reported at once.

use crate::password::guessable::{is_about, is_common};
use crate::{Error, FieldProblem, Result};

/// The fewest characters of a password. Length is the only rule: rules of composition make passwords worse
/// (NIST SP 800-63B, 5.1.1.2).
pub const PASSWORD_MIN: usize = 10;

/// The most characters of a password; more would only be work for the hash.
pub const PASSWORD_MAX: usize = 256;

/// The most characters of a name.
pub const NAME_MAX: usize = 80;

/// The most characters of an e-mail address (RFC 5321, 4.5.3.1.3, less the angle brackets).
pub const EMAIL_MAX: usize = 254;

/// Collects what is wrong with the fields of one request.
#[derive(Debug, Default)]
pub struct Fields(Vec<FieldProblem>);

impl Fields {
    /// Nothing is wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A line of text of 1 to `max` characters; returns it without surrounding white space.
    pub fn line(&mut self, path: &str, text: &str, max: usize) -> String {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            self.wrong(path, "invalid", "use one line without control characters");
        }
        self.length(path, text, max);
        text.to_owned()
    }

    /// A text of 1 to `max` characters that may have several lines; returns it without surrounding white
    /// space.
    pub fn text(&mut self, path: &str, text: &str, max: usize) -> String {
        let text = text.trim();
        self.length(path, text, max);
        text.to_owned()
    }

    /// An e-mail address; returns it in lower case. Only its form is checked: whether mail arrives is known
    /// when mail arrives.
    pub fn email(&mut self, path: &str, email: &str) -> String {
        let email = self.line(path, email, EMAIL_MAX).to_lowercase();
        let formed = email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.is_empty()
                && !domain.contains('@')
                && !email.contains(char::is_whitespace)
        });
        if !email.is_empty() && !formed {
            self.wrong(path, "invalid", "use an address such as name@example.com");
        }
        email
    }

    /// A password to be set by somebody; `about` are names that whoever knows them knows as well.
    pub fn password(&mut self, path: &str, password: &str, about: &[&str]) {
        let length = password.chars().count();
        if length < PASSWORD_MIN {
            self.wrong(path, "too_short", format!("use at least {PASSWORD_MIN} characters"));
        } else if length > PASSWORD_MAX {
            self.wrong(path, "too_long", format!("use at most {PASSWORD_MAX} characters"));
        } else if is_common(password) {
            self.wrong(
                path,
                "too_common",
                "this is one of the first that somebody would guess; use a sentence",
            );
        } else if is_about(password, about) {
            self.wrong(
                path,
                "too_common",
                "this is hardly more than a name that others know; use a sentence",
            );
        }
    }

    /// Notes a problem.
    pub fn wrong(&mut self, path: &str, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldProblem { path: path.to_owned(), code, message: message.into() });
    }

    /// Ends the checks.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every problem, when there is one.
    pub fn finish(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }

    fn length(&mut self, path: &str, text: &str, max: usize) {
        if text.is_empty() {
            self.wrong(path, "required", "fill this in");
        } else if text.chars().count() > max {
            self.wrong(path, "too_long", format!("use at most {max} characters"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(check: impl FnOnce(&mut Fields)) -> Vec<(String, &'static str)> {
        let mut fields = Fields::new();
        check(&mut fields);
        fields.0.into_iter().map(|problem| (problem.path, problem.code)).collect()
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let found = problems(|fields| {
            fields.line("name", "  ", 10);
            fields.email("email", "nobody");
            fields.password("password", "short", &[]);
        });
        let expected = [("name", "required"), ("email", "invalid"), ("password", "too_short")];
        assert_eq!(found, expected.map(|(path, code)| (path.to_owned(), code)));
    }

    #[test]
    fn an_address_is_told_from_other_text() {
        for bad in ["a", "@b", "a@", "a@b@c", "a b@c", "a@b\nc"] {
            assert!(!problems(|fields| drop(fields.email("email", bad))).is_empty(), "{bad:?} was taken");
        }
        let mut fields = Fields::new();
        assert_eq!(fields.email("email", " Ana@Example.COM "), "ana@example.com");
        assert!(fields.finish().is_ok());
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(problems(|fields| drop(fields.line("name", &"字".repeat(80), 80))).is_empty());
        assert!(problems(|fields| fields.password("password", "今天天气真好我们出去", &["今天"])).is_empty());
    }
}
