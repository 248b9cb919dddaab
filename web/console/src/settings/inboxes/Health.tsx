import { useTranslation } from "react-i18next";
import type { Inbox } from "../../api/types";
import settings from "../settings.module.css";

const tones = { ok: "ok", error: "bad", unchecked: "none" } as const;

export function Health({ state }: { state: Inbox["health"]["state"] }) {
  const { t } = useTranslation();
  return (
    <span className={settings.tag} data-tone={tones[state]}>
      {t(`health.${state}`)}
    </span>
  );
}
