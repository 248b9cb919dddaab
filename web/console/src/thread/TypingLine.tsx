import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { agentsQuery } from "../api/queries";
import { typing, useWatched } from "../feed/connection";
import { useMay } from "../shell/permission";
import classes from "./thread.module.css";

/** Says that a colleague is writing here too, so that two do not answer at once. */
export function TypingLine({ conversation }: { conversation: string }) {
  const { t } = useTranslation();
  const { data } = useQuery({ ...agentsQuery, enabled: useMay("agent.read") });
  const who = useWatched(typing)[conversation];
  if (!who || who.until < Date.now()) return null;
  const name = data?.items.find((a) => a.id === who.agent)?.name ?? t("activity.someone");
  return (
    <div className={classes.typing} role="status">
      {t("thread.typing", { name })}
    </div>
  );
}
