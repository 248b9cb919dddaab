import { useTranslation } from "react-i18next";
import type { TopicCount } from "../../api/types";
import { currentLocale } from "../../locales";
import { dayMark } from "../../locales/time";
import classes from "./ahead.module.css";
import { byDay, rounded } from "./plot";

interface Props {
  /** What it shows, in words. */
  label: string;
  past: TopicCount[];
  /** What is expected, drawn after it. */
  next?: TopicCount[];
}

/** Counts by the hour as bars, what is expected paler; the same by days as a table, for those who do not see bars. */
export function Plot({ label, past, next = [] }: Props) {
  const { t } = useTranslation();
  const all = [...past, ...next];
  const most = Math.max(1, ...all.map((one) => one.count));
  const locale = currentLocale();
  const now = Date.now();
  return (
    <figure className={classes.plot}>
      {/* Time runs as the text does. */}
      <svg
        className="mirrored"
        viewBox={`0 0 ${all.length} 40`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        {all.map((one, place) => (
          <rect
            key={one.at}
            x={place + 0.1}
            y={40 - (40 * one.count) / most}
            width={0.8}
            height={(40 * one.count) / most}
            data-expected={place >= past.length}
          />
        ))}
      </svg>
      <details>
        <summary>{t("topic.as_table")}</summary>
        <table className={classes.table}>
          <caption className="sr-only">{label}</caption>
          <thead>
            <tr>
              <th scope="col">{t("topic.day")}</th>
              <th scope="col">{t("topic.counted")}</th>
              {next.length > 0 && <th scope="col">{t("topic.expected")}</th>}
            </tr>
          </thead>
          <tbody>
            {byDay(past, next).map((day) => (
              <tr key={day.at}>
                <th scope="row">{dayMark(day.at, now, locale)}</th>
                <td>{rounded(day.counted, locale)}</td>
                {next.length > 0 && <td>{rounded(day.expected, locale)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
