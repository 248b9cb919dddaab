//! The conversation list: one statement put together from a filter. Conversations only; it is a file of its own
//! because its statements are built and not written.

use model::{
    AgentId, ContactId, Conversation, ConversationContact, ConversationId, ConversationIdentity, LastMessage,
    Millis, Window, WorkspaceId,
};

use crate::conversation::{AssigneeFilter, Filter, Windows, preview_place};
use crate::identity::Called;
use crate::page::Cursor;
use crate::values::{Row, Value};
use crate::{Engine, Result, Visibility, contact, identity, names};

/// What a list shows of a conversation, in the order of [`read`]. In [`FROM`] `CROSS JOIN` keeps SQLite to walk the
/// conversations in the order of their index and to look the rest up by id.
const SHOWN: &str =
    "SELECT c.id, c.inbox_id, ct.id, ct.name, ct.sealed, i.id, i.phone, i.username, i.sealed, i.blocked, c.state, c.turn,
    c.assignee_id, c.team_id, c.snoozed_until, c.created_at, c.updated_at, c.last_message_id, c.last_message_direction,
    c.last_message_kind, c.last_message_preview, c.last_message_sealed, c.last_message_at, c.last_message_status, c.unread, b.kind,
    c.last_inbound_at, c.waiting_since";

/// Where it stands.
const FROM: &str = "conversation c CROSS JOIN contact ct CROSS JOIN identity i CROSS JOIN inbox b
    WHERE ct.id = c.contact_id AND i.id = c.identity_id AND b.id = c.inbox_id AND c.workspace_id = $1";

/// A statement that grows.
struct Statement {
    text: String,
    values: Vec<Value>,
}

impl Statement {
    fn new(ws: WorkspaceId, text: String) -> Self {
        Self { text, values: vec![ws.into()] }
    }

    fn see(&mut self, vis: &Visibility) {
        let condition = vis.condition(&mut self.values);
        self.text.push_str(" AND ");
        self.text.push_str(&condition);
    }

    /// Adds text in which each `?` stands for the next value.
    fn add(&mut self, text: &str, values: impl IntoIterator<Item = Value>) {
        let mut values = values.into_iter();
        for piece in text.split_inclusive('?') {
            let Some(before) = piece.strip_suffix('?') else {
                self.text.push_str(piece);
                continue;
            };
            self.values.extend(values.next());
            self.text.push_str(&format!("{before}${}", self.values.len()));
        }
    }
}

/// The statement that finds one conversation.
pub(crate) fn one(ws: WorkspaceId, vis: &Visibility, id: ConversationId) -> (String, Vec<Value>) {
    let mut statement = Statement::new(ws, format!("{SHOWN} FROM {FROM}"));
    statement.add(" AND c.id = ?", [id.into()]);
    statement.see(vis);
    (statement.text, statement.values)
}

/// The statement that finds out whether a conversation is visible.
pub(crate) fn visible(ws: WorkspaceId, vis: &Visibility, id: ConversationId) -> (String, Vec<Value>) {
    let mut statement =
        Statement::new(ws, "SELECT c.id FROM conversation c WHERE c.workspace_id = $1".to_owned());
    statement.add(" AND c.id = ?", [id.into()]);
    statement.see(vis);
    (statement.text, statement.values)
}

/// The statement that finds out whether any conversation of a customer is visible.
pub(crate) fn contact_visible(ws: WorkspaceId, vis: &Visibility, id: ContactId) -> (String, Vec<Value>) {
    let mut statement =
        Statement::new(ws, "SELECT c.id FROM conversation c WHERE c.workspace_id = $1".to_owned());
    statement.add(" AND c.contact_id = ?", [id.into()]);
    statement.see(vis);
    statement.add(" LIMIT 1", []);
    (statement.text, statement.values)
}

/// Up to how many conversations are gathered and sorted. A list of which there are more is walked in its order, and a
/// page is full soon.
pub(crate) const FEW: i64 = 2_000;

/// Conversations that an index gives of what a filter looks for, in no order.
pub(crate) struct Hits {
    by: By,
    text: String,
    /// What says how many there are, near enough, for less.
    counted: String,
    values: Vec<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Name,
    Label,
}

impl Hits {
    /// Those whose customer is found by a token ([`crate::names::token`]), unless nobody may find one so.
    pub(crate) fn by_name(engine: Engine, filter: &Filter, token: &str) -> Option<Self> {
        let (contact, identity) = (!filter.hidden.names, !filter.hidden.addresses);
        let text = names::index::conversations(engine, contact, identity);
        // A customer has a conversation in each inbox, and these are few.
        let counted = names::index::people(engine, contact, identity);
        let count = usize::from(contact) + usize::from(identity);
        (count > 0).then(|| Self { by: By::Name, text, counted, values: vec![token.into(); count] })
    }

    /// Those with the label that the filter asks for.
    pub(crate) fn by_label(filter: &Filter) -> Option<Self> {
        let text = "SELECT conversation_id FROM conversation_label WHERE workspace_id = $1 AND label_id = ?";
        let (text, counted) = (text.to_owned(), text.to_owned());
        filter.label.map(|label| Self { by: By::Label, text, counted, values: vec![label.into()] })
    }

    /// The statement that counts them, up to one more than [`FEW`].
    pub(crate) fn count(&self, ws: WorkspaceId) -> (String, Vec<Value>) {
        let mut statement = Statement::new(ws, "SELECT COUNT(*) FROM (".to_owned());
        statement.add(&self.counted, self.values.clone());
        statement.add(" LIMIT ?) AS hit", [(FEW + 1).into()]);
        (statement.text, statement.values)
    }

    /// The statement that finds a page among them, and one row more.
    pub(crate) fn page(
        &self,
        ws: WorkspaceId,
        vis: &Visibility,
        filter: &Filter,
        token: Option<&str>,
        after: Option<Cursor>,
        limit: i64,
    ) -> (String, Vec<Value>) {
        // By what they were found they need not be looked at again.
        let label = filter.label.filter(|_| self.by != By::Label);
        let wanted = token.filter(|_| self.by != By::Name).map(pattern);
        let mut statement = Statement::new(ws, "WITH hit (id) AS MATERIALIZED (".to_owned());
        statement.add(&self.text, self.values.clone());
        let joined = joined(wanted.as_deref());
        statement.add(
            &format!(") {SHOWN} FROM (SELECT c.id FROM (SELECT DISTINCT id FROM hit) h CROSS JOIN {joined} AND c.id = h.id"),
            [],
        );
        statement.see(vis);
        narrow(&mut statement, &Filter { label, ..filter.clone() }, wanted.as_deref());
        in_order(&mut statement, after, limit);
        statement.add(&format!(") seen CROSS JOIN {FROM} AND c.id = seen.id"), []);
        in_order(&mut statement, None, limit);
        (statement.text, statement.values)
    }
}

/// Conversations of a workspace, with what [`narrow`] looks at.
fn joined(wanted: Option<&str>) -> &'static str {
    if wanted.is_some() {
        "conversation c CROSS JOIN contact ct CROSS JOIN identity i
        WHERE ct.id = c.contact_id AND i.id = c.identity_id AND c.workspace_id = $1"
    } else {
        "conversation c WHERE c.workspace_id = $1"
    }
}

/// What finds a token among those of a column.
fn pattern(token: &str) -> String {
    format!("% {token} %")
}

/// Adds the order of the list, from a place on.
fn in_order(statement: &mut Statement, after: Option<Cursor>, limit: i64) {
    if let Some(place) = after {
        statement.add(" AND (c.updated_at, c.id) < (?, ?)", [place.at.into(), place.id.into()]);
    }
    statement.add(" ORDER BY c.updated_at DESC, c.id DESC LIMIT ?", [(limit + 1).into()]);
}

/// The statement that finds a page and one row more by walking the list in its order. `token` is what
/// [`crate::names::token`] made of the words that the filter looks for.
pub(crate) fn page(
    ws: WorkspaceId,
    vis: &Visibility,
    filter: &Filter,
    token: Option<&str>,
    after: Option<Cursor>,
    limit: i64,
) -> (String, Vec<Value>) {
    let wanted = token.map(pattern);
    let wanted = wanted.as_deref();
    let narrow = |statement: &mut Statement| {
        narrow(statement, filter, wanted);
        in_order(statement, after, limit);
    };
    // A list of one owner or of one customer has an index of its own.
    let has_index = filter.contact.is_some() || matches!(filter.assignee, AssigneeFilter::Is(_));
    let Some(parts) = vis.parts(filter.state).filter(|_| !has_index) else {
        let mut statement = Statement::new(ws, format!("{SHOWN} FROM {FROM}"));
        statement.see(vis);
        narrow(&mut statement);
        return (statement.text, statement.values);
    };
    // Each part gives at most a page in the list's order; the page is the first of what they give together.
    let mut statement = Statement::new(ws, format!("{SHOWN} FROM ("));
    let joined = joined(wanted);
    for (place, part) in parts.into_iter().enumerate() {
        let union = if place == 0 { "" } else { " UNION " };
        statement.add(&format!("{union}SELECT id FROM (SELECT c.id FROM {joined} AND "), []);
        statement.add(part.condition, part.values);
        narrow(&mut statement);
        statement.add(&format!(") part{place}"), []);
    }
    statement.add(&format!(") seen CROSS JOIN {FROM} AND c.id = seen.id"), []);
    in_order(&mut statement, None, limit);
    (statement.text, statement.values)
}

/// Adds what a filter asks for.
fn narrow(statement: &mut Statement, filter: &Filter, wanted: Option<&str>) {
    if let Some(state) = filter.state {
        statement.add(" AND c.state = ?", [state.into()]);
    }
    match filter.assignee {
        AssigneeFilter::Any => {}
        AssigneeFilter::None => statement.add(" AND c.assignee_id IS NULL", []),
        AssigneeFilter::Is(agent) => statement.add(" AND c.assignee_id = ?", [agent.into()]),
    }
    if let Some(inbox) = filter.inbox {
        statement.add(" AND c.inbox_id = ?", [inbox.into()]);
    }
    if let Some(team) = filter.team {
        statement.add(" AND c.team_id = ?", [team.into()]);
    }
    if let Some(contact) = filter.contact {
        statement.add(" AND c.contact_id = ?", [contact.into()]);
    }
    if let Some(label) = filter.label {
        // Not EXISTS: of that SQLite makes a join, and looks for the label when it has looked everything else up.
        let labelled = " AND (SELECT 1 FROM conversation_label l WHERE l.workspace_id = c.workspace_id
            AND l.conversation_id = c.id AND l.label_id = ?) IS NOT NULL";
        statement.add(labelled, [label.into()]);
    }
    let Some(wanted) = wanted else { return };
    match (filter.hidden.names, filter.hidden.addresses) {
        (false, false) => {
            let matches = " AND (ct.name_key LIKE ? OR i.search_key LIKE ?)";
            statement.add(matches, [wanted.into(), wanted.into()]);
        }
        (false, true) => statement.add(" AND ct.name_key LIKE ?", [wanted.into()]),
        (true, false) => statement.add(" AND i.search_key LIKE ?", [wanted.into()]),
        (true, true) => statement.add(" AND FALSE", []),
    }
}

/// The statement that counts open conversations: those of `me`, those of nobody, all.
pub(crate) fn counts(ws: WorkspaceId, vis: &Visibility, me: AgentId) -> (String, Vec<Value>) {
    let mut statement = Statement::new(
        ws,
        "SELECT COUNT(CASE WHEN c.assignee_id = $2 THEN 1 END),
            COUNT(CASE WHEN c.assignee_id = $2 AND c.unread > 0 THEN 1 END),
            COUNT(CASE WHEN c.assignee_id IS NULL THEN 1 END),
            COUNT(CASE WHEN c.assignee_id IS NULL AND c.unread > 0 THEN 1 END),
            COUNT(*), COUNT(CASE WHEN c.unread > 0 THEN 1 END)
        FROM conversation c WHERE c.workspace_id = $1 AND c.state = 'open'"
            .to_owned(),
    );
    statement.values.push(me.into());
    statement.see(vis);
    (statement.text, statement.values)
}

/// Reads a row of [`SHOWN`].
pub(crate) fn read(row: &mut Row, ws: WorkspaceId, windows: Windows, now: Millis) -> Result<Conversation> {
    let (id, inbox_id, contact) = (row.take()?, row.take()?, row.take()?);
    let name = contact::read_name(row, ws, contact)?;
    let identity = row.take()?;
    let plain = Called { phone: row.take()?, username: row.take()?, ..Called::default() };
    let Called { phone, username, .. } = identity::open_called(row, ws, identity, plain)?;
    Ok(Conversation {
        id,
        inbox_id,
        contact: ConversationContact { id: contact, name },
        identity: ConversationIdentity { id: identity, phone, username, blocked: row.take()? },
        state: row.take()?,
        turn: row.take()?,
        assignee_id: row.take()?,
        team_id: row.take()?,
        snoozed_until: row.take()?,
        created_at: row.take()?,
        updated_at: row.take()?,
        last_message: read_last_message(row, ws, id)?,
        unread: row.take()?,
        label_ids: Vec::new(),
        window: {
            let kind = row.take()?;
            Window::at(now, row.take()?, windows(kind))
        },
        waiting_since: row.take()?,
    })
}

fn read_last_message(row: &mut Row, ws: WorkspaceId, of: ConversationId) -> Result<Option<LastMessage>> {
    let (id, direction, kind) = (row.take()?, row.take()?, row.take()?);
    let plain = row.take()?;
    let preview = row.open(preview_place(ws, of))?.text_or(plain)?;
    let (at, status) = (row.take()?, row.take()?);
    Ok(match (id, direction, kind, preview, at) {
        (Some(id), Some(direction), Some(kind), Some(preview), Some(at)) => {
            Some(LastMessage { id, direction, kind, preview, at, status })
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests;
