import type { QueryClient } from "@tanstack/react-query";
import {
  agentsQuery,
  countsQuery,
  inboxesQuery,
  labelsQuery,
  me,
  quickRepliesQuery,
  sessionQuery,
} from "../api/queries";
import type { Contact, Conversation, ConversationFilter } from "../api/types";
import type { FeedEvent } from "./frame";
import { journal } from "./journal";
import { type Pages, reduceItems, reducePages, reduceStretch, type Stretch } from "./reduce";

// A burst of messages asks for the counts once, not once each.
const countsPause = 800;
let countsTimer: ReturnType<typeof setTimeout> | undefined;

function recount(client: QueryClient) {
  if (countsTimer !== undefined) return;
  countsTimer = setTimeout(() => {
    countsTimer = undefined;
    void client.invalidateQueries({ queryKey: countsQuery.queryKey });
  }, countsPause);
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
  }
  if (conversation) applyConversation(client, conversation, event);
  switch (event.kind) {
    case "contact":
      applyContact(client, event);
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
      client.setQueryData(
        inboxesQuery.queryKey,
        (old) => old && reduceItems(old, event.inbox, event.deleted),
      );
      break;
    case "agent":
      applyAgent(client, event);
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
  client.setQueryData<Contact>(
    ["contact", conversation.contact.id],
    (old) =>
      old && {
        ...old,
        name: conversation.contact.name,
        conversations: old.conversations.some((c) => c.id === conversation.id)
          ? old.conversations.map((c) => (c.id === conversation.id ? conversation : c))
          : [conversation, ...old.conversations],
      },
  );
  recount(client);
}

function applyContact(client: QueryClient, event: FeedEvent) {
  const contact = event.contact;
  if (contact?.identities) client.setQueryData<Contact>(["contact", contact.id], contact);
  else void client.invalidateQueries({ queryKey: ["contact"] });
}

function applyAgent(client: QueryClient, event: FeedEvent) {
  const agent = event.agent;
  client.setQueryData(agentsQuery.queryKey, (old) => old && reduceItems(old, agent, event.deleted));
  if (agent) {
    client.setQueryData(sessionQuery.queryKey, (old) =>
      old && old.agent.id === agent.id ? { ...old, agent } : old,
    );
  }
}
