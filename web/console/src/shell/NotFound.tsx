import { Button, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import classes from "./shell.module.css";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <main className={classes.centre}>
      <Title order={1}>{t("shell.not_found")}</Title>
      <Text c="var(--desk-muted)">{t("shell.not_found_help")}</Text>
      <Button component={Link} to="/">
        {t("shell.to_inbox")}
      </Button>
    </main>
  );
}
