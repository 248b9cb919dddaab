import { Button } from "@mantine/core";
import { useHotkeys, useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type DragEvent, lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { conversationQuery, inboxesQuery, threadQuery } from "../api/queries";
import type { Message } from "../api/types";
import { Composer, type Mode } from "../composer/Composer";
import { readDraft } from "../composer/draft";
import { ContactPanel } from "../contact/ContactPanel";
import { SummaryStrip } from "../copilot/SummaryStrip";
import type { InboxSearch, View } from "../router";
import { useMay, useMe } from "../shell/permission";
import { Waiting } from "../shell/Waiting";
import { Thread } from "../thread/Thread";
import { useAction } from "./actions";
import { ConversationHead } from "./ConversationHead";
import classes from "./inbox.module.css";

const Aside = lazy(() => import("../copilot/Aside").then((m) => ({ default: m.Aside })));

interface Props {
  id: string;
  view: View;
  search: InboxSearch;
}

/** One conversation: its head, its thread, the composer, and the contact beside it. */
export function ConversationPane({ id, view, search }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const navigate = useNavigate();
  const { data: conversation, isError } = useQuery(conversationQuery(id));
  const { data: inboxes } = useQuery({ ...inboxesQuery, enabled: useMay("inbox.read") });
  const canReply = useMay("conversation.reply");
  const phone = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false }) ?? false;
  // Where it would lie over the thread it is there when it is asked for.
  const narrow = useMediaQuery("(max-width: 75em)", undefined, { getInitialValueInEffect: false }) ?? false;
  const [contactBeside, setContactBeside] = useLocalStorage({ key: "bellhop.contact", defaultValue: true });
  const [contactOver, setContactOver] = useState(false);
  const [mode, setMode] = useState<Mode>("reply");
  const [quoted, setQuoted] = useQuoted(id, me.agent.id);
  const [dropped, setDropped] = useState<File[]>([]);
  const [dragging, setDragging] = useState(false);
  const input = useRef<HTMLTextAreaElement>(null);
  const action = useAction(id);
  // Drawn once it was asked for, and then kept, so that it can close as it opened.
  const [aside, setAside] = useState<"never" | "open" | "closed">("never");

  const inbox = inboxes?.items.find((i) => i.id === conversation?.inbox_id);
  const [contactKept, setContactKept] = narrow
    ? [contactOver, setContactOver]
    : [contactBeside, setContactBeside];
  const contactShown = phone ? search.pane === "contact" : contactKept;
  const list = () =>
    navigate({
      to: "/inbox/$view/{-$conversationId}",
      params: { view, conversationId: undefined },
      search: withoutPane(search),
    });

  function toggleContact() {
    if (!phone) {
      setContactKept(!contactKept);
      return;
    }
    // On a phone the contact is a page of its own: the way back is the browser's.
    if (search.pane === "contact") history.back();
    else {
      void navigate({
        to: "/inbox/$view/{-$conversationId}",
        params: { view, conversationId: id },
        search: { ...search, pane: "contact" },
      });
    }
  }

  function focusInput(next: Mode) {
    setMode(next);
    requestAnimationFrame(() => input.current?.focus());
  }

  useHotkeys([
    ["r", () => focusInput("reply")],
    ["n", () => focusInput("note")],
    ["i", toggleContact],
    ["m", () => action.run({ act: "assign", agent: me.agent.id })],
    ["e", () => conversation && action.run({ act: conversation.state === "open" ? "resolve" : "reopen" })],
  ]);

  useEscape(() => void list());

  // Writing can begin at once where there is a keyboard; on a phone it would cover the thread.
  const ready = conversation !== undefined;
  useEffect(() => {
    if (ready && !phone) input.current?.focus();
  }, [ready, phone]);

  if (isError) {
    return (
      <div className={classes.nothing} role="alert">
        <p>{t("error.not_found")}</p>
        <Button
          variant="default"
          renderRoot={(props) => (
            <Link
              to="/inbox/$view/{-$conversationId}"
              params={{ view, conversationId: undefined }}
              {...props}
            />
          )}
        >
          {t("shell.to_inbox")}
        </Button>
      </div>
    );
  }
  if (!conversation) return <Waiting />;

  function drop(event: DragEvent) {
    setDragging(false);
    const files = [...event.dataTransfer.files];
    if (files.length === 0) return;
    event.preventDefault();
    setMode("reply");
    setDropped(files);
  }

  return (
    <div className={classes.conversation} data-contact={contactShown}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping files also has a button */}
      <div
        className={classes.middle}
        onDragOver={(event) => {
          if (!event.dataTransfer.types.includes("Files") || !canReply) return;
          event.preventDefault();
          setDragging(true);
        }}
        onDragLeave={(event) => {
          if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDragging(false);
        }}
        onDrop={drop}
      >
        <ConversationHead
          conversation={conversation}
          inboxName={(inboxes?.items.length ?? 0) > 1 ? (inbox?.name ?? null) : null}
          view={view}
          search={search}
          run={action.run}
          busy={action.busy}
          contactShown={contactShown}
          onContact={toggleContact}
          onAside={() => setAside("open")}
        />
        <SummaryStrip id={id} onOpen={() => setAside("open")} />
        <Thread
          conversation={conversation}
          capabilities={inbox?.capabilities}
          canReply={canReply}
          shown={search.message}
          onQuote={(message) => {
            setQuoted(message);
            focusInput("reply");
          }}
        />
        <Composer
          conversation={conversation}
          capabilities={inbox?.capabilities}
          canReply={canReply}
          mode={mode}
          onMode={focusInput}
          quoted={quoted}
          onUnquote={() => setQuoted(null)}
          input={input}
          dropped={dropped}
          onTaken={() => setDropped([])}
        />
        {dragging && <div className={classes.dropHere}>{t("attach.drop")}</div>}
      </div>
      {aside !== "never" && (
        <Suspense>
          <Aside
            conversation={conversation}
            opened={aside === "open"}
            onClose={() => setAside("closed")}
            onMessage={(message) => {
              setAside("closed");
              void navigate({
                to: "/inbox/$view/{-$conversationId}",
                params: { view, conversationId: id },
                search: { ...search, message },
              });
            }}
          />
        </Suspense>
      )}
      {contactShown && (
        <ContactPanel conversation={conversation} view={view} onClose={toggleContact} run={action.run} />
      )}
    </div>
  );
}

/** Escape leaves the conversation, unless it closes something that lies above or is meant for a field. */
function useEscape(leave: () => void) {
  const act = useRef(leave);
  act.current = leave;
  useEffect(() => {
    function key(event: KeyboardEvent) {
      if (event.key !== "Escape") return;
      const field = event.target instanceof Element && event.target.closest("input, textarea, select");
      if (field || document.querySelector("[role=dialog], [role=menu], [role=listbox]")) return;
      act.current();
    }
    // Before anything else hears of it: what closes by the key is still there.
    window.addEventListener("keydown", key, true);
    return () => window.removeEventListener("keydown", key, true);
  }, []);
}

function withoutPane({ pane: _, message: __, ...search }: InboxSearch): InboxSearch {
  return search;
}

/** The message being answered, found again after a reload through the kept draft. */
function useQuoted(conversation: string, agent: string) {
  const [quoted, setQuoted] = useState<Message | null>(null);
  const { data } = useQuery(threadQuery(conversation));
  const wanted = useRef(readDraft(agent, conversation).replyTo);
  useEffect(() => {
    if (!data || wanted.current === null) return;
    const found = data.items.find((m) => m.id === wanted.current);
    wanted.current = null;
    if (found) setQuoted(found);
  }, [data]);
  return [quoted, setQuoted] as const;
}
