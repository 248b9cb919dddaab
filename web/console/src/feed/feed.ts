import type { QueryClient } from "@tanstack/react-query";
import { sessionQuery } from "../api/queries";
import type { Conversation, Message } from "../api/types";
import { applyEvent } from "./apply";
import { connection, typing } from "./connection";
import { type FeedEvent, judge, readFrame } from "./frame";

const firstPause = 500;
const longestPause = 20_000;
const typingShown = 6_000;
/** A heartbeat may be late by this factor before the line counts as dead. */
const patience = 1.6;

export interface FeedHooks {
  /** A message that a customer has just written. */
  onArrival: (message: Message, conversation: Conversation | null) => void;
  /** The server has ended this session. */
  onSignedOut: () => void;
}

/**
 * Holds the event stream open and the cache true. Remembers the last sequence it has applied, so
 * that after sleep, a lost network or a server restart it continues exactly where it stopped.
 */
export class Feed {
  private socket: WebSocket | null = null;
  private last: number;
  private attempts = 0;
  private heartbeat = 25_000;
  private heardAt = Date.now();
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setInterval>;
  private closed = false;
  private readonly client: QueryClient;
  private readonly hooks: FeedHooks;

  constructor(client: QueryClient, since: number, hooks: FeedHooks) {
    this.client = client;
    this.last = since;
    this.hooks = hooks;
    this.watchdog = setInterval(this.check, 5_000);
    window.addEventListener("online", this.wake);
    window.addEventListener("offline", this.offline);
    document.addEventListener("visibilitychange", this.wake);
    this.open();
  }

  close() {
    this.closed = true;
    clearInterval(this.watchdog);
    clearTimeout(this.retry);
    window.removeEventListener("online", this.wake);
    window.removeEventListener("offline", this.offline);
    document.removeEventListener("visibilitychange", this.wake);
    this.drop();
  }

  /** Tells other agents that this one is writing. */
  typing(conversation_id: string) {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ type: "typing", conversation_id }));
    }
  }

  /** Tries now instead of at the end of the pause. */
  reconnect = () => {
    clearTimeout(this.retry);
    this.drop();
    this.open();
  };

  private open() {
    if (this.closed) return;
    if (connection.get().state !== "online") connection.set({ state: "connecting" });
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/stream?since=${this.last}`);
    this.socket = socket;
    this.heardAt = Date.now();
    socket.onmessage = (message) => {
      if (this.socket === socket) this.hear(String(message.data));
    };
    socket.onclose = () => {
      if (this.socket === socket) this.lost();
    };
  }

  private hear(text: string) {
    this.heardAt = Date.now();
    const frame = readFrame(text);
    if (!frame) return;
    const verdict = judge(this.last, frame);
    switch (verdict.act) {
      case "apply":
        this.last = verdict.last;
        if (frame.type === "event") this.apply(frame);
        return;
      case "count":
        this.last = verdict.last;
        return;
      case "reset":
        this.last = verdict.last;
        void this.client.invalidateQueries();
        return;
      case "reconnect":
        this.reconnect();
        return;
      case "drop":
        return;
      case "pass":
        break;
    }
    if (frame.type === "hello") {
      this.attempts = 0;
      this.heartbeat = frame.heartbeat_ms;
      connection.set({ state: "online" });
    } else if (frame.type === "ping") {
      this.socket?.send(JSON.stringify({ type: "pong" }));
    } else if (frame.type === "typing") {
      typing.set({
        ...typing.get(),
        [frame.conversation_id]: { agent: frame.agent_id, until: Date.now() + typingShown },
      });
      setTimeout(() => typing.set({ ...typing.get() }), typingShown + 50);
    } else if (frame.type === "bye") {
      this.drop();
      if (frame.reason === "revoked") void this.askSession();
      else this.wait(frame.retry_ms);
    }
  }

  private apply(event: FeedEvent) {
    const { message } = event;
    const known =
      message && this.client.getQueryData<{ items: Message[] }>(["thread", message.conversation_id]);
    const isNew = message?.direction === "in" && !known?.items.some((m) => m.id === message.id);
    applyEvent(this.client, event);
    // Changes of an old message (a reaction, its media) are not arrivals.
    if (
      message &&
      isNew &&
      event.conversation?.last_message?.id === message.id &&
      message.reactions.length === 0
    ) {
      this.hooks.onArrival(message, event.conversation);
    }
  }

  private lost() {
    this.socket = null;
    if (this.closed) return;
    if (!navigator.onLine) {
      connection.set({ state: "offline" });
      return;
    }
    if (this.attempts > 0) void this.askSession();
    this.wait(0);
  }

  private wait(atLeast: number) {
    const pause = Math.min(longestPause, firstPause * 2 ** this.attempts);
    // Spread, so that a restarted server is not met by everyone in the same instant.
    const delay = Math.max(atLeast, pause) * (0.75 + Math.random() / 2);
    this.attempts += 1;
    connection.set({ state: "waiting", retryAt: Date.now() + delay });
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open(), delay);
  }

  /** The stream's refusal does not say why; the session's own address does. */
  private async askSession() {
    try {
      const session = await this.client.fetchQuery({ ...sessionQuery, staleTime: 0, retry: false });
      if (session === null) this.hooks.onSignedOut();
    } catch {
      // Not reachable: the next attempt will tell.
    }
  }

  private drop() {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private check = () => {
    const silent = Date.now() - this.heardAt > this.heartbeat * patience;
    if (this.socket && silent) this.reconnect();
  };

  private wake = () => {
    if (document.visibilityState === "hidden" || !navigator.onLine) return;
    const silent = Date.now() - this.heardAt > this.heartbeat;
    if (!this.socket || silent) {
      this.attempts = 0;
      this.reconnect();
    }
  };

  private offline = () => {
    clearTimeout(this.retry);
    this.drop();
    connection.set({ state: "offline" });
  };
}
