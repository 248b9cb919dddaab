import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { agentsQuery } from "../../api/queries";
import type { Article } from "../../api/types";
import { currentLocale } from "../../locales";
import { moment } from "../../locales/time";
import classes from "../settings.module.css";

interface Props {
  article: Article;
  may: boolean;
  onRestore: (version: number) => void;
}

/** Earlier words of an article, and who wrote them. */
export function Versions({ article, may, onRestore }: Props) {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ["article", article.id, "versions", article.version],
    queryFn: () => api.articles.versions(article.id),
  });
  const { data: agents } = useQuery(agentsQuery);
  if (!data || data.items.length < 2) return null;
  return (
    <section className={classes.card}>
      <h2>{t("article.versions")}</h2>
      <ol className={classes.rows}>
        {data.items.map((version) => (
          <li key={version.version}>
            <div className={classes.grow}>
              <strong dir="auto">{version.title}</strong>
              <small>
                {t("article.version", { version: version.version })} · {moment(version.at, currentLocale())}
                {version.author_id &&
                  ` · ${agents?.items.find(({ id }) => id === version.author_id)?.name ?? ""}`}
              </small>
            </div>
            {version.version === article.published_version && (
              <span className={classes.tag} data-tone="ok">
                {t("article.state_published")}
              </span>
            )}
            {may && version.version !== article.version && (
              <Button size="xs" variant="default" onClick={() => onRestore(version.version)}>
                {t("article.restore", { version: version.version })}
              </Button>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
