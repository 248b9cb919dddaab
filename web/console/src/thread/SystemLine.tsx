import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { agentsQuery } from "../api/queries";
import type { Content, Message } from "../api/types";
import { currentLocale } from "../locales";
import { clock, moment, shortMoment } from "../locales/time";
import { useMay } from "../shell/permission";
import { HandedOver } from "./HandedOver";
import classes from "./thread.module.css";

type Activity = Extract<Content, { kind: "activity" }>;

/** A line between the bubbles: who did what with the conversation. */
export function SystemLine({ message }: { message: Message }) {
  const { t } = useTranslation();
  const { data } = useQuery({ ...agentsQuery, enabled: useMay("agent.read") });
  const { content } = message;
  if (content.kind === "activity" && content.hand_over)
    return <HandedOver message={message} told={content.hand_over} />;
  const name = (id: string | null) => data?.items.find((a) => a.id === id)?.name ?? null;
  const text =
    content.kind === "activity"
      ? say(content, name(content.by_agent_id) ?? message.author.name, name(content.agent_id), t)
      : content.kind === "system"
        ? content.text || t("kind.system")
        : t("kind.system");
  return (
    <div className={classes.system} data-testid="thread-message" data-direction={message.direction}>
      <span>
        <bdi>{text}</bdi>
        <time dateTime={new Date(message.at).toISOString()} title={moment(message.at, currentLocale())}>
          {clock(message.at, currentLocale())}
        </time>
      </span>
    </div>
  );
}

function say(activity: Activity, by: string | null, agent: string | null, t: TFunction): string {
  const who = by ?? t("activity.system");
  switch (activity.event) {
    case "assigned":
      return activity.agent_id === activity.by_agent_id
        ? t("activity.assigned_self", { who })
        : t("activity.assigned", { who, agent: agent ?? t("activity.someone") });
    case "team_assigned":
      return t("activity.team_assigned", { who, team: activity.text ?? "" });
    case "team_unassigned":
      return t("activity.team_unassigned", { who, team: activity.text ?? "" });
    case "unassigned":
      return t("activity.unassigned", { who });
    case "resolved":
      return t("activity.resolved", { who });
    case "reopened":
      return by ? t("activity.reopened", { who }) : t("activity.reopened_by_message");
    case "snoozed":
      return t("activity.snoozed", {
        who,
        until: activity.until === null ? "" : shortMoment(activity.until, currentLocale()),
      });
    case "woken":
      return t("activity.woken");
    case "labels":
      return t("activity.labels", { who, text: activity.text ?? "" });
    case "number_changed":
      return activity.text || t("activity.number_changed");
    case "consent_withdrawn":
      return t("activity.consent_withdrawn");
    case "handed_over":
      return t("bot.handed_over");
    case "handed_back":
      return t("bot.handed_back", { who });
    case "merged":
      return t("activity.merged");
    default:
      return activity.text || t("kind.system");
  }
}
