import { Button, CloseButton, Loader, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback, useHotkeys } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { agentsQuery, inboxesQuery, messageSearchQuery } from "../api/queries";
import { type MessageSearch, writers } from "../router";
import { useMay } from "../shell/permission";
import { endOf, startOf } from "./day";
import { HitRow } from "./HitRow";
import classes from "./search.module.css";

/** Messages by what they say. */
export function SearchPage() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/desk/search" });
  const { q, inbox, agent, by, from, until } = search;
  const found = useInfiniteQuery({
    ...messageSearchQuery({
      q: q ?? "",
      inbox,
      agent,
      direction: by,
      from: from === undefined ? undefined : startOf(from),
      until: until === undefined ? undefined : endOf(until),
    }),
    enabled: q !== undefined,
    placeholderData: keepPreviousData,
  });
  const hits = q === undefined ? [] : (found.data?.pages.flatMap((page) => page.items) ?? []);
  const { hasNextPage, isFetching, isFetchingNextPage, fetchNextPage } = found;
  const lookingOn = q !== undefined && hasNextPage && hits.length === 0;

  // A page may find nothing although older messages are still to be looked at.
  useEffect(() => {
    if (lookingOn && !isFetching) void fetchNextPage();
  }, [lookingOn, isFetching, fetchNextPage]);

  const done = q !== undefined && found.isSuccess && !isFetching && !hasNextPage;
  return (
    <section className={classes.page} aria-label={t("search.title")}>
      <header className={classes.head}>
        <h1 className={classes.title}>{t("search.title")}</h1>
        <Words value={q ?? ""} />
        <Narrow search={search} />
      </header>
      <div className={classes.results} aria-busy={isFetching}>
        {q === undefined && <p className={classes.hint}>{t("search.help")}</p>}
        <p className="sr-only" role="status">
          {done && t("search.count", { count: hits.length })}
        </p>
        {found.isError && (
          <p className={classes.hint} role="alert">
            {t("search.failed")}
          </p>
        )}
        {hits.length > 0 && (
          <ol className={classes.list}>
            {hits.map((hit) => (
              <li key={hit.message_id}>
                <HitRow hit={hit} />
              </li>
            ))}
          </ol>
        )}
        {done && hits.length === 0 && (
          <div className={classes.empty}>
            <strong>{t("search.nothing")}</strong>
            <span>{t("search.nothing_help")}</span>
          </div>
        )}
        {q !== undefined && isFetching && (
          <div className={classes.more}>
            <Loader size="sm" aria-label={t("search.looking")} />
          </div>
        )}
        {hits.length > 0 && hasNextPage && !isFetchingNextPage && (
          <div className={classes.more}>
            <Button variant="default" onClick={() => void fetchNextPage()}>
              {t("search.older")}
            </Button>
          </div>
        )}
      </div>
    </section>
  );
}

/** What is looked for. The address keeps it, so that a result's way back leads here again. */
function Words({ value }: { value: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: "/search" });
  const [text, setText] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const look = useDebouncedCallback((q: string) => {
    void navigate({ search: ({ q: _, ...old }) => (q ? { ...old, q } : old), replace: true });
  }, 250);
  useHotkeys([["/", () => input.current?.focus()]]);
  useEffect(() => input.current?.focus(), []);

  function change(next: string) {
    setText(next);
    look(next.trim());
  }

  return (
    <TextInput
      ref={input}
      type="search"
      size="md"
      radius="md"
      maxLength={200}
      aria-label={t("search.words")}
      placeholder={t("search.words")}
      leftSection={<IconSearch size={18} />}
      rightSection={
        text && <CloseButton size="sm" aria-label={t("action.clear")} onClick={() => change("")} />
      }
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

function Narrow({ search }: { search: MessageSearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: "/search" });
  const seesAgents = useMay("agent.read");
  const seesInboxes = useMay("inbox.read");
  const { data: agents } = useQuery({ ...agentsQuery, enabled: seesAgents });
  const { data: inboxes } = useQuery({ ...inboxesQuery, enabled: seesInboxes });
  const several = (inboxes?.items.length ?? 0) > 1;

  function set(change: Partial<Record<keyof MessageSearch, string | null>>) {
    void navigate({
      search: (old) =>
        Object.fromEntries(
          Object.entries({ ...old, ...change }).filter(([, value]) => value),
        ) as MessageSearch,
      replace: true,
    });
  }

  return (
    <div className={classes.narrow}>
      <Select
        label={t("search.by")}
        size="xs"
        placeholder={t("search.by_any")}
        clearable
        clearButtonProps={{ "aria-label": t("action.clear") }}
        value={search.by ?? null}
        data={writers.map((value) => ({ value, label: t(`search.by_${value}`) }))}
        onChange={(by) => set({ by })}
      />
      {agents && (
        <Select
          label={t("search.agent")}
          size="xs"
          placeholder={t("search.agent_any")}
          clearable
          searchable
          clearButtonProps={{ "aria-label": t("action.clear") }}
          value={search.agent ?? null}
          data={agents.items.map((agent) => ({ value: agent.id, label: agent.name }))}
          onChange={(agent) => set({ agent })}
        />
      )}
      {several && (
        <Select
          label={t("list.inbox")}
          size="xs"
          placeholder={t("list.any_inbox")}
          clearable
          clearButtonProps={{ "aria-label": t("action.clear") }}
          value={search.inbox ?? null}
          data={(inboxes?.items ?? []).map((inbox) => ({ value: inbox.id, label: inbox.name }))}
          onChange={(inbox) => set({ inbox })}
        />
      )}
      <TextInput
        type="date"
        label={t("field.from")}
        size="xs"
        value={search.from ?? ""}
        {...(search.until === undefined ? {} : { max: search.until })}
        onChange={(event) => set({ from: event.currentTarget.value })}
      />
      <TextInput
        type="date"
        label={t("field.until")}
        size="xs"
        value={search.until ?? ""}
        {...(search.from === undefined ? {} : { min: search.from })}
        onChange={(event) => set({ until: event.currentTarget.value })}
      />
    </div>
  );
}
