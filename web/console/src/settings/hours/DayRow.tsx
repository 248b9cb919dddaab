import { ActionIcon, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Weekday } from "../../api/types";
import { currentLocale } from "../../locales";
import { ends, type Span, weekdays, withMore } from "./draft";
import classes from "./hours.module.css";

interface Props {
  day: Weekday;
  spans: Span[];
  onChange: (spans: Span[]) => void;
}

/** A day of the week by its name. */
function called(day: Weekday): string {
  // The first day of 2024 was a Monday.
  const date = new Date(Date.UTC(2024, 0, 1 + weekdays.indexOf(day)));
  return new Intl.DateTimeFormat(currentLocale(), { weekday: "long", timeZone: "UTC" }).format(date);
}

/** The times of one day: any number of them, each removable, and one more with a click. */
export function DayRow({ day, spans, onChange }: Props) {
  const { t } = useTranslation();
  const more = useRef<HTMLButtonElement>(null);
  const name = called(day);
  const change = (place: number, span: Partial<Span>) =>
    onChange(spans.map((one, at) => (at === place ? { ...one, ...span } : one)));
  return (
    <fieldset className={classes.day} aria-label={name} data-testid={`hours-${day}`}>
      <strong>{name}</strong>
      <div className={classes.spans}>
        {spans.length === 0 && <span className={classes.closed}>{t("hours.closed")}</span>}
        {spans.map((span, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a time is known by its place alone
          <div key={place} className={classes.span}>
            <TextInput
              type="time"
              required
              size="xs"
              aria-label={t("hours.from", { day: name })}
              value={span.from}
              onChange={(event) => change(place, { from: event.currentTarget.value })}
            />
            <span aria-hidden="true">–</span>
            <TextInput
              type="time"
              required
              size="xs"
              aria-label={t("hours.until", { day: name })}
              value={span.until}
              onChange={(event) => change(place, { until: event.currentTarget.value })}
            />
            <ActionIcon
              aria-label={t("hours.remove_time", { day: name })}
              onClick={() => {
                onChange(spans.filter((_, at) => at !== place));
                more.current?.focus();
              }}
            >
              <IconX size={16} />
            </ActionIcon>
            {ends(span) !== "same" && (
              <small className={classes.closed}>
                {t(ends(span) === "whole" ? "hours.whole_day" : "hours.next_day")}
              </small>
            )}
          </div>
        ))}
      </div>
      <ActionIcon
        ref={more}
        aria-label={t("hours.add_time", { day: name })}
        onClick={() => onChange(withMore(spans))}
      >
        <IconPlus size={16} />
      </ActionIcon>
    </fieldset>
  );
}
