import { Button, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { intentsQuery, queryClient, versionsQuery } from "../../api/queries";
import type { IntentVersion } from "../../api/types";
import { currentLocale } from "../../locales";
import { moment } from "../../locales/time";
import { Confirm } from "../Confirm";
import classes from "../settings.module.css";
import { useIntentName } from "./names";

/** What was learned, version by version, with how well each does. */
export function Versions({ may }: { may: boolean }) {
  const { t } = useTranslation();
  const { data } = useQuery(versionsQuery);
  const [wanted, setWanted] = useState<number | null>(null);
  const [compared, setCompared] = useState<number | null>(null);
  const used = data?.items.find((version) => version.in_use)?.version;
  if (!data || data.items.length === 0) return null;
  return (
    <section className={classes.card} aria-labelledby="versions">
      <h2 id="versions">{t("intent.versions")}</h2>
      <ol className={classes.rows} data-testid="intent-versions">
        {data.items.map((version) => (
          <li key={version.version}>
            <Facts version={version} />
            {version.in_use ? (
              <span className={classes.tag} data-tone="ok">
                {t("intent.in_use")}
              </span>
            ) : (
              may && (
                <div className={classes.actions}>
                  {used !== undefined && (
                    <Button size="xs" variant="subtle" onClick={() => setCompared(version.version)}>
                      {t("intent.differences")}
                    </Button>
                  )}
                  <Button size="xs" variant="default" onClick={() => setWanted(version.version)}>
                    {t("intent.use")}
                  </Button>
                </div>
              )
            )}
          </li>
        ))}
      </ol>
      <Confirm
        opened={wanted !== null}
        title={t("intent.version", { version: wanted ?? 0 })}
        text={t("intent.use_help")}
        action={t("intent.use")}
        harmless
        onClose={() => setWanted(null)}
        onConfirm={async () => {
          await api.learning.use(wanted ?? 0);
          await queryClient.invalidateQueries({ queryKey: intentsQuery.queryKey });
        }}
      />
      <Modal
        opened={compared !== null}
        onClose={() => setCompared(null)}
        size="lg"
        title={t("intent.differences_title", { version: compared ?? 0 })}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        {compared !== null && used !== undefined && <Differences before={compared} after={used} />}
      </Modal>
    </section>
  );
}

function Facts({ version }: { version: IntentVersion }) {
  const { t } = useTranslation();
  const { intents, examples, figures } = version;
  const { asked, right, wrong, unsure } = figures;
  return (
    <div className={classes.grow}>
      <strong>{t("intent.version", { version: version.version })}</strong>
      <small>
        {moment(version.trained_at, currentLocale())} · {t("intent.version_facts", { intents, examples })}
      </small>
      {asked > 0 && <small>{t("intent.figures", { asked, right, wrong, unsure })}</small>}
    </div>
  );
}

function Differences({ before, after }: { before: number; after: number }) {
  const { t } = useTranslation();
  const name = useIntentName();
  const { data } = useQuery({
    queryKey: ["intents", "changes", before, after],
    queryFn: () => api.learning.changes(before, after),
  });
  if (data?.items.length === 0) return <p className={classes.muted}>{t("intent.no_differences")}</p>;
  return (
    <ul className={classes.rows}>
      {(data?.items ?? []).map((change) => (
        <li key={change.text}>
          <div className={classes.grow}>
            <strong dir="auto">{change.text}</strong>
            <small dir="auto">
              {name(change.before)} → {name(change.after)}
            </small>
          </div>
        </li>
      ))}
    </ul>
  );
}
