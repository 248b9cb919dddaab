//! Messages of which nobody knows whether the provider took them, and the customer who tells.
//!
//! A provider's report settles such a message by our own id in it. Where the customer is faster, who quotes a message,
//! the delivery names it by a provider's id that we do not know. It is taken for the uncertain one only if nothing else
//! can be meant: it is the one message of the conversation whose answer was lost, none is under way, it is the last that
//! we wrote, the customer came after it, and the provider does not say that the customer quotes himself. In every other
//! case it stays uncertain, and a person decides.
//!
//! A reaction settles nothing, because it does not say whose message it is about: the customer may react to an own one
//! that has not arrived yet, and that one would be taken for a repetition when it comes.

use model::{ConversationId, DeliveryState, Millis, Report};
use store::Tx;
use store::event::NewChange;
use store::message::MessageRef;

use crate::Result;
use crate::person::Scope;

/// The provider tells times in whole seconds.
const ROUNDING: Millis = Millis::seconds(1);

/// The uncertain message that a customer means by an unknown id at `at`, if it can be no other. It has that id then,
/// and arrived.
pub(crate) async fn meant(
    tx: &mut Tx,
    scope: Scope<'_>,
    conversation: ConversationId,
    provider_id: &str,
    at: Millis,
    changes: &mut Vec<NewChange>,
) -> Result<Option<MessageRef>> {
    let Scope { workspace, inbox, .. } = scope;
    let in_doubt = store::outbound::in_doubt(tx, workspace, conversation).await?;
    let [one] = in_doubt[..] else { return Ok(None) };
    if !one.uncertain || !one.last || at + ROUNDING < one.created_at {
        return Ok(None);
    }
    if !store::message::set_provider_id(tx, workspace, one.message, provider_id).await? {
        return Ok(None);
    }
    store::outbound::delete_by_message(tx, workspace, one.message).await?;
    let mut reports = store::report::take(tx, workspace, inbox, provider_id).await?;
    reports.push(Report { state: DeliveryState::Delivered, at, failure: None });
    for report in &reports {
        if let Some(status) = store::message::report(tx, workspace, one.message, report).await? {
            store::conversation::last_status(tx, workspace, conversation, one.message, status.state).await?;
        }
    }
    changes.push(NewChange::message(one.message, conversation));
    Ok(store::message::reference(tx, workspace, one.message).await?)
}
