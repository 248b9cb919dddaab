import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Key } from "../../locales";
import { Page } from "../Page";
import classes from "./encryption.module.css";
import { type Guard, parts } from "./parts";

const colours: Record<Guard, string> = {
  end_to_end: "teal",
  encrypted: "teal",
  partly: "yellow",
  local: "gray",
  plain: "red",
  readable: "gray",
};

/** What is encrypted, by whom, and what is not: said without being asked. */
export function EncryptionPage() {
  const { t } = useTranslation();
  return (
    <Page title={t("settings.encryption")} help={t("encryption.help")}>
      <dl className={classes.parts}>
        {parts(window.location).map(({ name, guard }) => (
          <div key={name} className={classes.part}>
            <dt className={classes.name}>
              {t(`encryption.${name}` as Key)}
              <Badge color={colours[guard]} variant="light" data-testid={`guard-${name}`}>
                {t(`encryption.is_${guard}` as Key)}
              </Badge>
            </dt>
            <dd className={classes.words}>{t(`encryption.${name}_${guard}` as Key)}</dd>
          </div>
        ))}
      </dl>
    </Page>
  );
}
