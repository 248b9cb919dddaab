import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { intentsQuery } from "../../api/queries";
import { Awaited } from "../../shell/Awaited";
import { Page } from "../Page";
import settings from "../settings.module.css";
import { IntentForm } from "./IntentForm";

/** One intent: what it is, what the bot does about it, and its examples. */
export function IntentPage() {
  const { t } = useTranslation();
  const { intentId } = useParams({ from: "/desk/settings/intents/$intentId" });
  const intents = useQuery(intentsQuery);
  if (intentId === "new") return <IntentForm key="new" intent={null} />;
  const intent = intents.data?.items.find(({ id }) => id === intentId);
  if (intent) return <IntentForm key={intent.id} intent={intent} />;
  return (
    <Page title={t("settings.intents")} back="/settings/intents">
      <Awaited query={intents} />
      {intents.data && <p className={settings.empty}>{t("error.not_found")}</p>}
    </Page>
  );
}
