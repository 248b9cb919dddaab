import { Loader } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./shell.module.css";

export function Waiting() {
  const { t } = useTranslation();
  return (
    <div className={classes.centre} role="status" aria-label={t("shell.loading")}>
      <Loader />
    </div>
  );
}
