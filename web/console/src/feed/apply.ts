import type { QueryClient } from "@tanstack/react-query";
import {
  agentsQuery,
  alarmsQuery,
  categoriesQuery,
  contactQuery,
  countsQuery,
  gapsQuery,
  inboxesQuery,
  intentsQuery,
  labelsQuery,
  me,
  operationQuery,
  parkedQuery,
  quickRepliesQuery,
  sessionQuery,
  teamsQuery,
  understoodQuery,
} from "../api/queries";
import type { Contact, Conversation, ConversationFilter } from "../api/types";
import type { FeedEvent } from "./frame";
import { journal } from "./journal";
import { type Pages, reduceItems, reducePages, reduceStretch, type Stretch } from "./reduce";

const pause = 800;
const waiting = new Set<string>();

/** Has something asked for again in a moment: a burst of events asks for it once, not once each. */
function soon(client: QueryClient, queryKey: readonly unknown[]) {
  const name = JSON.stringify(queryKey);
  if (waiting.has(name)) return;
  waiting.add(name);
  setTimeout(() => {
    waiting.delete(name);
    void client.invalidateQueries({ queryKey });
  }, pause);
}

/** Brings a conversation, as an answer or an event gave it, into every list and view that shows it. */
export function putConversation(client: QueryClient, conversation: Conversation) {
  applyEvent(client, { type: "event", seq: 0, kind: "conversation", conversation });
}

/** Applies one event of the stream to everything cached. */
export function applyEvent(client: QueryClient, event: FeedEvent) {
  journal.push(event);
  const { message, conversation } = event;
  if (message) {
    client.setQueryData<Stretch>(
      ["thread", message.conversation_id],
      (old) => old && reduceStretch(old, message.conversation_id, event),
    );
    if (message.direction === "in") {
      soon(client, understoodQuery(message.conversation_id).queryKey);
    }
  }
  if (conversation) applyConversation(client, conversation, event);
  switch (event.kind) {
    case "contact":
      if (event.id) void renewContact(client, event.id);
      break;
    case "label":
      client.setQueryData(labelsQuery.queryKey, (old) => old && reduceItems(old, event.label, event.deleted));
      break;
    case "quick_reply":
      client.setQueryData(
        quickRepliesQuery.queryKey,
        (old) => old && reduceItems(old, event.quick_reply, event.deleted),
      );
      break;
    case "inbox":
      // What an agent may see of an inbox differs, so the event names it only.
      void client.invalidateQueries({ queryKey: inboxesQuery.queryKey });
      break;
    case "alarm":
      // An agent without the right has asked for none of these, and nothing is asked for again.
      for (const { queryKey } of [alarmsQuery, operationQuery, parkedQuery, gapsQuery]) {
        void client.invalidateQueries({ queryKey });
      }
      break;
    case "article":
      soon(client, ["articles"]);
      if (event.id) void client.invalidateQueries({ queryKey: ["article", event.id] });
      break;
    case "intent":
      // What is understood of everything may be another thing now.
      void client.invalidateQueries({ queryKey: intentsQuery.queryKey });
      break;
    case "category":
      void client.invalidateQueries({ queryKey: categoriesQuery.queryKey });
      break;
    case "agent":
      applyAgent(client, event);
      break;
    case "team":
      client.setQueryData(teamsQuery.queryKey, (old) => old && reduceItems(old, event.team, event.deleted));
      break;
    case "conversation":
      // It belongs to others now, and is gone for this colleague.
      if (event.deleted) loseConversation(client, event.deleted);
      break;
  }
}

function applyConversation(client: QueryClient, conversation: Conversation, event: FeedEvent) {
  const mine = me()?.agent.id ?? "";
  client.setQueryData<Conversation>(["conversation", conversation.id], conversation);
  for (const query of client.getQueryCache().findAll({ queryKey: ["conversations"] })) {
    const filter = query.queryKey[1] as ConversationFilter;
    client.setQueryData<Pages<Conversation>>(
      query.queryKey,
      (old) => old && reducePages(old, filter, mine, event),
    );
  }
  const wrote = event.message?.direction === "in" ? { last_inbound_at: event.message.at } : {};
  client.setQueryData<Contact>(
    ["contact", conversation.contact.id],
    (old) =>
      old && {
        ...old,
        name: conversation.contact.name,
        identities: old.identities.map((identity) =>
          identity.id === conversation.identity.id
            ? { ...identity, ...conversation.identity, ...wrote }
            : identity,
        ),
        conversations: old.conversations.some((c) => c.id === conversation.id)
          ? old.conversations.map((c) => (c.id === conversation.id ? conversation : c))
          : [conversation, ...old.conversations],
      },
  );
  soon(client, countsQuery.queryKey);
}

function loseConversation(client: QueryClient, id: string) {
  client.removeQueries({ queryKey: ["thread", id] });
  void client.invalidateQueries({ queryKey: ["conversation", id] });
  void client.invalidateQueries({ queryKey: ["conversations"] });
  soon(client, countsQuery.queryKey);
}

/** A contact's event names it only; its name stands in every list, so its conversations are renewed too. */
async function renewContact(client: QueryClient, id: string) {
  try {
    const contact = await client.fetchQuery({ ...contactQuery(id), staleTime: 0 });
    for (const conversation of contact.conversations) putConversation(client, conversation);
  } catch {
    void client.invalidateQueries({ queryKey: contactQuery(id).queryKey });
  }
}

/** Asks what one may do and see now; where one sees other conversations than before, all lists are read anew. */
async function renewSession(client: QueryClient) {
  const before = me();
  try {
    const now = await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
    const same = before?.scope === now?.scope && JSON.stringify(before?.masks) === JSON.stringify(now?.masks);
    if (now && (!same || now.scope !== "all")) {
      for (const key of ["conversations", "counts", "conversation", "thread", "contact"]) {
        void client.invalidateQueries({ queryKey: [key] });
      }
    }
  } catch {
    // The next event or page asks again.
  }
}

function applyAgent(client: QueryClient, event: FeedEvent) {
  const agent = event.agent;
  client.setQueryData(agentsQuery.queryKey, (old) => old && reduceItems(old, agent, event.deleted));
  if (agent) {
    client.setQueryData(sessionQuery.queryKey, (old) =>
      old && old.agent.id === agent.id ? { ...old, agent } : old,
    );
    // The role, its rights or the teams may be others now.
    if (me()?.agent.id === agent.id) void renewSession(client);
  }
}
