//! The certificate that the server itself shows: from files, or from an authority.

use app::acme::{self, Standing};
use app::system::SystemClock;
use model::{Clock, Millis};
use store::Db;

use super::Findings;
use crate::config::Config;
use crate::{serve, tls};

const CHECK: &str = "certificate";

/// The hosts that the certificate has to be for, and which keys name them.
fn hosts(config: &Config) -> Vec<(String, &'static str)> {
    let console = config.base_url.as_deref().and_then(|base| url::Url::parse(base).ok());
    let console = console.and_then(|address| Some((address.host_str()?.to_owned(), "base_url")));
    let files = config.content_origin.as_ref().map(|content| (content.host.clone(), "content_origin"));
    console.into_iter().chain(files).collect()
}

/// What stands in the files.
pub(super) fn files(config: &Config, found: &mut Findings) {
    let files = match serve::certificate(config) {
        Ok(Some(files)) => files,
        Ok(None) => return,
        Err(failure) => return found.fail(CHECK, failure.to_string()),
    };
    if let Err(error) = files.read() {
        return found.fail(CHECK, error.to_string());
    }
    match tls::about(&files.certificate, "localhost") {
        Err(error) => found.fail(CHECK, error.to_string()),
        Ok(about) => {
            let days = (about.until - SystemClock.now().0 / 1000).div_euclid(86_400);
            let left = format!("{} holds for {days} more days", files.certificate.display());
            match days {
                ..0 => found.fail(CHECK, format!("{} has expired; renew it", files.certificate.display())),
                0..14 => found.warn(CHECK, format!("{left}: renew it, the server notices by itself")),
                _ => found.ok(CHECK, left),
            }
            for (name, key) in hosts(config) {
                if !tls::about(&files.certificate, &name).is_ok_and(|about| about.fits) {
                    found.fail(CHECK, format!("it is not for {name}, the host of {key}"));
                }
            }
        }
    }
}

/// What the authority has issued, and whether it can be reached.
pub(super) async fn issued(config: &Config, db: Option<&Db>, offline: bool, found: &mut Findings) {
    let Some(settings) = serve::authority(config) else { return };
    for (name, key) in hosts(config) {
        if !settings.names.contains(&name) {
            found.fail(CHECK, format!("tls.acme.names lacks {name}, the host of {key}"));
        }
    }
    if !offline && let Err(why) = acme::reach(&settings).await {
        found.fail("authority", format!("{} cannot be asked: {why}", settings.directory));
    }
    let Some(db) = db else { return };
    match acme::standing(db, &settings).await {
        Err(error) => found.fail(CHECK, format!("it is not known whether one was issued: {error}")),
        Ok(None) => found.warn(CHECK, "the authority was not asked yet; `bellhop serve` does it"),
        Ok(Some(standing)) => judge(&standing, SystemClock.now(), found),
    }
}

fn judge(standing: &Standing, now: Millis, found: &mut Findings) {
    let minutes = (standing.next_at - now).0.max(0) / Millis::minutes(1).0;
    let failed = standing.failure.as_deref().map(|why| {
        format!(
            "the authority was asked {} times in vain, and is again in {minutes} minutes: {why}",
            standing.failures
        )
    });
    let days = standing.expires_at.map(|until| (until - now).0.div_euclid(Millis::days(1).0));
    match (days, failed) {
        (Some(0..), None) => {
            let days = days.unwrap_or_default();
            found.ok(CHECK, format!("it holds for {days} more days, and is renewed by itself"));
        }
        (Some(days @ 0..), Some(why)) => found.warn(CHECK, format!("it holds for {days} more days; {why}")),
        (Some(_), Some(why)) => found.fail(CHECK, format!("it has expired; {why}")),
        (Some(_), None) => found.fail(CHECK, "it has expired; `bellhop serve` renews it while it runs"),
        (None, Some(why)) => found.fail(CHECK, format!("there is none; {why}")),
        (None, None) => found.warn(CHECK, "there is none yet; a running server asks for it within seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn a_certificate_that_cannot_be_renewed_is_told_before_it_is_missed() {
        let now = Millis::days(20_000);
        let cases = [
            (Some(40), None, State::Ok, "40 more days"),
            (Some(20), Some("no way"), State::Warn, "no way"),
            (Some(-1), Some("no way"), State::Fail, "expired"),
            (Some(-1), None, State::Fail, "expired"),
            (None, Some("no way"), State::Fail, "in vain"),
            (None, None, State::Warn, "within seconds"),
        ];
        for (days, failure, state, word) in cases {
            let standing = Standing {
                expires_at: days.map(|days| now + Millis::days(days) + Millis::hours(1)),
                next_at: now + Millis::minutes(5),
                failures: i64::from(failure.is_some()),
                failure: failure.map(str::to_owned),
            };
            let mut found = Findings::default();
            judge(&standing, now, &mut found);
            let one = &found.0[0];
            assert!(one.state == state && one.said.contains(word), "{one:?}");
        }
    }
}
