import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { intentsQuery } from "../../api/queries";
import { IntentForm } from "./IntentForm";

/** One intent: what it is, what the bot does about it, and its examples. */
export function IntentPage() {
  const { intentId } = useParams({ from: "/desk/settings/intents/$intentId" });
  const { data } = useQuery(intentsQuery);
  if (intentId === "new") return <IntentForm key="new" intent={null} />;
  const intent = data?.items.find(({ id }) => id === intentId);
  return intent ? <IntentForm key={intent.id} intent={intent} /> : null;
}
