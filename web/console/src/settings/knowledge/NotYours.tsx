import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/error";
import { Awaited } from "../../shell/Awaited";
import classes from "../settings.module.css";

interface Query {
  isPending: boolean;
  isLoadingError: boolean;
  error: unknown;
  refetch: () => unknown;
}

/** Whether something was not told because only those get it who see every conversation. */
export function isNotYours({ error }: Pick<Query, "error">): boolean {
  return error instanceof ApiError && error.code === "forbidden";
}

/** Says so. */
export function NotYours() {
  const { t } = useTranslation();
  return (
    <p className={classes.empty} role="alert">
      {t("unanswered.not_yours")}
    </p>
  );
}

/** Stands where an answer will that only those get who see every conversation. */
export function AwaitedOfAll({ query }: { query: Query }) {
  return isNotYours(query) ? <NotYours /> : <Awaited query={query} />;
}
