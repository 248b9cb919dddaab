import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { intentsQuery } from "../../api/queries";
import type { Intent } from "../../api/types";
import { Awaited } from "../../shell/Awaited";
import { useMay } from "../../shell/permission";
import { DriftNote } from "../knowledge/Drift";
import { Pairs } from "../knowledge/Pairs";
import { Page } from "../Page";
import classes from "../settings.module.css";
import { Ask } from "./Ask";
import { Versions } from "./Versions";
import { Waiting } from "./Waiting";

/** What customers may want: the intents, what waits to be learned, and what was. */
export function IntentsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const may = useMay("knowledge.manage");
  const intents = useQuery(intentsQuery);
  const { data } = intents;
  const write = () => navigate({ to: "/settings/intents/$intentId", params: { intentId: "new" } });
  return (
    <Page
      title={t("settings.intents")}
      help={t("intent.help")}
      action={
        may && (
          <Button data-testid="intent-new" onClick={() => void write()}>
            {t("intent.new")}
          </Button>
        )
      }
    >
      {may && <DriftNote />}
      <Ask />
      <Awaited query={intents} />
      {data?.items.length === 0 ? (
        <p className={classes.empty}>{t("intent.empty")}</p>
      ) : (
        <ul className={classes.rows} data-testid="intents">
          {(data?.items ?? []).map((intent) => (
            <li key={intent.id}>
              <Row intent={intent} />
            </li>
          ))}
        </ul>
      )}
      {may && <Waiting />}
      {may && <Pairs right />}
      <Versions may={may} />
    </Page>
  );
}

function Row({ intent }: { intent: Intent }) {
  const { t } = useTranslation();
  return (
    <>
      <div className={classes.grow}>
        <strong dir="auto">
          <Link to="/settings/intents/$intentId" params={{ intentId: intent.id }}>
            {intent.name}
          </Link>
        </strong>
        <small dir="auto">
          {[
            t(`intent.do_${intent.answer.do}`),
            t("intent.examples_count", { count: intent.examples }),
            intent.description,
          ]
            .filter(Boolean)
            .join(" · ")}
        </small>
      </div>
      {intent.waiting > 0 && (
        <span className={classes.tag} data-tone="bad">
          {t("intent.waiting_count", { count: intent.waiting })}
        </span>
      )}
      {!intent.enabled && <span className={classes.tag}>{t("intent.off")}</span>}
    </>
  );
}
