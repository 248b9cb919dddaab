import { CloseButton, Loader, Skeleton, TextInput } from "@mantine/core";
import { useDebouncedCallback, useHotkeys } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { agentsQuery, conversationsQuery, countsQuery, inboxesQuery, labelsQuery } from "../api/queries";
import type { Conversation, ConversationFilter } from "../api/types";
import { type InboxSearch, type View, views } from "../router";
import { useMay } from "../shell/permission";
import { ConversationRow } from "./ConversationRow";
import { FilterButton, isFiltered } from "./Filters";
import classes from "./list.module.css";
import { useNow } from "./useNow";

const FilterForm = lazy(() => import("./FilterForm").then((m) => ({ default: m.FilterForm })));

const assignees = { mine: "me", unassigned: "none", all: "any" } as const;
const rowHeight = 68;

interface Props {
  view: View;
  search: InboxSearch;
  chosen: string | undefined;
}

export function ConversationList({ view, search, chosen }: Props) {
  const { t } = useTranslation();
  const filter: ConversationFilter = useMemo(
    () => ({
      state: search.state ?? "open",
      assignee: assignees[view],
      inbox: search.inbox,
      label: search.label,
      q: search.q,
    }),
    [view, search.state, search.inbox, search.label, search.q],
  );
  const list = useInfiniteQuery(conversationsQuery(filter));
  const { data: agents } = useQuery({ ...agentsQuery, enabled: useMay("agent.read") });
  const { data: labels } = useQuery(labelsQuery);
  const { data: inboxes } = useQuery({ ...inboxesQuery, enabled: useMay("inbox.read") });
  const now = useNow(60_000);
  const [filtering, setFiltering] = useState(false);

  const conversations = useMemo(() => unique(list.data?.pages.flatMap((p) => p.items) ?? []), [list.data]);
  const agentById = useMemo(() => new Map(agents?.items.map((a) => [a.id, a])), [agents]);
  const labelById = useMemo(() => new Map(labels?.items.map((l) => [l.id, l])), [labels]);
  const inboxById = useMemo(() => new Map(inboxes?.items.map((i) => [i.id, i])), [inboxes]);
  const severalInboxes = inboxById.size > 1;

  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: conversations.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => conversations[index]?.id ?? index,
    overscan: 8,
  });
  const rows = virtual.getVirtualItems();

  const lastShown = rows.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  useEffect(() => {
    if (lastShown >= conversations.length - 10 && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [lastShown, conversations.length, hasNextPage, isFetchingNextPage, fetchNextPage]);

  useRowKeys(conversations, chosen, scroll, (index) => virtual.scrollToIndex(index, { align: "auto" }));

  return (
    <section className={classes.pane} aria-label={t("list.title")}>
      <div className={classes.head}>
        <div className={classes.tools}>
          <Search key={search.q === undefined ? "empty" : "filled"} value={search.q ?? ""} />
          <FilterButton search={search} opened={filtering} onToggle={() => setFiltering((now) => !now)} />
        </div>
        {filtering && (
          <Suspense fallback={<Loader />}>
            <FilterForm search={search} />
          </Suspense>
        )}
        {search.q !== undefined && (
          <Link to="/search" search={{ q: search.q }} className={classes.inMessages}>
            <IconSearch size={15} aria-hidden="true" />
            <span>{t("list.in_messages", { words: search.q })}</span>
          </Link>
        )}
        <Tabs view={view} />
      </div>
      <div className={classes.scroll} ref={scroll}>
        {list.isPending && <Waiting />}
        {list.isSuccess && conversations.length === 0 && <Empty filtered={isNarrowed(search)} view={view} />}
        {conversations.length > 0 && (
          <ul className={classes.rows} style={{ blockSize: virtual.getTotalSize() }}>
            {rows.map((row) => {
              const conversation = conversations[row.index];
              if (!conversation) return null;
              return (
                <li
                  key={row.key}
                  ref={virtual.measureElement}
                  data-index={row.index}
                  className={classes.slot}
                  style={{ transform: `translateY(${row.start}px)` }}
                  aria-posinset={row.index + 1}
                  aria-setsize={hasNextPage ? -1 : conversations.length}
                >
                  <ConversationRow
                    conversation={conversation}
                    view={view}
                    chosen={conversation.id === chosen}
                    assignee={
                      view === "mine" || !conversation.assignee_id
                        ? undefined
                        : agentById.get(conversation.assignee_id)
                    }
                    labels={conversation.label_ids.flatMap((l) => labelById.get(l) ?? [])}
                    inboxName={severalInboxes ? (inboxById.get(conversation.inbox_id)?.name ?? null) : null}
                    now={now}
                    position={row.index}
                  />
                </li>
              );
            })}
          </ul>
        )}
        {isFetchingNextPage && (
          <div className={classes.more}>
            <Loader />
          </div>
        )}
      </div>
    </section>
  );
}

function isNarrowed(search: InboxSearch): boolean {
  return Boolean(search.q) || isFiltered(search);
}

/** A conversation that moved while a page was on its way may stand on two pages. */
function unique(conversations: Conversation[]): Conversation[] {
  const seen = new Set<string>();
  return conversations.filter((c) => !seen.has(c.id) && seen.add(c.id));
}

function Search({ value }: { value: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: "/inbox/$view/{-$conversationId}" });
  const [text, setText] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const search = useDebouncedCallback((q: string) => {
    void navigate({
      search: ({ q: _, ...old }) => (q ? { ...old, q } : old),
      params: (params) => params,
      replace: true,
    });
  }, 250);
  useHotkeys([["/", () => input.current?.focus()]]);

  function change(next: string) {
    setText(next);
    search(next.trim());
  }

  return (
    <TextInput
      ref={input}
      className={classes.search ?? ""}
      type="search"
      size="sm"
      radius="md"
      aria-label={t("list.search")}
      placeholder={t("list.search")}
      leftSection={<IconSearch size={16} />}
      rightSection={
        text && <CloseButton size="sm" aria-label={t("action.clear")} onClick={() => change("")} />
      }
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          change("");
          event.currentTarget.blur();
        }
      }}
    />
  );
}

function Tabs({ view }: { view: View }) {
  const { t } = useTranslation();
  const { data: counts } = useQuery(countsQuery);
  return (
    <nav className={classes.tabs} aria-label={t("list.views")}>
      {views.map((name) => {
        const count = counts?.[name];
        return (
          <Link
            key={name}
            to="/inbox/$view/{-$conversationId}"
            params={({ conversationId }) => ({ view: name, conversationId })}
            search={(old) => old as InboxSearch}
            className={classes.tab}
            aria-current={name === view ? "page" : undefined}
            data-testid={`tab-${name}`}
          >
            {t(`view.${name}`)}
            {count !== undefined && <span className={classes.count}>{count.open}</span>}
            {count !== undefined && count.unread > 0 && (
              <span
                className={classes.pip}
                role="img"
                aria-label={t("list.tab_unread", { count: count.unread })}
              />
            )}
          </Link>
        );
      })}
    </nav>
  );
}

function Waiting() {
  return (
    <div aria-hidden="true">
      {[0, 1, 2, 3, 4, 5].map((n) => (
        <div key={n} className={classes.row}>
          <Skeleton circle height={42} />
          <div className={classes.body}>
            <Skeleton height={12} mt={4} width={`${55 - n * 4}%`} />
            <Skeleton height={10} mt={6} width={`${85 - n * 6}%`} />
          </div>
        </div>
      ))}
    </div>
  );
}

function Empty({ filtered, view }: { filtered: boolean; view: View }) {
  const { t } = useTranslation();
  return (
    <div className={classes.empty}>
      <strong>{filtered ? t("list.empty_filtered") : t(`list.empty_${view}`)}</strong>
      <span>{filtered ? t("list.empty_filtered_help") : t("list.empty_help")}</span>
    </div>
  );
}

/** `j` and `k` move the focus from row to row; Enter then follows the row's own link. */
function useRowKeys(
  conversations: Conversation[],
  chosen: string | undefined,
  scroll: React.RefObject<HTMLDivElement | null>,
  reveal: (index: number) => void,
) {
  function move(step: number) {
    const focused = document.activeElement?.getAttribute("data-position");
    const from = focused != null ? Number(focused) : conversations.findIndex((c) => c.id === chosen);
    const to = from < 0 ? 0 : Math.min(conversations.length - 1, Math.max(0, from + step));
    if (conversations.length === 0) return;
    reveal(to);
    requestAnimationFrame(() =>
      scroll.current?.querySelector<HTMLElement>(`[data-position="${to}"]`)?.focus(),
    );
  }
  useHotkeys([
    ["j", () => move(1)],
    ["k", () => move(-1)],
  ]);
}
