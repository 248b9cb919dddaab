import { useMemo } from "react";
import { api } from "../api/client";
import { ApiError, retryDelay } from "../api/error";
import { queryClient } from "../api/queries";
import type { Content, Message, NewMessage, Quote } from "../api/types";
import { applyEvent } from "../feed/apply";
import { connection, useWatched, Watched } from "../feed/connection";
import { keep, kept, letGo } from "./kept";

/** A message that this browser has not handed to the server yet. */
export interface Leaving {
  clientId: string;
  conversation: string;
  note: boolean;
  body: NewMessage;
  /** What is still to be uploaded before it. */
  file: File | null;
  /** How it looks until the server has it. */
  shown: { content: Content; at: number; reply_to: Quote | null };
  state: "leaving" | "waiting" | "refused";
  error: ApiError | null;
}

type Outbox = Record<string, Leaving[]>;

const outbox = new Watched<Outbox>({});
// One at a time for each conversation: what was written first arrives first.
const lines = new Map<string, Promise<void>>();
// How often the server was too busy for each.
const tries = new Map<string, number>();

/** Whose messages these are. */
let owner: string | null = null;

/** Begins to send for an agent, with what a reload cut off: the client id makes sending it twice harmless. */
export function openOutbox(agent: string) {
  if (owner === agent) return;
  owner = agent;
  outbox.set({});
  for (const { clientId, conversation, note, body, text, at, replyTo } of kept(agent)) {
    send({
      clientId,
      conversation,
      note,
      body,
      file: null,
      shown: { content: { kind: "text", text }, at, reply_to: replyTo },
    });
  }
}

/** Ends sending for an agent who signed out. */
export function closeOutbox() {
  owner = null;
  outbox.set({});
}

function put(leaving: Leaving) {
  const { clientId, conversation, note, body, shown } = leaving;
  if (owner && !leaving.file && shown.content.kind === "text") {
    keep(owner, {
      clientId,
      conversation,
      note,
      body,
      text: shown.content.text,
      at: shown.at,
      replyTo: shown.reply_to,
    });
  }
  const all = outbox.get();
  const line = all[leaving.conversation] ?? [];
  const here = line.some((l) => l.clientId === leaving.clientId);
  const next = here ? line.map((l) => (l.clientId === leaving.clientId ? leaving : l)) : [...line, leaving];
  outbox.set({ ...all, [leaving.conversation]: next });
}

function remove(leaving: Leaving) {
  if (owner) letGo(owner, leaving.clientId);
  const all = outbox.get();
  const line = (all[leaving.conversation] ?? []).filter((l) => l.clientId !== leaving.clientId);
  outbox.set({ ...all, [leaving.conversation]: line });
}

function find(leaving: Leaving): Leaving | undefined {
  return outbox.get()[leaving.conversation]?.find((l) => l.clientId === leaving.clientId);
}

/**
 * Shows a message at once and sends it. The client id makes the sending idempotent, so a line
 * that breaks in the middle never sends twice.
 */
export function send(leaving: Omit<Leaving, "state" | "error">) {
  const entry: Leaving = { ...leaving, state: "leaving", error: null };
  put(entry);
  enqueue(entry);
}

/** Tries a waiting message again. */
export function sendAgain(leaving: Leaving) {
  const entry: Leaving = { ...leaving, state: "leaving", error: null };
  put(entry);
  enqueue(entry);
}

/** Takes back what has not left. */
export function discard(leaving: Leaving) {
  release(leaving);
  remove(leaving);
}

function enqueue(entry: Leaving) {
  const before = lines.get(entry.conversation) ?? Promise.resolve();
  lines.set(
    entry.conversation,
    before.then(() => deliver(entry)),
  );
}

async function deliver(entry: Leaving) {
  if (!find(entry)) return;
  try {
    const { body } = entry;
    if (entry.file && body.upload_id === undefined) {
      const upload = await api.upload(entry.file, entry.file.name);
      body.upload_id = upload.id;
    }
    const message = entry.note
      ? await api.messages.note(entry.conversation, { client_id: entry.clientId, text: body.text ?? "" })
      : await api.messages.send(entry.conversation, body);
    accepted(message);
    release(entry);
    remove(entry);
    tries.delete(entry.clientId);
  } catch (cause) {
    const error = cause instanceof ApiError ? cause : new ApiError("internal", String(cause), 0);
    put({ ...entry, state: error.passing ? "waiting" : "refused", error });
    // Without a connection it waits for the line to come back.
    if (error.passing && error.status !== 0) comeAgain(entry, error);
  }
}

/** Sends a waiting message again when the server asks for it to be. */
function comeAgain(entry: Leaving, error: ApiError) {
  const count = tries.get(entry.clientId) ?? 0;
  tries.set(entry.clientId, count + 1);
  setTimeout(
    () => {
      const waiting = find(entry);
      if (waiting?.state === "waiting") sendAgain(waiting);
    },
    retryDelay(count, error),
  );
}

/** Shows the server's answer unless the stream was faster; what the stream said is newer. */
function accepted(message: Message) {
  const known = queryClient.getQueryData<{ items: Message[] }>(["thread", message.conversation_id]);
  if (known?.items.some((m) => m.id === message.id)) return;
  applyEvent(queryClient, { type: "event", seq: 0, kind: "message", message });
}

/** Frees the preview of a local file. */
function release(leaving: Leaving) {
  const { content } = leaving.shown;
  if ("media" in content && content.media.url?.startsWith("blob:")) {
    const { url } = content.media;
    // The bubble with the server's own address is drawn first.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}

// When the line is back, everything that waited for it leaves by itself.
connection.subscribe(() => {
  if (connection.get().state !== "online") return;
  for (const line of Object.values(outbox.get())) {
    for (const leaving of line) if (leaving.state === "waiting") sendAgain(leaving);
  }
});

// A file that has not left lives in this page only: closing it asks first.
if (typeof window !== "undefined") {
  window.addEventListener("beforeunload", (event) => {
    const files = Object.values(outbox.get()).some((line) => line.some((leaving) => leaving.file !== null));
    if (files) event.preventDefault();
  });
}

const none: Leaving[] = [];

/** What is still to leave for one conversation, without what the thread already shows. */
export function useLeaving(conversation: string, arrived: readonly Message[]): Leaving[] {
  const line = useWatched(outbox)[conversation] ?? none;
  return useMemo(() => {
    if (line.length === 0) return none;
    const there = new Set(arrived.map((m) => m.client_id));
    return line.filter((l) => !there.has(l.clientId));
  }, [line, arrived]);
}
