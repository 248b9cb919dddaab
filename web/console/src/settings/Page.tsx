import { ActionIcon } from "@mantine/core";
import { IconChevronLeft } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./settings.module.css";

interface Props {
  title: string;
  help?: string;
  /** Where the arrow leads: the menu on a phone, or the list this page belongs to. */
  back?:
    | "/settings"
    | "/settings/inboxes"
    | "/settings/knowledge"
    | "/settings/knowledge/import"
    | "/settings/intents";
  action?: ReactNode;
  children: ReactNode;
}

export function Page({ title, help, back = "/settings", action, children }: Props) {
  const { t } = useTranslation();
  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <ActionIcon
          component={Link}
          to={back}
          className={classes.back ?? ""}
          data-always={back !== "/settings"}
          aria-label={t("action.back")}
        >
          <IconChevronLeft size={20} className="mirrored" />
        </ActionIcon>
        <h1 className={classes.title}>{title}</h1>
        <div className={classes.actions}>{action}</div>
      </header>
      {help && <p className={classes.help}>{help}</p>}
      {children}
    </div>
  );
}
