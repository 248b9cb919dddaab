import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconArrowForward,
  IconCopy,
  IconHelpCircle,
  IconLock,
  IconRefresh,
  IconRobot,
} from "@tabler/icons-react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { queryClient } from "../api/queries";
import type { Capabilities, Content, Message } from "../api/types";
import { applyEvent } from "../feed/apply";
import { preview } from "../list/preview";
import { currentLocale } from "../locales";
import { clock, dayMark, dayStart, moment } from "../locales/time";
import { done, failed } from "../shell/toast";
import { Body } from "./bubbles/Body";
import { Judged } from "./Judged";
import { MessageStatus, reason } from "./MessageStatus";
import { QuoteBlock } from "./QuoteBlock";
import { AddReaction, Reactions } from "./Reactions";
import { Reveal } from "./Reveal";
import { SystemLine } from "./SystemLine";
import { Translated, TranslateTool, useTranslated } from "./Translated";
import classes from "./thread.module.css";
import { Understood } from "./Understood";

export interface RowActions {
  onQuote: (message: Message) => void;
  onGo: (message: string) => void;
  onOpenMedia: (media: string) => void;
}

interface Props extends RowActions {
  message: Message;
  previous: Message | undefined;
  capabilities: Capabilities | undefined;
  canReply: boolean;
  firstUnread: boolean;
  highlighted: boolean;
  now: number;
}

// Messages of one author within this time stand close together.
const together = 5 * 60_000;

function isSystem(message: Message): boolean {
  return (
    message.direction === "activity" ||
    message.content.kind === "activity" ||
    message.content.kind === "system"
  );
}

function follows(message: Message, previous: Message | undefined): boolean {
  return (
    previous !== undefined &&
    !isSystem(previous) &&
    previous.direction === message.direction &&
    previous.author.type === message.author.type &&
    previous.author.id === message.author.id &&
    message.at - previous.at < together &&
    dayStart(previous.at) === dayStart(message.at)
  );
}

/** One message with what stands above it: the mark of its day, the line where unread begins. */
export const MessageRow = memo(function MessageRow(props: Props) {
  const { message, previous, firstUnread, now } = props;
  const { t } = useTranslation();
  const newDay = previous === undefined || dayStart(previous.at) !== dayStart(message.at);
  return (
    <div className={classes.row} data-tight={follows(message, previous) && !firstUnread}>
      {newDay && (
        <div className={classes.day}>
          <span>{dayMark(message.at, now, currentLocale())}</span>
        </div>
      )}
      {firstUnread && (
        <div className={classes.unread} data-testid="unread-divider">
          <span>{t("thread.unread")}</span>
        </div>
      )}
      {isSystem(message) ? <SystemLine message={message} /> : <Bubble {...props} />}
    </div>
  );
});

function Bubble(props: Props) {
  const { message, previous, capabilities, canReply, highlighted, onQuote, onGo, onOpenMedia } = props;
  const { t } = useTranslation();
  const { content, status, direction } = message;
  const [tapped, setTapped] = useState(false);
  const withdrawn = message.revoked_at !== null;
  const [translated, onTranslate] = useTranslated(message.id);
  const foreign = direction === "in" && !withdrawn && hasWords(content);
  const bare = content.kind === "sticker" && !withdrawn;
  const framed = content.kind === "image" || content.kind === "video";
  const canReact = canReply && (capabilities?.reactions ?? false) && direction !== "note" && !withdrawn;
  const canQuote = canReply && (capabilities?.quote ?? false) && direction !== "note";
  const bot = message.author.type === "bot";
  const author = bot ? t("bot.name") : message.author.name;
  const named = !follows(message, previous) && direction !== "in" && author;

  return (
    <article
      className={classes.message}
      data-direction={direction}
      data-testid="thread-message"
      data-message={message.id}
      data-kind={content.kind}
      data-highlighted={highlighted}
      data-tapped={tapped}
      aria-label={t("thread.message_by", {
        name: author ?? "",
        time: clock(message.at, currentLocale()),
      })}
    >
      <div className={classes.column}>
        {named && (
          <span className={classes.author} data-testid={bot ? "bot-message" : undefined}>
            {bot && <IconRobot size={13} aria-hidden="true" />}
            {direction === "note" && <IconLock size={12} aria-hidden="true" />}
            {direction === "note" ? t("note.by", { name: author ?? "" }) : author}
          </span>
        )}
        {/* biome-ignore lint/a11y/noStaticElementInteractions: only uncovers buttons that are always reachable */}
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: only uncovers buttons that are always reachable */}
        <div className={classes.line} onClick={() => setTapped((now) => !now)}>
          <div className={classes.bubble} data-bare={bare} data-framed={framed && !withdrawn}>
            {message.forwarded && (
              <span className={classes.forwarded}>
                <IconArrowForward size={13} aria-hidden="true" /> {t("thread.forwarded")}
              </span>
            )}
            {message.reply_to && <QuoteBlock quote={message.reply_to} onGo={onGo} />}
            {withdrawn ? (
              <Withdrawn message={message} onOpenMedia={onOpenMedia} />
            ) : (
              <Body content={content} onOpen={onOpenMedia} />
            )}
            {foreign && translated && <Translated message={message} />}
            <span className={classes.meta}>
              {message.edited_at !== null && (
                <span title={moment(message.edited_at, currentLocale())}>{t("thread.edited")}</span>
              )}
              <time dateTime={new Date(message.at).toISOString()} title={moment(message.at, currentLocale())}>
                {clock(message.at, currentLocale())}
              </time>
              {status && <MessageStatus status={status} />}
            </span>
          </div>
          <span className={classes.tools}>
            {canReact && <AddReaction message={message} />}
            {canQuote && (
              <button
                type="button"
                className={classes.tool}
                aria-label={t("quote.action")}
                title={t("quote.action")}
                data-testid="message-quote"
                onClick={() => onQuote(message)}
              >
                <IconArrowBackUp size={18} stroke={1.6} />
              </button>
            )}
            <CopyText message={message} />
            {foreign && <TranslateTool translated={translated} onTranslate={onTranslate} />}
            <Reveal message={message} />
          </span>
        </div>
        <Reactions message={message} canReact={canReact} />
        {direction === "in" && !withdrawn && <Understood message={message} />}
        {bot && !withdrawn && <Judged message={message} />}
        {status?.state === "failed" && <Failed message={message} canReply={canReply} />}
        {status?.state === "uncertain" && <Uncertain message={message} canReply={canReply} />}
      </div>
    </article>
  );
}

function hasWords(content: Content): boolean {
  return content.kind === "text" || ("caption" in content && Boolean(content.caption));
}

function CopyText({ message }: { message: Message }) {
  const { t } = useTranslation();
  const text = preview(message.content, t);
  if (!hasWords(message.content)) return null;
  return (
    <button
      type="button"
      className={classes.tool}
      aria-label={t("thread.copy")}
      title={t("thread.copy")}
      onClick={() => void navigator.clipboard.writeText(text).then(() => done(t("action.copied")), failed)}
    >
      <IconCopy size={17} stroke={1.6} />
    </button>
  );
}

function Withdrawn({ message, onOpenMedia }: { message: Message; onOpenMedia: (media: string) => void }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  const kept = message.content.kind !== "unsupported";
  return (
    <span className={classes.withdrawn}>
      <em>{message.direction === "in" ? t("thread.withdrawn") : t("thread.withdrawn_ours")}</em>
      {kept && !shown && (
        <button type="button" onClick={() => setShown(true)}>
          {t("thread.show_withdrawn")}
        </button>
      )}
      {shown && <Body content={message.content} onOpen={onOpenMedia} />}
    </span>
  );
}

async function retry(message: Message, confirm: boolean) {
  try {
    const changed = await api.messages.retry(message.id, confirm);
    applyEvent(queryClient, { type: "event", seq: 0, kind: "message", message: changed });
  } catch (error) {
    failed(error);
  }
}

function Failed({ message, canReply }: { message: Message; canReply: boolean }) {
  const { t } = useTranslation();
  const failure = message.status?.failure ?? null;
  return (
    <div className={classes.failure} role="note">
      <IconAlertTriangle size={16} aria-hidden="true" />
      <span>
        {reason(failure)}
        {failure?.detail && <small dir="auto">{failure.detail}</small>}
      </span>
      {canReply && failure?.retryable !== false && (
        <button type="button" data-testid="message-retry" onClick={() => void retry(message, false)}>
          <IconRefresh size={15} aria-hidden="true" /> {t("failure.retry")}
        </button>
      )}
    </div>
  );
}

function Uncertain({ message, canReply }: { message: Message; canReply: boolean }) {
  const { t } = useTranslation();
  return (
    <div className={classes.failure} data-tone="warn" role="note">
      <IconHelpCircle size={16} aria-hidden="true" />
      <span>{t("failure.uncertain")}</span>
      {canReply && (
        <button type="button" data-testid="message-retry" onClick={() => void retry(message, true)}>
          <IconRefresh size={15} aria-hidden="true" /> {t("failure.retry_anyway")}
        </button>
      )}
    </div>
  );
}
