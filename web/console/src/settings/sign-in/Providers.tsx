import { Button, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { providersQuery, queryClient } from "../../api/queries";
import type { Provider } from "../../api/types";
import { done, failed } from "../../shell/toast";
import { Confirm } from "../Confirm";
import classes from "../settings.module.css";
import { ProviderForm } from "./ProviderForm";

const changed = () => queryClient.invalidateQueries({ queryKey: providersQuery.queryKey });

/** The providers of identity of the workspace: set up, tried, changed and removed. */
export function Providers({ guarded }: { guarded: (work: () => Promise<unknown>) => Promise<void> }) {
  const { t } = useTranslation();
  const { data } = useQuery(providersQuery);
  const [shown, setShown] = useState<Provider | "new" | null>(null);
  const [doomed, setDoomed] = useState<Provider | null>(null);
  const [found, setFound] = useState<Record<string, string | null>>({});

  async function test({ id }: Provider) {
    try {
      const { problem } = await api.providers.test(id);
      setFound((old) => ({ ...old, [id]: problem }));
      if (problem === null) done(t("provider.works"));
    } catch (error) {
      failed(error);
    }
  }

  return (
    <section aria-labelledby="providers" className={classes.form}>
      <div className={classes.head}>
        <h2 id="providers" className={classes.title}>
          {t("provider.title")}
        </h2>
        <Button onClick={() => setShown("new")} data-testid="new-provider">
          {t("provider.new")}
        </Button>
      </div>
      <p className={classes.help}>{t("provider.help")}</p>
      <ul className={classes.rows}>
        {(data?.items ?? []).map((provider) => (
          <li key={provider.id} style={{ flexWrap: "wrap" }}>
            <div className={classes.grow}>
              <strong>{provider.name}</strong>
              <small>{provider.issuer}</small>
              {found[provider.id] && (
                <small role="alert">{t("provider.broken", { why: found[provider.id] ?? "" })}</small>
              )}
            </div>
            {!provider.enabled && <span className={classes.tag}>{t("provider.off")}</span>}
            {provider.id in found && (
              <span className={classes.tag} data-tone={found[provider.id] === null ? "ok" : "bad"}>
                {t(found[provider.id] === null ? "provider.tested" : "provider.faulty")}
              </span>
            )}
            <Button
              size="xs"
              variant="default"
              onClick={() => void test(provider)}
              aria-label={t("provider.test_name", { name: provider.name })}
              data-testid="test-provider"
            >
              {t("provider.test")}
            </Button>
            <Button
              size="xs"
              variant="default"
              onClick={() => setShown(provider)}
              aria-label={t("action.edit_name", { name: provider.name })}
            >
              {t("action.edit")}
            </Button>
            <Button
              size="xs"
              variant="default"
              onClick={() => setDoomed(provider)}
              aria-label={t("action.delete_name", { name: provider.name })}
            >
              {t("action.delete")}
            </Button>
          </li>
        ))}
      </ul>
      <Modal
        opened={shown !== null}
        onClose={() => setShown(null)}
        size="lg"
        title={shown === "new" ? t("provider.new") : shown?.name}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        {shown && (
          <ProviderForm
            provider={shown === "new" ? null : shown}
            callback={data?.callback_url ?? null}
            signOut={data?.sign_out_url ?? null}
            onDone={() => {
              setShown(null);
              void changed();
            }}
          />
        )}
      </Modal>
      <Confirm
        opened={doomed !== null}
        title={t("action.delete_name", { name: doomed?.name ?? "" })}
        text={t("provider.delete_help")}
        action={t("action.delete")}
        onClose={() => setDoomed(null)}
        onConfirm={() =>
          guarded(async () => {
            if (doomed) await api.providers.remove(doomed.id);
            await changed();
          })
        }
      />
    </section>
  );
}
