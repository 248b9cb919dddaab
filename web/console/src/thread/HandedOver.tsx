import { IconRobot } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { HandOver, Message } from "../api/types";
import { currentLocale } from "../locales";
import { languageName } from "../locales/languageName";
import { clock, moment } from "../locales/time";
import classes from "./handedOver.module.css";

/** What the bot leaves for whoever takes over; only colleagues see it. */
export function HandedOver({ message, told }: { message: Message; told: HandOver }) {
  const { t } = useTranslation();
  const facts: [string, string][] = [[t("field.language"), languageName(told.language)]];
  if (told.mood !== "neutral") facts.push([t("bot.mood"), t(`bot_mood.${told.mood}`)]);
  if (told.haste !== "normal") facts.push([t("bot.haste"), t(`bot_haste.${told.haste}`)]);
  if (told.intent) {
    const sure = told.intent_confidence === null ? "" : ` (${told.intent_confidence} %)`;
    facts.push([t("bot.intent"), `${told.intent}${sure}`]);
  }
  if (told.closest !== null) {
    const sure = told.confidence === null ? "" : ` (${told.confidence} %)`;
    facts.push([t("bot.closest"), `${told.closest}${sure}`]);
  }
  return (
    <aside
      className={classes.handedOver}
      aria-label={t("bot.handed_over")}
      data-testid="handed-over"
      data-reason={told.reason}
    >
      <header>
        <IconRobot size={15} aria-hidden="true" />
        <strong>{t("bot.handed_over")}</strong>
        <time dateTime={new Date(message.at).toISOString()} title={moment(message.at, currentLocale())}>
          {clock(message.at, currentLocale())}
        </time>
      </header>
      <p>{t(`bot_reason.${told.reason}`)}</p>
      {told.summary.length > 0 && (
        <ul>
          {told.summary.map((sentence) => (
            <li key={sentence} dir="auto">
              {sentence}
            </li>
          ))}
        </ul>
      )}
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
        {told.named.map((one) => (
          <div key={one.kind + one.text}>
            <dt>{t(`bot_named.${one.kind}`)}</dt>
            <dd>
              <bdi>{one.text}</bdi>
            </dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}
