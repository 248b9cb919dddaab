import { Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { policyQuery, queryClient } from "../../api/queries";
import type { SignInPolicy } from "../../api/types";
import { done } from "../../shell/toast";
import { Page } from "../Page";
import { useProof } from "../Proof";
import classes from "../settings.module.css";
import { Providers } from "./Providers";

/** What everybody in the workspace is asked for when signing in, and who else vouches for people. */
export function SignInSettingsPage() {
  const { t } = useTranslation();
  const { data } = useQuery(policyQuery);
  const { guarded, dialogue } = useProof();

  const change = (part: Partial<SignInPolicy>) =>
    guarded(async () => {
      if (!data) return;
      const policy = await api.signIn.change({ ...data, ...part });
      queryClient.setQueryData(policyQuery.queryKey, policy);
      done(t("action.saved"));
    });

  return (
    <Page title={t("settings.sign_in")} help={t("sign_in.help")}>
      <div className={`${classes.card} ${classes.form}`}>
        <Switch
          label={t("sign_in.required")}
          description={t("sign_in.required_help")}
          checked={data?.second_step_required ?? false}
          disabled={!data}
          onChange={(e) => void change({ second_step_required: e.currentTarget.checked })}
          data-testid="require-second-step"
        />
        <Switch
          label={t("sign_in.providers_only")}
          description={t("sign_in.providers_only_help")}
          checked={data?.providers_only ?? false}
          disabled={!data}
          onChange={(e) => void change({ providers_only: e.currentTarget.checked })}
          data-testid="providers-only"
        />
      </div>
      <Providers guarded={guarded} />
      {dialogue}
    </Page>
  );
}
