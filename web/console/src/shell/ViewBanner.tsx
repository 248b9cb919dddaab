import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { useMe } from "./permission";
import classes from "./shell.module.css";
import { failed } from "./toast";

/** Says whose eyes these are while an admin sees the workspace as a colleague, and lets them go back. */
export function ViewBanner() {
  const { t } = useTranslation();
  const { agent, viewer } = useMe();
  if (!viewer) return null;

  async function end() {
    try {
      await api.agents.endView();
      // Everything cached is the colleague's.
      location.assign("/settings/people");
    } catch (error) {
      failed(error);
    }
  }

  return (
    <div className={classes.strip} role="status" data-testid="view-banner">
      <span>{t("view.banner", { name: agent.name, viewer: viewer.name })}</span>
      <button type="button" onClick={() => void end()}>
        {t("view.end")}
      </button>
    </div>
  );
}
