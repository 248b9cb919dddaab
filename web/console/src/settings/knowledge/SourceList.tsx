import { ActionIcon, Menu } from "@mantine/core";
import { IconCheck, IconDots } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { queryClient, sourcesQuery } from "../../api/queries";
import type { Every, KnowledgeSource } from "../../api/types";
import { currentLocale } from "../../locales";
import { span } from "../../locales/time";
import { Awaited } from "../../shell/Awaited";
import { done, failed } from "../../shell/toast";
import { Confirm } from "../Confirm";
import { More } from "../More";
import { Section } from "../Section";
import classes from "../settings.module.css";
import { age, stale } from "./age";

const schedules = ["never", "day", "week"] as const;

/** What knowledge was taken from, and how old it is. */
export function SourceList() {
  const { t } = useTranslation();
  const sources = useInfiniteQuery(sourcesQuery);
  const [doomed, setDoomed] = useState<KnowledgeSource | null>(null);
  const items = sources.data?.pages.flatMap((page) => page.items);

  async function forget(source: KnowledgeSource) {
    await api.sources.remove(source.id);
    await queryClient.invalidateQueries({ queryKey: sourcesQuery.queryKey });
    done(t("import.forgotten"));
  }

  return (
    <Section id="import-sources" title={t("import.sources")}>
      <Awaited query={sources} />
      {items?.length === 0 ? (
        <p className={classes.empty}>{t("import.no_sources")}</p>
      ) : (
        <ul className={classes.rows} data-testid="sources">
          {(items ?? []).map((source) => (
            <li key={source.id}>
              <Row source={source} onForget={() => setDoomed(source)} />
            </li>
          ))}
        </ul>
      )}
      <More list={sources} />
      <Confirm
        opened={doomed !== null}
        title={t("import.forget")}
        text={t("import.forget_help", { name: doomed?.name ?? "" })}
        action={t("import.forget")}
        onClose={() => setDoomed(null)}
        onConfirm={async () => {
          if (doomed) await forget(doomed);
        }}
      />
    </Section>
  );
}

function Row({ source, onForget }: { source: KnowledgeSource; onForget: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const now = Date.now();
  const old = age(source, now);
  const { last } = source;
  const open = last && last.state !== "done";

  async function fetchAgain() {
    try {
      const { id } = await api.sources.fetch(source.id);
      await navigate({ to: "/settings/knowledge/import/$importId", params: { importId: id } });
    } catch (error) {
      failed(error);
    }
  }

  async function schedule(every: Every) {
    try {
      await api.sources.schedule(source.id, every);
      await queryClient.invalidateQueries({ queryKey: sourcesQuery.queryKey });
      done(t("action.saved"));
    } catch (error) {
      failed(error);
    }
  }

  return (
    <>
      <div className={classes.grow}>
        <strong dir="auto">
          {open ? (
            <Link to="/settings/knowledge/import/$importId" params={{ importId: last.id }}>
              {source.name}
            </Link>
          ) : (
            source.name
          )}
        </strong>
        <small>
          {old === null ? t("import.never_taken") : t("import.age", { span: span(old, currentLocale()) })}
          {source.kind !== "file" && ` · ${t(`import.every_${source.every}`)}`}
        </small>
      </div>
      {stale(source, now) && <span className={classes.tag}>{t("import.stale")}</span>}
      {open && (
        <span className={classes.tag} data-tone={last.state === "failed" ? "bad" : "ok"}>
          {t(`import.state_${last.state}`)}
        </span>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t("import.more", { name: source.name })}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {source.kind !== "file" && (
            <>
              <Menu.Item onClick={() => void fetchAgain()}>{t("import.fetch_again")}</Menu.Item>
              <Menu.Divider />
              {schedules.map((every) => (
                <Menu.Item
                  key={every}
                  leftSection={<IconCheck size={14} opacity={every === source.every ? 1 : 0} />}
                  aria-current={every === source.every}
                  onClick={() => void schedule(every)}
                >
                  {t(`import.every_${every}`)}
                </Menu.Item>
              ))}
              <Menu.Divider />
            </>
          )}
          <Menu.Item color="red" onClick={onForget}>
            {t("import.forget")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
