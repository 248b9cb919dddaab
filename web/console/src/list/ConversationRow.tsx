import {
  IconBan,
  IconCircleCheck,
  IconClockPause,
  IconFile,
  IconMapPin,
  IconMicrophone,
  IconMoodSmile,
  IconMusic,
  IconNote,
  IconPhoto,
  IconRobot,
  IconShoppingBag,
  IconSticker,
  IconUser,
  IconVideo,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Agent, Conversation, Label, LastMessage } from "../api/types";
import { currentLocale } from "../locales";
import { listTime } from "../locales/time";
import type { View } from "../router";
import { labelColour } from "../settings/labels/colours";
import { Face } from "../shell/Face";
import { plain } from "../thread/markup";
import { Ticks } from "../thread/Ticks";
import classes from "./list.module.css";
import { kindName } from "./preview";

const kindIcons: Record<string, typeof IconPhoto> = {
  image: IconPhoto,
  video: IconVideo,
  document: IconFile,
  sticker: IconSticker,
  audio: IconMusic,
  voice: IconMicrophone,
  location: IconMapPin,
  contacts: IconUser,
  order: IconShoppingBag,
  reaction: IconMoodSmile,
};

interface Props {
  conversation: Conversation;
  view: View;
  chosen: boolean;
  assignee: Agent | undefined;
  labels: Label[];
  inboxName: string | null;
  now: number;
  position: number;
}

export const ConversationRow = memo(function ConversationRow(props: Props) {
  const { conversation, view, chosen, assignee, labels, inboxName, now, position } = props;
  const { t } = useTranslation();
  const { contact, identity, last_message: last, unread } = conversation;
  const name = contact.name || identity.phone || identity.username || t("contact.unnamed");
  return (
    <Link
      to="/inbox/$view/{-$conversationId}"
      params={{ view, conversationId: conversation.id }}
      search={({ pane: _, message: __, ...search }) => search}
      className={classes.row}
      data-testid="conversation-row"
      data-conversation={conversation.id}
      data-position={position}
      data-unread={unread > 0}
      aria-current={chosen ? "true" : undefined}
      preload={false}
    >
      <Face id={contact.id} name={name} size={42} />
      <span className={classes.body}>
        <span className={classes.line}>
          <span className={classes.name}>
            <bdi>{name}</bdi>
          </span>
          {conversation.state === "snoozed" && (
            <IconClockPause size={15} className={classes.mark} role="img" aria-label={t("state.snoozed")} />
          )}
          {conversation.state === "resolved" && (
            <IconCircleCheck size={15} className={classes.mark} role="img" aria-label={t("state.resolved")} />
          )}
          {identity.blocked && (
            <IconBan size={15} className={classes.mark} role="img" aria-label={t("contact.blocked")} />
          )}
          {last && (
            <time className={classes.time} dateTime={new Date(last.at).toISOString()}>
              {listTime(last.at, now, currentLocale())}
            </time>
          )}
        </span>
        <span className={classes.line}>
          <span className={classes.preview}>{last ? <Preview last={last} /> : t("list.no_message")}</span>
          {assignee && (
            <span title={assignee.name} className={classes.assignee}>
              <Face id={assignee.id} name={assignee.name} size={18} />
              <span className="sr-only">{t("list.assigned_to", { name: assignee.name })}</span>
            </span>
          )}
          {conversation.turn === "bot" && conversation.state === "open" && (
            <IconRobot size={16} className={classes.mark} role="img" aria-label={t("bot.answers")} />
          )}
          {unread > 0 && (
            <span className={classes.unread}>
              <span aria-hidden="true">{unread > 99 ? "99+" : unread}</span>
              <span className="sr-only">{t("list.unread", { count: unread })}</span>
            </span>
          )}
        </span>
        {(labels.length > 0 || inboxName) && (
          <span className={classes.foot}>
            {inboxName && <span className={classes.inbox}>{inboxName}</span>}
            {labels.map((label) => (
              <span key={label.id} className={classes.label}>
                <span
                  className={classes.dot}
                  style={{ background: labelColour(label.color) }}
                  aria-hidden="true"
                />
                {label.name}
              </span>
            ))}
          </span>
        )}
      </span>
    </Link>
  );
});

function Preview({ last }: { last: LastMessage }) {
  const { t } = useTranslation();
  const Icon = last.direction === "note" ? IconNote : kindIcons[last.kind];
  return (
    <>
      {last.direction === "out" && last.status && <Ticks state={last.status} size={15} />}
      {Icon && <Icon size={15} className={classes.kind} aria-hidden="true" />}
      <span className={classes.words}>
        <bdi>{plain(last.preview) || kindName(last.kind, t)}</bdi>
      </span>
    </>
  );
}
