import { ActionIcon } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { InboxSearch } from "../router";
import classes from "./list.module.css";

interface Props {
  search: InboxSearch;
  opened: boolean;
  onToggle: () => void;
}

/** Whether anything but the open conversations of every inbox is shown. */
export function isFiltered(search: InboxSearch): boolean {
  return Boolean(search.state || search.inbox || search.label);
}

/** Opens the choice of conversations beyond whose they are; a pip says that something is chosen. */
export function FilterButton({ search, opened, onToggle }: Props) {
  const { t } = useTranslation();
  const active = isFiltered(search);
  return (
    <ActionIcon
      aria-label={active ? `${t("list.filter")} (${t("list.filtered")})` : t("list.filter")}
      aria-expanded={opened}
      className={classes.filter ?? ""}
      onClick={onToggle}
      data-testid="list-filter"
    >
      <IconFilter size={18} stroke={1.7} />
      {active && <span className={classes.pip} aria-hidden="true" />}
    </ActionIcon>
  );
}
