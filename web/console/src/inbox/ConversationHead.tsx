import { ActionIcon, Button } from "@mantine/core";
import {
  IconArrowBackUp,
  IconBulb,
  IconCheck,
  IconChevronLeft,
  IconHandStop,
  IconLayoutSidebarRight,
  IconRobot,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Conversation } from "../api/types";
import { currentLocale } from "../locales";
import { shortMoment } from "../locales/time";
import type { InboxSearch, View } from "../router";
import { Face } from "../shell/Face";
import { useMay, useMe } from "../shell/permission";
import { AssignMenu } from "./AssignMenu";
import type { Action } from "./actions";
import classes from "./inbox.module.css";
import { SnoozeMenu } from "./SnoozeMenu";

interface Props {
  conversation: Conversation;
  inboxName: string | null;
  view: View;
  search: InboxSearch;
  run: (action: Action) => void;
  busy: boolean;
  contactShown: boolean;
  onContact: () => void;
  onAside: () => void;
}

/** Who this is with, and what can be done with the conversation. */
export function ConversationHead(props: Props) {
  const { conversation, inboxName, view, search, run, busy, contactShown, onContact, onAside } = props;
  const { t } = useTranslation();
  const me = useMe();
  const mayAssign = useMay("conversation.assign");
  const mayReply = useMay("conversation.reply");
  const { contact, identity, state } = conversation;
  const name = contact.name || identity.phone || identity.username || t("contact.unnamed");
  const resolved = state === "resolved";
  const bots = conversation.turn === "bot" && !resolved;
  const { pane: _, ...listSearch } = search;
  return (
    <header className={classes.head}>
      <ActionIcon
        renderRoot={(props) => (
          <Link
            to="/inbox/$view/{-$conversationId}"
            params={{ view, conversationId: undefined }}
            search={listSearch}
            {...props}
          />
        )}
        className={classes.backToList ?? ""}
        aria-label={t("keys.back")}
        data-testid="back-to-list"
      >
        <IconChevronLeft size={22} className="mirrored" />
      </ActionIcon>
      <button
        type="button"
        className={classes.who}
        onClick={onContact}
        aria-label={t("contact.show", { name })}
      >
        <Face id={contact.id} name={name} size={36} />
        <span>
          <strong dir="auto">{name}</strong>
          {bots && (
            <span className={classes.bot} data-testid="bot-turn">
              <IconRobot size={13} aria-hidden="true" />
              {t("bot.answers")}
            </span>
          )}
          <small>
            {state === "snoozed" && conversation.snoozed_until !== null ? (
              t("snooze.state", { when: shortMoment(conversation.snoozed_until, currentLocale()) })
            ) : (
              <>
                {[inboxName, resolved ? t("state.resolved") : null].filter(Boolean).join(" · ")}
                {inboxName || resolved ? " · " : ""}
                <bdi>{identity.phone ?? identity.username}</bdi>
              </>
            )}
          </small>
        </span>
      </button>
      <div className={classes.actions}>
        {mayAssign && conversation.assignee_id !== me.agent.id && (
          <Button
            className={classes.wide ?? ""}
            variant="default"
            size="xs"
            leftSection={<IconHandStop size={16} stroke={1.7} />}
            disabled={busy}
            onClick={() => run({ act: "assign", agent: me.agent.id })}
            aria-label={bots ? t("bot.take_over") : t("assign.me")}
            data-testid="assign-me"
          >
            <span className={classes.wideLabel}>{bots ? t("bot.take_over") : t("assign.me")}</span>
          </Button>
        )}
        {mayAssign && (
          <AssignMenu
            conversation={conversation}
            onAssign={(agent) => run({ act: "assign", agent })}
            onTeam={(team) => run({ act: "team", agent: conversation.assignee_id, team })}
            onHandBack={() => run({ act: "hand_back" })}
          />
        )}
        <ActionIcon
          aria-label={t("copilot.aside")}
          title={t("copilot.aside")}
          data-testid="aside"
          onClick={onAside}
        >
          <IconBulb size={20} stroke={1.6} />
        </ActionIcon>
        {mayReply && !resolved && <SnoozeMenu onSnooze={(until) => run({ act: "snooze", until })} />}
        {mayReply && (
          <Button
            className={classes.wide ?? ""}
            size="xs"
            variant={state === "open" ? "filled" : "default"}
            leftSection={state === "open" ? <IconCheck size={16} /> : <IconArrowBackUp size={16} />}
            disabled={busy}
            onClick={() => run({ act: state === "open" ? "resolve" : "reopen" })}
            aria-label={state === "open" ? t("resolve.action") : t("reopen.action")}
            data-testid={state === "open" ? "resolve" : "reopen"}
          >
            <span className={classes.wideLabel}>
              {state === "open" ? t("resolve.action") : t("reopen.action")}
            </span>
          </Button>
        )}
        <ActionIcon
          className={classes.contactToggle ?? ""}
          aria-label={t("contact.toggle")}
          title={t("contact.toggle")}
          aria-pressed={contactShown}
          data-testid="contact-toggle"
          onClick={onContact}
        >
          <IconLayoutSidebarRight size={20} stroke={1.6} className="mirrored" />
        </ActionIcon>
      </div>
    </header>
  );
}
