import { ActionIcon, Loader, Popover } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { InboxSearch } from "../router";
import classes from "./list.module.css";

const FilterForm = lazy(() => import("./FilterForm").then((m) => ({ default: m.FilterForm })));

/** Opens the choice of conversations beyond whose they are; a pip says that something is chosen. */
export function Filters({ search }: { search: InboxSearch }) {
  const { t } = useTranslation();
  const active = Boolean(search.state || search.inbox || search.label);
  return (
    <Popover position="bottom-end" width={320} trapFocus withRoles>
      <Popover.Target>
        <ActionIcon aria-label={t("list.filter")} className={classes.filter ?? ""}>
          <IconFilter size={18} stroke={1.7} />
          {active && <span className={classes.pip} role="img" aria-label={t("list.filtered")} />}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("list.filter")}>
        <Suspense fallback={<Loader />}>
          <FilterForm search={search} />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}
