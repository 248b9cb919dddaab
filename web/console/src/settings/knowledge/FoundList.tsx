import { Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { knowledgeQuery } from "../../api/queries";
import type { Found } from "../../api/types";
import { Awaited } from "../../shell/Awaited";
import classes from "../settings.module.css";

interface Props {
  question: string;
  /** Where given, each result can be taken. */
  onTake?: (found: Found) => void;
}

/** What the knowledge says about a question, the best first. */
export function FoundList({ question, onTake }: Props) {
  const { t } = useTranslation();
  const asked = useQuery({ ...knowledgeQuery(question), placeholderData: keepPreviousData });
  const { data } = asked;
  if (!data) return <Awaited query={asked} />;
  if (data.items.length === 0) {
    return (
      <p className={classes.muted} role="status">
        {t("knowledge.nothing")}
      </p>
    );
  }
  return (
    <ol className={classes.rows} aria-label={t("knowledge.results")} data-testid="found">
      {data.items.map((found) => (
        <li key={found.article_id}>
          <div className={classes.grow}>
            <strong dir="auto">{found.title}</strong>
            <small dir="auto" lang={found.locale}>
              {found.text}
            </small>
          </div>
          {!found.public && <span className={classes.tag}>{t("knowledge.internal")}</span>}
          {onTake && (
            <Button size="xs" variant="light" onClick={() => onTake(found)}>
              {t("knowledge.insert")}
            </Button>
          )}
        </li>
      ))}
    </ol>
  );
}
