//! Error codes: what they are called and with which HTTP status they come.

use serde_json::{Value, json};

/// Title and explanation of a code. Branching belongs on the code; the words are as unstable as Meta's.
fn words(code: u32) -> (&'static str, &'static str) {
    match code {
        0 => ("AuthException", "We were unable to authenticate the app user."),
        1 => ("API Unknown", "Invalid request or possible server error."),
        2 => ("API Service", "Temporary due to downtime or due to being overloaded."),
        3 => ("API Method", "Capability or permissions issue."),
        4 => ("API Too Many Calls", "The app has reached its API call rate limit."),
        10 => ("API Permission Denied", "Permission is either not granted or has been removed."),
        33 => ("Parameter value is not valid", "The business phone number has been deleted."),
        100 => {
            ("Invalid parameter", "The request included one or more unsupported or misspelled parameters.")
        }
        190 => ("Access token has expired", "Your access token has expired or is not valid."),
        368 => {
            ("Temporarily blocked for policies violations", "The account has been restricted or disabled.")
        }
        80007 => ("Rate limit issues", "The WhatsApp Business Account has reached its rate limit."),
        130403 => ("User is blocked", "The business has blocked this user."),
        130429 => ("Rate limit hit", "Cloud API message throughput has been reached."),
        130472 => {
            ("User's number is part of an experiment", "Message was not sent as part of an experiment.")
        }
        130497 => {
            ("Business account is restricted from messaging users in this country", "Restricted country.")
        }
        131000 => ("Something went wrong", "Message failed to send due to an unknown error."),
        131005 => ("Access denied", "Permission is either not granted or has been removed."),
        131008 => ("Required parameter is missing", "The request is missing a required parameter."),
        131009 => ("Parameter value is not valid", "One or more parameter values are invalid."),
        131016 => ("Service unavailable", "A service is temporarily unavailable."),
        131021 => ("Recipient cannot be sender", "Sender and recipient phone number is the same."),
        131026 => ("Message undeliverable", "Unable to deliver message."),
        131030 => ("Recipient phone number not in allowed list", "Add the number to the recipient list."),
        131031 => ("Account has been locked", "The account was restricted or disabled."),
        131037 => ("Display name approval is needed", "The number has no approved display name."),
        131042 => {
            ("Business eligibility payment issue", "There was an error related to your payment method.")
        }
        131045 => {
            ("Incorrect certificate", "Message failed to send due to a phone number registration error.")
        }
        131047 => (
            "Re-engagement message",
            "Message failed to send because more than 24 hours have passed since the customer last replied to this \
             number.",
        ),
        131048 => ("Spam rate limit hit", "Too many messages were blocked or flagged as spam."),
        131049 => (
            "This message was not delivered to maintain healthy ecosystem engagement",
            "Meta chose not to deliver it.",
        ),
        131050 => ("User has stopped marketing messages", "The user does not want marketing messages."),
        131051 => ("Message type unknown", "Message type is currently not supported."),
        131052 => ("Media download error", "Unable to download the media sent by the user."),
        131053 => ("Media upload error", "Unable to upload the media used in the message."),
        131056 => (
            "(Business Account, Consumer Account) pair rate limit hit",
            "Too many messages sent from the sender phone number to the same recipient in a short time.",
        ),
        131057 => ("Account in maintenance mode", "The account is in maintenance mode."),
        132000 => ("Template Param Count Mismatch", "The number of parameters does not match the template."),
        132001 => ("Template does not exist", "The template does not exist in the given language."),
        132015 => ("Template is paused", "The template is paused because of low quality."),
        133010 => ("Phone number not registered", "The number is not registered on the platform."),
        135000 => {
            ("Generic user error", "Message failed to send because of an unknown error in the parameters.")
        }
        139100 => ("Failed to block or unblock some users", "Some of the users could not be changed."),
        _ => ("Something went wrong", "An error that this provider has no words for."),
    }
}

/// The title of a code.
pub(crate) fn title(code: u32) -> &'static str {
    words(code).0
}

/// The explanation of a code.
pub(crate) fn details(code: u32) -> &'static str {
    words(code).1
}

/// The HTTP status with which a code is answered.
pub(crate) fn http_status(code: u32) -> u16 {
    match code {
        0 | 190 => 401,
        3 | 1 | 131000 => 500,
        10 | 200..=299 | 368 | 130403 | 130497 | 131005 | 131031 => 403,
        4 | 80007 | 130429 | 131048 | 131056 => 429,
        2 | 131016 | 131057 | 133004 => 503,
        _ => 400,
    }
}

/// True for errors that may go away by themselves.
pub(crate) fn is_transient(code: u32) -> bool {
    matches!(code, 1 | 2 | 4 | 80007 | 130429 | 131000 | 131016 | 131056 | 131057)
}

/// The `errors[]` entry of a webhook.
pub(crate) fn webhook_error(code: u32) -> Value {
    json!({
        "code": code,
        "title": title(code),
        "message": title(code),
        "error_data": { "details": details(code) },
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    })
}
