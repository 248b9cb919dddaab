import { Button, SegmentedControl, Select, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { inboxesQuery, labelsQuery } from "../api/queries";
import type { ConversationState } from "../api/types";
import type { InboxSearch } from "../router";
import { useMay } from "../shell/permission";
import { isFiltered } from "./Filters";

const states = ["open", "snoozed", "resolved", "all"] as const;

export function FilterForm({ search }: { search: InboxSearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: "/inbox/$view/{-$conversationId}" });
  const { data: inboxes } = useQuery({ ...inboxesQuery, enabled: useMay("inbox.read") });
  const { data: labels } = useQuery(labelsQuery);
  const active = isFiltered(search);

  function set(change: Partial<Record<keyof InboxSearch, string | undefined>>) {
    void navigate({
      search: (old) => ({ ...old, ...change }) as InboxSearch,
      params: (params) => params,
      replace: true,
    });
  }

  return (
    <Stack gap="sm">
      <SegmentedControl
        fullWidth
        size="xs"
        aria-label={t("list.state")}
        value={search.state ?? "open"}
        data={states.map((s) => ({ value: s, label: t(`state.${s}`) }))}
        onChange={(value) => set({ state: value === "open" ? undefined : (value as ConversationState) })}
      />
      <Select
        label={t("list.inbox")}
        placeholder={t("list.any_inbox")}
        clearable
        allowDeselect
        clearButtonProps={{ "aria-label": t("action.clear") }}
        value={search.inbox ?? null}
        data={(inboxes?.items ?? []).map((i) => ({ value: i.id, label: i.name }))}
        onChange={(value) => set({ inbox: value ?? undefined })}
      />
      <Select
        label={t("list.label")}
        placeholder={t("list.any_label")}
        clearable
        allowDeselect
        clearButtonProps={{ "aria-label": t("action.clear") }}
        value={search.label ?? null}
        data={(labels?.items ?? []).map((l) => ({ value: l.id, label: l.name }))}
        onChange={(value) => set({ label: value ?? undefined })}
      />
      {active && (
        <Button
          variant="default"
          size="xs"
          onClick={() => set({ state: undefined, inbox: undefined, label: undefined })}
        >
          {t("list.clear_filters")}
        </Button>
      )}
    </Stack>
  );
}
