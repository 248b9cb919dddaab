//! What the provider's error codes mean for a message.
//!
//! After "Error codes" of the Cloud API's documentation. A send has no idempotency key: only a code that the
//! provider gives before it looks at the message allows another try by itself.

use model::{Failure, FailureCode};

use super::wire::{self, Node};

/// What a sending does after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disposition {
    /// Not taken; another try is safe. `pair`: only this customer has to wait.
    Retry { pair: bool },
    /// Not taken; another try by itself is pointless or forbidden.
    Fail,
    /// Perhaps taken.
    Uncertain,
}

const RETRY: Disposition = Disposition::Retry { pair: false };
const PAIR: Disposition = Disposition::Retry { pair: true };
const FAIL: Disposition = Disposition::Fail;
const MAYBE: Disposition = Disposition::Uncertain;

/// A row: first code, last code, what a sending does, the reason shown, whether an agent may try again.
type Row = (i64, i64, Disposition, FailureCode, bool);

/// In ascending order, without overlap.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    (0, 0, FAIL, FailureCode::Auth, true),                        // token expired or invalid
    (1, 1, MAYBE, FailureCode::ProviderError, true),              // unknown error
    (2, 2, MAYBE, FailureCode::ProviderError, true),              // service temporarily down
    (3, 3, FAIL, FailureCode::Permission, true),                  // capability missing
    (4, 4, RETRY, FailureCode::RateLimited, true),                // too many calls by the app
    (10, 10, FAIL, FailureCode::Permission, true),                // permission missing
    (33, 33, FAIL, FailureCode::BadRequest, false),               // number deleted or unknown
    (100, 100, FAIL, FailureCode::BadRequest, false),             // parameter wrong, object unknown
    (190, 190, FAIL, FailureCode::Auth, true),                    // token expired
    (200, 299, FAIL, FailureCode::Permission, true),              // permission missing or removed
    (368, 368, FAIL, FailureCode::AccountBlocked, false),         // blocked for policy violations
    (613, 613, FAIL, FailureCode::RateLimited, true),             // calls to an edge limited
    (80007, 80007, RETRY, FailureCode::RateLimited, true),        // account's rate limit
    (130_403, 130_403, FAIL, FailureCode::BlockedByUs, false),    // we blocked the customer
    (130_429, 130_429, RETRY, FailureCode::RateLimited, true),    // number's throughput
    (130_472, 130_472, FAIL, FailureCode::Experiment, false),     // customer is in an experiment
    (130_497, 130_497, FAIL, FailureCode::AccountBlocked, false), // country restricted
    (131_000, 131_000, MAYBE, FailureCode::ProviderError, true),  // something went wrong
    (131_005, 131_005, FAIL, FailureCode::Permission, true),      // access denied
    (131_008, 131_009, FAIL, FailureCode::BadRequest, false),     // parameter missing, value wrong
    (131_016, 131_016, MAYBE, FailureCode::ProviderError, true),  // service unavailable
    (131_020, 131_020, FAIL, FailureCode::Group, false),          // group not found or not usable
    (131_021, 131_021, FAIL, FailureCode::BadRequest, false),     // recipient is the sender
    (131_026, 131_026, FAIL, FailureCode::Undeliverable, true),   // not on WhatsApp, too old, terms not taken
    (131_030, 131_030, FAIL, FailureCode::NotAllowedRecipient, true), // not on the test number's list
    (131_031, 131_031, FAIL, FailureCode::AccountBlocked, false), // account locked
    (131_037, 131_037, FAIL, FailureCode::DisplayName, true),     // display name not approved
    (131_041, 131_041, FAIL, FailureCode::Group, false),          // group does not take it
    (131_042, 131_042, FAIL, FailureCode::Payment, true),         // payment method
    (131_044, 131_044, FAIL, FailureCode::Payment, true),         // payment method, for calls
    (131_045, 131_045, FAIL, FailureCode::Registration, true),    // registration certificate
    (131_047, 131_047, FAIL, FailureCode::WindowClosed, false),   // more than 24 hours since the last message
    (131_048, 131_048, FAIL, FailureCode::SpamLimited, false),    // spam rate limit
    (131_049, 131_049, FAIL, FailureCode::MarketingLimit, false), // customer's marketing limit
    (131_050, 131_050, FAIL, FailureCode::OptedOut, false),       // customer stopped marketing
    (131_051, 131_051, FAIL, FailureCode::BadRequest, false),     // message type unknown
    (131_052, 131_052, FAIL, FailureCode::Media, true),           // file could not be downloaded
    (131_053, 131_053, FAIL, FailureCode::Media, false),          // file could not be uploaded
    (131_055, 131_055, FAIL, FailureCode::Permission, false),     // method not allowed for this account
    (131_056, 131_056, PAIR, FailureCode::PairRate, true),        // too many to this customer
    (131_057, 131_057, MAYBE, FailureCode::ProviderError, true),  // account in maintenance
    (131_059, 131_059, FAIL, FailureCode::Group, false),          // group does not take it
    (131_062, 131_062, FAIL, FailureCode::BadRequest, false),     // needs a phone number, not a user id
    (131_063, 131_063, FAIL, FailureCode::Permission, false),     // marketing not allowed this way
    (131_064, 131_064, FAIL, FailureCode::Template, false),       // templates misclassified too often
    (131_201, 131_207, FAIL, FailureCode::Group, false),          // groups
    (131_208, 131_208, FAIL, FailureCode::Group, true),           // groups, later again
    (131_209, 131_215, FAIL, FailureCode::Group, false),          // groups
    (132_000, 132_018, FAIL, FailureCode::Template, false),       // template missing, paused, wrongly filled
    (132_068, 132_068, FAIL, FailureCode::BadRequest, false),     // flow blocked
    (132_069, 132_069, FAIL, FailureCode::RateLimited, true),     // flow throttled
    (133_000, 133_003, FAIL, FailureCode::Registration, false),   // (de)registration
    (133_004, 133_004, MAYBE, FailureCode::ProviderError, true),  // server temporarily unavailable
    (133_005, 133_015, FAIL, FailureCode::Registration, true),    // PIN, not registered
    (133_016, 133_016, FAIL, FailureCode::Registration, false),   // registration limit, 72 hours
    (134_100, 134_100, FAIL, FailureCode::Permission, false),     // marketing API
    (134_101, 134_101, FAIL, FailureCode::ProviderError, true),   // template not synchronised yet
    (134_102, 134_103, FAIL, FailureCode::Permission, false),     // marketing API
    (135_000, 135_000, FAIL, FailureCode::BadRequest, false),     // generic user error
    (136_024, 136_024, FAIL, FailureCode::Registration, false),   // verification code
    (137_000, 137_000, FAIL, FailureCode::IdentityChanged, false), // customer's identity hash differs
    (138_000, 138_018, FAIL, FailureCode::BadRequest, false),     // calls
    (139_000, 139_004, FAIL, FailureCode::BadRequest, false),     // flows
    (139_100, 139_103, FAIL, FailureCode::BadRequest, false),     // block list
    (139_200, 139_200, FAIL, FailureCode::AccountBlocked, false), // direct send blocked
    (147_001, 147_005, FAIL, FailureCode::BadRequest, false),     // business user names
    (2_388_000, 2_388_999, FAIL, FailureCode::Template, false),   // template creation
    (2_494_100, 2_494_100, MAYBE, FailureCode::ProviderError, true), // account in maintenance
    (2_593_107, 2_593_109, FAIL, FailureCode::BadRequest, false), // synchronisation with the phone app
];

/// What a code means; `None` for a code that we do not know.
pub(super) fn meaning(code: i64) -> Option<(Disposition, FailureCode, bool)> {
    let place = TABLE.partition_point(|row| row.1 < code);
    let &(first, _, disposition, reason, retryable) = TABLE.get(place)?;
    (first <= code).then_some((disposition, reason, retryable))
}

/// An error object as a failure: `errors[]` of deliveries and `error` of answers share their keys.
pub(super) fn reported(error: &Node<'_>) -> Failure {
    let code = error.integer("code");
    let (reason, retryable) = code
        .and_then(meaning)
        .map_or((FailureCode::Unknown, true), |(_, reason, retryable)| (reason, retryable));
    let data = error.at("error_data");
    let detail =
        data.text("details").or_else(|| error.first_text(&["details", "message", "error_user_msg", "title"]));
    Failure { code: reason, provider_code: code, detail: detail.as_deref().map(shorten), retryable }
}

/// At most 500 characters that can be stored: the words come from outside and end up in lists.
pub(super) fn shorten(words: &str) -> String {
    let mut words = wire::clean(words);
    if let Some((end, _)) = words.char_indices().nth(500) {
        words.truncate(end);
        words.push('…');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_ascends_without_overlap() {
        for row in TABLE {
            assert!(row.0 <= row.1, "{row:?}");
        }
        for pair in TABLE.windows(2) {
            assert!(pair[0].1 < pair[1].0, "{:?} and {:?}", pair[0], pair[1]);
        }
    }

    #[test]
    fn only_limits_hit_before_processing_are_retried_by_themselves() {
        let retried: Vec<i64> =
            TABLE.iter().filter(|row| matches!(row.2, Disposition::Retry { .. })).map(|row| row.0).collect();
        assert_eq!(retried, [4, 80_007, 130_429, 131_056]);
        assert_eq!(meaning(131_056), Some((PAIR, FailureCode::PairRate, true)));
    }

    #[test]
    fn codes_between_rows_are_unknown() {
        assert_eq!(meaning(250), Some((FAIL, FailureCode::Permission, true)));
        for code in [-1, 5, 300, 131_001, 2_593_110, i64::MAX, i64::MIN] {
            assert_eq!(meaning(code), None, "{code}");
        }
    }
}
