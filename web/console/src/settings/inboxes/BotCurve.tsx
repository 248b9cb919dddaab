import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { BotReport } from "../../api/types";
import { currentLocale } from "../../locales";
import { useMay } from "../../shell/permission";
import classes from "./trial.module.css";

interface Props {
  report: BotReport;
  /** The threshold in use, in percent. */
  threshold: number;
  onChoose: (threshold: number) => Promise<void>;
}

/** How much the bot would have answered at each threshold, and how much of it right. */
export function BotCurve({ report, threshold, onChoose }: Props) {
  const { t } = useTranslation();
  const may = useMay("inbox.manage");
  const percent = (part: number) =>
    (part / report.questions).toLocaleString(currentLocale(), { style: "percent" });
  // The threshold in use lies between two steps, perhaps: it works like the next one up to the last.
  const used = report.curve.find((step) => step.threshold >= threshold)?.threshold;
  return (
    <div className={classes.scroll}>
      <table className={classes.curve} data-testid="trial-curve">
        <thead>
          <tr>
            <th scope="col">{t("trial.threshold")}</th>
            <td className={classes.bars} />
            <th scope="col" className={classes.number}>
              {t("trial.answered")}
            </th>
            <th scope="col" className={classes.number}>
              {t("trial.right")}
            </th>
            <th scope="col" className={classes.number}>
              {t("trial.wrong")}
            </th>
            <th scope="col">
              <span className="sr-only">{t("trial.choose")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {report.curve.map((step) => (
            <tr key={step.threshold} data-used={step.threshold === used}>
              <th scope="row">{step.threshold} %</th>
              <td className={classes.bars}>
                <span className={classes.bar} aria-hidden>
                  <i data-part="right" style={{ inlineSize: `${(100 * step.right) / report.questions}%` }} />
                  <i
                    data-part="unknown"
                    style={{
                      inlineSize: `${(100 * (step.answered - step.right - step.wrong)) / report.questions}%`,
                    }}
                  />
                  <i data-part="wrong" style={{ inlineSize: `${(100 * step.wrong) / report.questions}%` }} />
                </span>
              </td>
              <td className={classes.number}>
                {step.answered} · {percent(step.answered)}
              </td>
              <td className={classes.number}>{step.right}</td>
              <td className={classes.number}>{step.wrong}</td>
              <td>
                {step.threshold === used ? (
                  <span className={classes.note}>{t("trial.in_use")}</span>
                ) : (
                  may && (
                    <Button
                      size="compact-sm"
                      variant={step.threshold === report.proposed ? "filled" : "default"}
                      onClick={() => void onChoose(step.threshold)}
                    >
                      {t(step.threshold === report.proposed ? "trial.proposed" : "trial.choose")}
                    </Button>
                  )
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
