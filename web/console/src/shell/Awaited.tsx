import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./shell.module.css";
import { explain } from "./toast";
import { Waiting } from "./Waiting";

interface Props {
  /** What was asked for. */
  query: { isPending: boolean; isLoadingError: boolean; error: unknown; refetch: () => unknown };
}

/** Stands where an answer will: a sign that it is awaited, or why it did not come and a way to ask again. */
export function Awaited({ query }: Props) {
  const { t } = useTranslation();
  if (query.isPending) return <Waiting />;
  if (!query.isLoadingError) return null;
  return (
    <div className={classes.failed} role="alert">
      <p>{explain(query.error).title}</p>
      <Button size="xs" variant="default" onClick={() => void query.refetch()}>
        {t("shell.try_again")}
      </Button>
    </div>
  );
}
