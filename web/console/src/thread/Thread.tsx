import { Loader } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Virtuoso, type VirtuosoHandle } from "react-virtuoso";
import { api } from "../api/client";
import { queryClient, threadQuery } from "../api/queries";
import type { Capabilities, Conversation, Message } from "../api/types";
import { type Leaving, useLeaving } from "../composer/outbox";
import { putConversation } from "../feed/apply";
import { append, prepend, type Stretch, stretch } from "../feed/reduce";
import { useNow } from "../list/useNow";
import { failed } from "../shell/toast";
import { LeavingRow } from "./LeavingRow";
import { MessageRow } from "./MessageRow";
import { TypingLine } from "./TypingLine";
import classes from "./thread.module.css";

const Viewer = lazy(() => import("./Viewer").then((m) => ({ default: m.Viewer })));

/** So close to the end, in pixels, the reader counts as being there. */
const nearEnd = 80;

type Row = { message: Message; leaving?: never } | { leaving: Leaving; message?: never };

interface Props {
  conversation: Conversation;
  capabilities: Capabilities | undefined;
  canReply: boolean;
  /** The message to begin with; else the newest. */
  shown: string | undefined;
  onQuote: (message: Message) => void;
}

/** The messages of one conversation, newest at the bottom, more above on demand. */
export function Thread({ conversation, capabilities, canReply, shown, onQuote }: Props) {
  const { t } = useTranslation();
  const { id } = conversation;
  const { data, isPending, isError, refetch } = useQuery(threadQuery(id));
  const now = useNow(60_000);
  const list = useRef<VirtuosoHandle>(null);
  const [atBottom, setAtBottom] = useState(true);
  const [viewed, setViewed] = useState<string | null>(null);
  const [highlighted, setHighlighted] = useState<string | null>(null);
  // Counts up when the stretch is replaced, so that the list starts anew at its place.
  const [visit, setVisit] = useState({ n: 0, start: null as string | null });

  const items = data?.items ?? noMessages;
  const leaving = useLeaving(id, items);
  const rows: Row[] = useMemo(
    () => [
      ...items.map((message): Row => ({ message })),
      ...(data?.hasAfter ? [] : leaving.map((l): Row => ({ leaving: l }))),
    ],
    [items, leaving, data?.hasAfter],
  );

  const firstUnread = useFirstUnread(conversation, items);
  useReading(conversation, atBottom && data !== undefined && !data.hasAfter);
  const stick = useStick();
  useFollowingOwn(leaving, stick.down);

  const loadOlder = useSingle(async () => {
    const first = items[0];
    if (!data?.hasBefore || !first) return;
    const page = await api.messages.page(id, { before: first.id });
    change(id, (old) => prepend(old, page));
  });

  const loadNewer = useSingle(async () => {
    const last = items.at(-1);
    if (!data?.hasAfter || !last) return;
    const page = await api.messages.page(id, { after: last.id });
    change(id, (old) => append(old, page));
  });

  const toNewest = useCallback(async () => {
    if (queryClient.getQueryData<Stretch>(["thread", id])?.hasAfter) {
      await queryClient.resetQueries({ queryKey: ["thread", id] });
      setVisit((old) => ({ n: old.n + 1, start: null }));
    } else {
      list.current?.scrollToIndex({ index: "LAST", align: "end", behavior: "smooth" });
    }
  }, [id]);

  const go = useCallback(
    async (message: string) => {
      const loaded = queryClient.getQueryData<Stretch>(["thread", id]);
      const index = loaded?.items.findIndex((m) => m.id === message) ?? -1;
      setHighlighted(message);
      setTimeout(() => setHighlighted((now) => (now === message ? null : now)), 2_000);
      if (index >= 0) {
        list.current?.scrollToIndex({ index, align: "center", behavior: "smooth" });
        return;
      }
      try {
        const page = await api.messages.page(id, { around: message });
        queryClient.setQueryData<Stretch>(["thread", id], stretch(page));
        setVisit((old) => ({ n: old.n + 1, start: message }));
      } catch (error) {
        failed(error);
      }
    },
    [id],
  );

  const { free } = stick;
  const came = useRef<string | undefined>(undefined);
  const loaded = data !== undefined;
  useEffect(() => {
    if (shown === undefined || !loaded || came.current === shown) return;
    came.current = shown;
    // Whoever comes for a message is not at the end, even if the end is what was loaded first.
    free();
    setVisit((old) => ({ n: old.n + 1, start: shown }));
    void go(shown);
  }, [shown, loaded, free, go]);

  if (isPending) {
    return (
      <div className={classes.waiting} role="status" aria-label={t("shell.loading")}>
        <Loader />
      </div>
    );
  }
  if (isError) {
    return (
      <div className={classes.waiting} role="alert">
        <button type="button" className={classes.again} onClick={() => void refetch()}>
          {t("thread.load_failed")}
        </button>
      </div>
    );
  }

  const started = visit.start === null ? -1 : items.findIndex((m) => m.id === visit.start);
  return (
    <div className={classes.thread}>
      <Virtuoso<Row>
        key={`${id}.${visit.n}`}
        ref={list}
        scrollerRef={stick.scroller}
        totalListHeightChanged={stick.grown}
        className={classes.scroll ?? ""}
        data={rows}
        firstItemIndex={data.base}
        initialTopMostItemIndex={
          started >= 0
            ? { index: started, align: "center" }
            : { index: Math.max(0, rows.length - 1), align: "end" }
        }
        alignToBottom
        followOutput={(isAtBottom) => (isAtBottom ? "auto" : false)}
        atBottomThreshold={nearEnd}
        atBottomStateChange={setAtBottom}
        increaseViewportBy={{ top: 600, bottom: 400 }}
        startReached={loadOlder}
        endReached={loadNewer}
        computeItemKey={(_, row) => row.message?.id ?? row.leaving?.clientId ?? ""}
        components={{ Header: data.hasBefore ? Older : Start, Footer: Foot }}
        tabIndex={-1}
        itemContent={(index, row) => {
          if (row.leaving) return <LeavingRow leaving={row.leaving} />;
          return (
            <MessageRow
              message={row.message}
              previous={items[index - data.base - 1]}
              capabilities={capabilities}
              canReply={canReply}
              firstUnread={row.message.id === firstUnread}
              highlighted={row.message.id === highlighted}
              now={now}
              onQuote={onQuote}
              onGo={(message) => void go(message)}
              onOpenMedia={setViewed}
            />
          );
        }}
      />
      <TypingLine conversation={id} />
      {(!atBottom || data.hasAfter) && (
        <button
          type="button"
          className={classes.newest}
          onClick={() => void toNewest()}
          aria-label={
            conversation.unread > 0
              ? t("thread.newest_unread", { count: conversation.unread })
              : t("thread.newest")
          }
        >
          <IconChevronDown size={22} />
          {conversation.unread > 0 && <span aria-hidden="true">{conversation.unread}</span>}
        </button>
      )}
      {viewed && (
        <Suspense>
          <Viewer messages={items} media={viewed} onChange={setViewed} onClose={() => setViewed(null)} />
        </Suspense>
      )}
    </div>
  );
}

const noMessages: Message[] = [];

function change(id: string, reduce: (old: Stretch) => Stretch) {
  queryClient.setQueryData<Stretch>(["thread", id], (old) => old && reduce(old));
}

function Older() {
  return (
    <div className={classes.older}>
      <Loader size="xs" />
    </div>
  );
}

function Start() {
  return <div className={classes.start} />;
}

function Foot() {
  return <div className={classes.foot} />;
}

/** Runs an action at most once at a time. */
function useSingle(action: () => Promise<void>): () => void {
  const busy = useRef(false);
  return () => {
    if (busy.current) return;
    busy.current = true;
    action()
      .catch(failed)
      .finally(() => {
        busy.current = false;
      });
  };
}

/** The first message that was unread when the conversation was opened; the line stays there. */
function useFirstUnread(conversation: Conversation, items: Message[]): string | null {
  const found = useRef<{ conversation: string; message: string | null } | null>(null);
  if (items.length > 0 && found.current?.conversation !== conversation.id) {
    const incoming = items.filter((m) => m.direction === "in");
    const first = conversation.unread > 0 ? incoming.at(-conversation.unread) : undefined;
    found.current = { conversation: conversation.id, message: first?.id ?? null };
  }
  return found.current?.conversation === conversation.id ? found.current.message : null;
}

/** Tells the server that the newest messages were seen: only while the page is really looked at. */
function useReading(conversation: Conversation, visible: boolean) {
  const { id, unread } = conversation;
  useEffect(() => {
    if (!visible || unread === 0) return;
    const read = () => {
      if (document.visibilityState !== "visible") return;
      // Failing is harmless: the next look tries again.
      api.conversations.read(id).then(
        (changed) => putConversation(queryClient, changed),
        () => {},
      );
    };
    const timer = setTimeout(read, 400);
    document.addEventListener("visibilitychange", read);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", read);
    };
  }, [id, unread, visible]);
}

/**
 * Keeps the newest message in sight while the reader is at the end: when a picture arrives in its
 * size, a status line is added, or the composer grows. Whoever reads further up is left in peace.
 */
function useStick() {
  const element = useRef<HTMLElement | null>(null);
  const near = useRef(true);
  const cleanUp = useRef<() => void>(() => {});

  const toEnd = useCallback(() => {
    const scroller = element.current;
    if (scroller && near.current) scroller.scrollTop = scroller.scrollHeight;
  }, []);

  const scroller = useCallback(
    (found: HTMLElement | Window | null) => {
      cleanUp.current();
      if (!(found instanceof HTMLElement)) return;
      element.current = found;
      const measure = () => {
        near.current = found.scrollHeight - found.scrollTop - found.clientHeight < nearEnd;
      };
      const resized = new ResizeObserver(toEnd);
      found.addEventListener("scroll", measure, { passive: true });
      resized.observe(found);
      cleanUp.current = () => {
        found.removeEventListener("scroll", measure);
        resized.disconnect();
      };
    },
    [toEnd],
  );

  const down = useCallback(() => {
    near.current = true;
    toEnd();
  }, [toEnd]);

  const free = useCallback(() => {
    near.current = false;
  }, []);

  return { scroller, grown: toEnd, down, free };
}

/** What one sends oneself is always scrolled to. */
function useFollowingOwn(leaving: Leaving[], down: () => void) {
  const newest = leaving.at(-1)?.clientId;
  useEffect(() => {
    if (newest === undefined) return;
    const frame = requestAnimationFrame(down);
    return () => cancelAnimationFrame(frame);
  }, [newest, down]);
}
