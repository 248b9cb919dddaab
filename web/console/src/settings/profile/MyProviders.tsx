import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { myProvidersQuery, queryClient } from "../../api/queries";
import { currentLocale } from "../../locales";
import { shortMoment } from "../../locales/time";
import { depart } from "../../signin/journey";
import { useProof } from "../Proof";
import classes from "../settings.module.css";

/** The providers of identity that may vouch for oneself; nothing where the workspace has none. */
export function MyProviders() {
  const { t } = useTranslation();
  const { data } = useQuery(myProvidersQuery);
  const { guarded, dialogue } = useProof();
  if (!data || data.items.length === 0) return null;

  const link = (id: string) =>
    guarded(async () => {
      const { url } = await api.me.linkProvider(id);
      depart({ why: "link", back: "/settings/profile" }, url);
    });
  const unlink = (id: string) =>
    guarded(async () => {
      await api.me.unlinkProvider(id);
      await queryClient.invalidateQueries({ queryKey: myProvidersQuery.queryKey });
    });

  return (
    <section aria-labelledby="my-providers" className={classes.form}>
      <h2 id="my-providers" className={classes.title}>
        {t("provider.mine")}
      </h2>
      <p className={classes.help}>{t("provider.mine_help")}</p>
      <ul className={classes.rows}>
        {data.items.map(({ id, name, linked_at }) => (
          <li key={id}>
            <div className={classes.grow}>
              <strong>{name}</strong>
              <small>
                {linked_at === null
                  ? t("provider.not_linked")
                  : t("provider.linked_since", { when: shortMoment(linked_at, currentLocale()) })}
              </small>
            </div>
            {linked_at === null ? (
              <Button
                size="xs"
                onClick={() => void link(id)}
                aria-label={t("provider.link_name", { name })}
                data-testid="link-provider"
              >
                {t("provider.link")}
              </Button>
            ) : (
              <Button
                size="xs"
                variant="default"
                onClick={() => void unlink(id)}
                aria-label={t("provider.unlink_name", { name })}
              >
                {t("provider.unlink")}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {dialogue}
    </section>
  );
}
