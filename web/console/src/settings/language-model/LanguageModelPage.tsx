import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { assistanceQuery, languageModelQuery, queryClient } from "../../api/queries";
import { Awaited } from "../../shell/Awaited";
import { done } from "../../shell/toast";
import { Confirm } from "../Confirm";
import { Page } from "../Page";
import { useProof } from "../Proof";
import classes from "../settings.module.css";
import { ModelForm } from "./ModelForm";
import { SentenceModel } from "./SentenceModel";
import { Test } from "./Test";
import { useLook } from "./useLook";

const changed = () =>
  Promise.all(
    [languageModelQuery, assistanceQuery].map(({ queryKey }) => queryClient.invalidateQueries({ queryKey })),
  );

/** Which language model the workspace uses, what for, whether it works, and how much of it was used today. */
export function LanguageModelPage() {
  const { t } = useTranslation();
  const query = useQuery(languageModelQuery);
  const { guarded, dialogue } = useProof();
  const { tested, testing, look, forget } = useLook(api.languageModel.test, changed);
  const [removing, setRemoving] = useState(false);
  const chosen = query.data;
  const model = chosen?.model ?? null;

  return (
    <Page title={t("model.title")} help={t("model.help")}>
      <Awaited query={query} />
      {chosen && (
        <ModelForm
          key={model?.address ?? ""}
          model={model}
          names={tested?.models ?? []}
          guarded={guarded}
          onSaved={async () => {
            await changed();
            await look();
          }}
        />
      )}
      {chosen && model && (
        <>
          <Test
            model={model}
            used={chosen.used_today}
            tested={tested}
            testing={testing}
            onTest={() => void look()}
          />
          <div className={classes.buttons}>
            <Button variant="default" onClick={() => setRemoving(true)} data-testid="model-remove">
              {t("model.remove")}
            </Button>
          </div>
        </>
      )}
      <SentenceModel guarded={guarded} />
      <Confirm
        opened={removing}
        title={t("model.remove")}
        text={t("model.remove_help")}
        action={t("model.remove")}
        onClose={() => setRemoving(false)}
        onConfirm={() =>
          guarded(async () => {
            await api.languageModel.remove();
            forget();
            await changed();
            done(t("model.removed"));
          })
        }
      />
      {dialogue}
    </Page>
  );
}
