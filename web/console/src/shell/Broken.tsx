import { Button, Text, Title } from "@mantine/core";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/error";
import classes from "./shell.module.css";

/** What stands where a page could not be shown. */
export function Broken({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const unreachable = error instanceof ApiError && error.passing;
  return (
    <main className={classes.centre} role="alert">
      <Title order={1}>{unreachable ? t("shell.unreachable") : t("shell.broken")}</Title>
      <Text c="var(--desk-muted)" ta="center" maw={420}>
        {unreachable ? t("shell.unreachable_help") : error instanceof Error ? error.message : ""}
      </Text>
      <Button
        onClick={() => {
          reset();
          location.reload();
        }}
      >
        {t("shell.try_again")}
      </Button>
    </main>
  );
}
