import { ActionIcon, CloseButton, Loader, Popover, Textarea, Tooltip } from "@mantine/core";
import {
  IconClock,
  IconLock,
  IconMicrophone,
  IconMoodSmile,
  IconPaperclip,
  IconSend2,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, type RefObject, Suspense, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { quickRepliesQuery } from "../api/queries";
import type { Capabilities, Conversation, Message, QuickReply, Suggestion } from "../api/types";
import asideClasses from "../copilot/copilot.module.css";
import { Suggestions } from "../copilot/Suggestions";
import { firstBlank, isInternal, takenBy, unchanged } from "../copilot/suggestion";
import { tell, useSuggestions } from "../copilot/useSuggestions";
import { preview } from "../list/preview";
import { useNow } from "../list/useNow";
import { currentLocale } from "../locales";
import { useFeed } from "../shell/feedContext";
import { useMe } from "../shell/permission";
import { Attachments } from "./Attachments";
import { type Attachment, attach } from "./attachment";
import classes from "./composer.module.css";
import { type Draft, keepDraft, readDraft } from "./draft";
import { KnowledgeButton } from "./KnowledgeButton";
import { localContent, localMedia } from "./local";
import { send } from "./outbox";
import { QuickReplyList } from "./QuickReplyList";
import { fill, matching, slashWord } from "./quickReply";
import { RewriteMenu, Rewritten } from "./RewriteMenu";
import { canRecord } from "./recording";
import { useRewriting } from "./rewriting";
import { replyWindow, span } from "./window";

const EmojiPicker = lazy(() => import("./EmojiPicker").then((m) => ({ default: m.EmojiPicker })));
const Recorder = lazy(() => import("./Recorder").then((m) => ({ default: m.Recorder })));

/** How often the customer's side is told that we are writing; the sign there lasts 25 s. */
const typingEvery = 20_000;
const colleaguesEvery = 3_000;

export type Mode = "reply" | "note";

interface Props {
  conversation: Conversation;
  capabilities: Capabilities | undefined;
  canReply: boolean;
  mode: Mode;
  onMode: (mode: Mode) => void;
  quoted: Message | null;
  onUnquote: () => void;
  input: RefObject<HTMLTextAreaElement | null>;
  /** Files dropped anywhere over the conversation. */
  dropped: File[];
  onTaken: () => void;
}

/** Writes replies and notes. Mounted anew for every conversation, so its state is that conversation's. */
export function Composer(props: Props) {
  const { conversation, capabilities, canReply, mode, onMode, quoted, onUnquote, input, dropped, onTaken } =
    props;
  const { t } = useTranslation();
  const me = useMe();
  const now = useNow(15_000);
  const [draft, setDraft] = useState<Draft>(() => readDraft(me.agent.id, conversation.id));
  const [attachments, setAttachments] = useState<Attachment[]>([]);
  const [recording, setRecording] = useState(false);
  const [cursor, setCursor] = useState(0);
  const files = useRef<HTMLInputElement>(null);
  const announceTyping = useTyping(conversation, capabilities);
  const [taken, setTaken] = useState<Taken | null>(null);

  const isNote = mode === "note";
  const text = isNote ? draft.note : draft.text;
  const window = replyWindow(conversation.window, now);
  const closed = !isNote && (window.state === "closed" || conversation.identity.blocked);
  const limit = attachments.length > 0 ? capabilities?.caption_limit : capabilities?.text_limit;
  const length = [...text].length;
  const tooLong = !isNote && limit !== undefined && length > limit;
  const bad = attachments.some((a) => a.problem !== null);
  const rewriting = useRewriting(conversation.id, draft.text, (value) =>
    setDraft((old) => ({ ...old, text: value })),
  );
  // What is being put otherwise stays as it is until it comes back.
  const waits = !isNote && rewriting.busy;
  const ready =
    canReply &&
    !closed &&
    !tooLong &&
    !bad &&
    !waits &&
    (text.trim() !== "" || (!isNote && attachments.length > 0));

  const suggested = useSuggestions(
    conversation,
    canReply && !isNote && !closed && conversation.state !== "resolved",
  );

  useEffect(() => {
    keepDraft(me.agent.id, conversation.id, { ...draft, replyTo: quoted?.id ?? null });
  }, [draft, quoted, me.agent.id, conversation.id]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only newly dropped files are taken
  useEffect(() => {
    if (dropped.length === 0) return;
    add(dropped);
    onTaken();
  }, [dropped]);

  function write(value: string) {
    if (waits) return;
    setDraft((old) => (isNote ? { ...old, note: value } : { ...old, text: value }));
    if (!isNote && value !== "") announceTyping();
  }

  function add(list: File[]) {
    if (!capabilities || isNote || closed) return;
    setAttachments((old) => [...old, ...list.map((file) => attach(file, capabilities))].slice(0, 10));
    input.current?.focus();
  }

  function quote() {
    return quoted
      ? {
          id: quoted.id,
          author_name: quoted.author.name,
          kind: quoted.content.kind,
          preview: preview(quoted.content, t),
        }
      : null;
  }

  function submit() {
    if (!ready) return;
    const trimmed = text.trim();
    if (taken && !isNote) {
      tell(taken.message, taken.suggestion, {
        used: unchanged(trimmed, taken.text) ? "unchanged" : "edited",
      });
      setTaken(null);
    }
    const common = { conversation: conversation.id, note: isNote };
    const first = attachments[0];
    if (isNote || !first) {
      const clientId = crypto.randomUUID();
      send({
        ...common,
        clientId,
        file: null,
        body: { client_id: clientId, text: trimmed, ...(quoted && !isNote ? { reply_to: quoted.id } : {}) },
        shown: {
          content: { kind: "text", text: trimmed },
          at: Date.now(),
          reply_to: isNote ? null : quote(),
        },
      });
    } else {
      attachments.forEach((attachment, n) => {
        const clientId = crypto.randomUUID();
        // The words and the quote go with the first file. Sound has no caption: its words follow alone.
        const caption = n === 0 && attachment.kind !== "audio" ? trimmed : "";
        send({
          ...common,
          clientId,
          file: attachment.file,
          body: {
            client_id: clientId,
            ...(caption ? { text: caption } : {}),
            ...(quoted && n === 0 ? { reply_to: quoted.id } : {}),
          },
          shown: {
            content: localContent(attachment, caption),
            at: Date.now(),
            reply_to: n === 0 ? quote() : null,
          },
        });
      });
      if (trimmed && first.kind === "audio") {
        const clientId = crypto.randomUUID();
        send({
          ...common,
          clientId,
          file: null,
          body: { client_id: clientId, text: trimmed },
          shown: { content: { kind: "text", text: trimmed }, at: Date.now(), reply_to: null },
        });
      }
      setAttachments([]);
    }
    setDraft((old) => (isNote ? { ...old, note: "" } : { ...old, text: "" }));
    if (!isNote) onUnquote();
    input.current?.focus();
  }

  function sendVoice(file: File, lengthMs: number, waveform: number[]) {
    setRecording(false);
    const clientId = crypto.randomUUID();
    send({
      conversation: conversation.id,
      note: false,
      clientId,
      file,
      body: { client_id: clientId, voice: true, ...(quoted ? { reply_to: quoted.id } : {}) },
      shown: {
        content: {
          kind: "audio",
          media: localMedia(file, URL.createObjectURL(file), true, lengthMs, waveform),
        },
        at: Date.now(),
        reply_to: quote(),
      },
    });
    onUnquote();
  }

  const facts = {
    "contact.name": conversation.contact.name,
    "contact.phone": conversation.identity.phone ?? "",
    "agent.name": me.agent.name,
  };
  const slash = useSlash(text, cursor, facts);

  function insert(value: string, from: number, to: number) {
    const next = text.slice(0, from) + value + text.slice(to);
    write(next);
    // What was left open is to be filled in first.
    const open = firstBlank(value);
    const [start, end] = open
      ? [from + open.from, from + open.to]
      : [from + value.length, from + value.length];
    setCursor(end);
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(start, end);
    });
  }

  function take(suggestion: Suggestion) {
    if (waits) return;
    const value = fill(suggestion.text, facts);
    setTaken({ suggestion, text: value, message: suggested.message });
    if (text.trim() === "") insert(value, 0, text.length);
    else insert(value, cursor, cursor);
  }

  function pick(reply: QuickReply) {
    if (slash.word) insert(slash.filled(reply), slash.word.from, slash.word.to);
  }

  function keyDown(event: React.KeyboardEvent<HTMLTextAreaElement>) {
    // An input method is still composing: its Enter chooses a word and sends nothing.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    const place = takenBy(event);
    const wanted = place === null ? undefined : suggested.items[place];
    if (wanted) {
      event.preventDefault();
      take(wanted);
      return;
    }
    if (slash.open) {
      if (slash.key(event.key)) {
        event.preventDefault();
        return;
      }
      const chosen = slash.replies[slash.active];
      if ((event.key === "Enter" || event.key === "Tab") && chosen) {
        event.preventDefault();
        pick(chosen);
        return;
      }
    }
    if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape") {
      if (quoted) onUnquote();
      else input.current?.blur();
    }
  }

  if (!canReply) return null;
  return (
    <section className={classes.composer} data-mode={mode} aria-label={t("composer.title")}>
      <div className={classes.tabs}>
        <button type="button" aria-pressed={!isNote} onClick={() => onMode("reply")} data-testid="tab-reply">
          {t("composer.reply")}
        </button>
        <button type="button" aria-pressed={isNote} onClick={() => onMode("note")} data-testid="tab-note">
          <IconLock size={13} aria-hidden="true" /> {t("composer.note")}
        </button>
        {!isNote && (window.state === "open" || window.state === "closing") && (
          <Tooltip label={t("window.help")} multiline w={260}>
            <span className={classes.window} data-state={window.state} data-testid="reply-window">
              <IconClock size={14} aria-hidden="true" />
              {t("window.left", { time: span(window.left, currentLocale()) })}
            </span>
          </Tooltip>
        )}
      </div>
      {closed ? (
        <Closed blocked={conversation.identity.blocked} onNote={() => onMode("note")} />
      ) : recording ? (
        <Suspense fallback={<Loader />}>
          <Recorder onSend={sendVoice} onClose={() => setRecording(false)} />
        </Suspense>
      ) : (
        <>
          {quoted && !isNote && (
            <div className={classes.quoted} data-testid="composer-quote">
              <span>
                <strong dir="auto">{quoted.author.name ?? conversation.contact.name}</strong>
                <span dir="auto">{preview(quoted.content, t)}</span>
              </span>
              <CloseButton size="sm" aria-label={t("quote.remove")} onClick={onUnquote} />
            </div>
          )}
          {!isNote && (
            <Attachments
              attachments={attachments}
              onRemove={(gone) => {
                URL.revokeObjectURL(gone.url);
                setAttachments((old) => old.filter((a) => a.id !== gone.id));
              }}
            />
          )}
          {!isNote && (
            <Suggestions suggested={suggested} shown={(one) => fill(one.text, facts)} onTake={take} />
          )}
          {!isNote && taken && isInternal(taken.suggestion) && text.includes(taken.text) && (
            <p className={asideClasses.hint} role="alert" data-testid="internal-hint">
              {t("copilot.internal_hint")}
            </p>
          )}
          {slash.open && (
            <QuickReplyList id={slash.id} replies={slash.replies} active={slash.active} onPick={pick} />
          )}
          {!isNote && <Rewritten rewriting={rewriting} />}
          <div className={classes.bar}>
            {!isNote && (
              <>
                <input
                  ref={files}
                  type="file"
                  multiple
                  hidden
                  data-testid="composer-file"
                  onChange={(event) => {
                    add([...(event.currentTarget.files ?? [])]);
                    event.currentTarget.value = "";
                  }}
                />
                <ActionIcon
                  aria-label={t("attach.action")}
                  data-testid="composer-attach"
                  onClick={() => files.current?.click()}
                >
                  <IconPaperclip size={20} stroke={1.6} />
                </ActionIcon>
              </>
            )}
            <KnowledgeButton onPick={(found) => insert(found, cursor, cursor)} />
            <EmojiButton onPick={(emoji) => insert(emoji, cursor, cursor)} />
            {!isNote && (
              <RewriteMenu
                conversation={conversation.id}
                disabled={text.trim() === "" || rewriting.busy}
                onChoose={(how) => {
                  void rewriting.rewrite(how);
                  requestAnimationFrame(() => input.current?.focus());
                }}
              />
            )}
            <Textarea
              ref={input}
              readOnly={waits}
              aria-busy={waits}
              className={classes.input ?? ""}
              classNames={{ input: classes.field ?? "" }}
              variant="unstyled"
              autosize
              minRows={1}
              maxRows={8}
              dir="auto"
              aria-label={isNote ? t("composer.note_label") : t("composer.label")}
              placeholder={isNote ? t("composer.note_placeholder") : t("composer.placeholder")}
              data-testid="composer-input"
              enterKeyHint="send"
              aria-autocomplete="list"
              {...(slash.open
                ? { "aria-controls": slash.id, "aria-activedescendant": `${slash.id}-${slash.active}` }
                : {})}
              value={text}
              onChange={(event) => {
                write(event.currentTarget.value);
                setCursor(event.currentTarget.selectionStart);
              }}
              onSelect={(event) => setCursor(event.currentTarget.selectionStart)}
              onKeyDown={keyDown}
              onPaste={(event) => {
                const pasted = [...event.clipboardData.files];
                if (pasted.length === 0 || isNote) return;
                event.preventDefault();
                add(pasted);
              }}
            />
            {tooLong && (
              <span className={classes.tooLong} role="alert">
                {t("composer.too_long", { over: length - (limit ?? 0) })}
              </span>
            )}
            {!isNote && text.trim() === "" && attachments.length === 0 && canRecord() ? (
              <ActionIcon
                size={38}
                radius="xl"
                variant="light"
                color="pine"
                aria-label={t("record.action")}
                data-testid="composer-record"
                onClick={() => setRecording(true)}
              >
                <IconMicrophone size={20} stroke={1.7} />
              </ActionIcon>
            ) : (
              <ActionIcon
                size={38}
                radius="xl"
                variant="filled"
                color={isNote ? "yellow.7" : "pine"}
                disabled={!ready}
                aria-label={isNote ? t("composer.save_note") : t("composer.send")}
                data-testid="composer-send"
                onClick={submit}
              >
                <IconSend2 size={19} className="mirrored" />
              </ActionIcon>
            )}
          </div>
        </>
      )}
    </section>
  );
}

/** A suggestion that was taken, as it was written into the field. */
interface Taken {
  suggestion: Suggestion;
  text: string;
  /** The message that it was suggested for: by the time it is sent there may be a newer one. */
  message: string | null;
}

/** Why nothing can be sent, and what helps. */
function Closed({ blocked, onNote }: { blocked: boolean; onNote: () => void }) {
  const { t } = useTranslation();
  return (
    <div className={classes.closed} role="note" data-testid="composer-closed">
      <IconLock size={20} aria-hidden="true" />
      <p>
        <strong>{blocked ? t("window.blocked") : t("window.closed")}</strong>
        {blocked ? t("window.blocked_help") : t("window.closed_help")}{" "}
        <button type="button" onClick={onNote}>
          {t("window.write_note")}
        </button>
      </p>
    </div>
  );
}

function EmojiButton({ onPick }: { onPick: (emoji: string) => void }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="top-start"
      trapFocus
      withRoles
      keepMounted={false}
    >
      <Popover.Target>
        <ActionIcon
          className={classes.emoji ?? ""}
          aria-label={t("emoji.action")}
          data-testid="composer-emoji"
          onClick={() => setOpened((now) => !now)}
        >
          <IconMoodSmile size={20} stroke={1.6} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label={t("emoji.action")}>
        <Suspense fallback={<div className={classes.pickerWaiting} />}>
          <EmojiPicker
            onPick={(emoji) => {
              setOpened(false);
              onPick(emoji);
            }}
          />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Quick replies behind a slash: what matches, which is active, and the keys that move it. */
function useSlash(text: string, cursor: number, facts: Record<string, string>) {
  const id = useId();
  const { data } = useQuery(quickRepliesQuery);
  const word = slashWord(text, cursor);
  const replies = word ? matching(data?.items ?? [], word.word) : [];
  const [place, setPlace] = useState({ word: "", active: 0, closed: false });
  const same = word !== null && place.word === word.word;
  const active = same ? Math.min(place.active, Math.max(0, replies.length - 1)) : 0;
  const open = replies.length > 0 && !(same && place.closed);

  /** Whether the key belonged to the list. */
  function key(pressed: string): boolean {
    if (!word) return false;
    const move = pressed === "ArrowDown" ? 1 : pressed === "ArrowUp" ? -1 : 0;
    if (move !== 0) {
      setPlace({ word: word.word, active: (active + move + replies.length) % replies.length, closed: false });
      return true;
    }
    if (pressed === "Escape") {
      setPlace({ word: word.word, active: 0, closed: true });
      return true;
    }
    return false;
  }

  return { id, word, replies, active, open, key, filled: (reply: QuickReply) => fill(reply.body, facts) };
}

/** Tells the customer's side and the colleagues that somebody is writing, each in its own rhythm. */
function useTyping(conversation: Conversation, capabilities: Capabilities | undefined): () => void {
  const feed = useFeed();
  const told = useRef({ customer: 0, colleagues: 0 });
  return () => {
    const now = Date.now();
    if (now - told.current.colleagues > colleaguesEvery) {
      told.current.colleagues = now;
      feed?.typing(conversation.id);
    }
    if (capabilities?.typing && now - told.current.customer > typingEvery) {
      told.current.customer = now;
      // A sign that does not arrive is not worth a word.
      api.conversations.typing(conversation.id).catch(() => {});
    }
  };
}
