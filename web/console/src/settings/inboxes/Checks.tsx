import { Button } from "@mantine/core";
import { IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import i18next from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Inbox } from "../../api/types";
import { currentLocale, type Key } from "../../locales";
import { moment } from "../../locales/time";
import { useMay } from "../../shell/permission";
import { failed } from "../../shell/toast";
import settings from "../settings.module.css";
import { Health } from "./Health";
import classes from "./inboxes.module.css";

/** Asks the provider whether everything fits and shows each answer. */
export function Checks({ inbox, onChecked }: { inbox: Inbox; onChecked: (inbox: Inbox) => void }) {
  const { t } = useTranslation();
  const may = useMay("inbox.manage");
  const [busy, setBusy] = useState(false);
  const { health } = inbox;

  async function check() {
    setBusy(true);
    try {
      onChecked(await api.inboxes.check(inbox.id));
    } catch (error) {
      failed(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <section className={settings.card} aria-labelledby="checks">
      <div className={settings.head}>
        <h2 id="checks" className={settings.title}>
          {t("inbox.checks")}
        </h2>
        <Health state={health.state} />
        {may && (
          <Button variant="default" loading={busy} onClick={() => void check()} data-testid="inbox-check">
            {t("inbox.check")}
          </Button>
        )}
      </div>
      <div aria-live="polite">
        {health.checks.length > 0 && (
          <ul className={classes.checks} data-testid="inbox-checks">
            {health.checks.map((one) => (
              <li key={one.code} data-ok={one.ok}>
                {one.ok ? (
                  <IconCircleCheck size={18} role="img" aria-label={t("inbox.passed")} />
                ) : (
                  <IconCircleX size={18} role="img" aria-label={t("inbox.not_passed")} />
                )}
                <span>
                  <strong>{checkName(one.code)}</strong>
                  {one.detail && <small>{one.detail}</small>}
                </span>
              </li>
            ))}
          </ul>
        )}
        <p className={settings.muted} style={{ marginBlockEnd: 0 }}>
          {health.checked_at
            ? t("inbox.checked_at", { when: moment(health.checked_at, currentLocale()) })
            : t("inbox.never_checked")}
        </p>
      </div>
    </section>
  );
}

function checkName(code: string): string {
  const key = `check.${code}` as Key;
  return i18next.exists(key) ? i18next.t(key as "check.token") : code;
}
