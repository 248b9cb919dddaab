import { Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { policyQuery, queryClient } from "../../api/queries";
import { done } from "../../shell/toast";
import { Page } from "../Page";
import { useProof } from "../Proof";
import classes from "../settings.module.css";

/** What everybody in the workspace is asked for when signing in. */
export function SignInSettingsPage() {
  const { t } = useTranslation();
  const { data } = useQuery(policyQuery);
  const { guarded, dialogue } = useProof();

  const require = (required: boolean) =>
    guarded(async () => {
      const policy = await api.signIn.change({ second_step_required: required });
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
          onChange={(e) => void require(e.currentTarget.checked)}
          data-testid="require-second-step"
        />
      </div>
      {dialogue}
    </Page>
  );
}
