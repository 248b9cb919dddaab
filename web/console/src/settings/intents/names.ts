import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { intentsQuery } from "../../api/queries";

/** What an intent is called; one that is none, or gone, as well. */
export function useIntentName(): (id: string | null) => string {
  const { t } = useTranslation();
  const { data } = useQuery(intentsQuery);
  return (id) => data?.items.find((intent) => intent.id === id)?.name ?? t("intent.none");
}
