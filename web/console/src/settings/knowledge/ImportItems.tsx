import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { importItemsQuery } from "../../api/queries";
import type { ImportItem } from "../../api/types";
import { Awaited } from "../../shell/Awaited";
import { More } from "../More";
import settings from "../settings.module.css";
import classes from "./import.module.css";

/** The pieces that were read, each with what becomes of it. */
export function ImportItems({ id }: { id: string }) {
  const items = useInfiniteQuery(importItemsQuery(id));
  return (
    <>
      <Awaited query={items} />
      <ul className={settings.rows} data-testid="import-items">
        {(items.data?.pages.flatMap((page) => page.items) ?? []).map((item) => (
          <li key={item.place}>
            <Item item={item} />
          </li>
        ))}
      </ul>
      <More list={items} />
    </>
  );
}

function Item({ item }: { item: ImportItem }) {
  const { t } = useTranslation();
  const about = [t(`article.kind_${item.kind}`), item.locale, item.category].filter(Boolean).join(" · ");
  return (
    <details className={classes.item}>
      <summary>
        <span className={settings.grow}>
          <strong dir="auto">{item.title || item.source}</strong>
          <small dir="auto">{item.problem ? t(`import.problem_${item.problem}`) : about}</small>
        </span>
        <span className={settings.tag} data-tone={item.verdict === "refused" ? "bad" : undefined}>
          {t(`import.verdict_${item.verdict}`)}
        </span>
      </summary>
      <p className={classes.words} dir="auto">
        {item.body || item.source}
      </p>
    </details>
  );
}
