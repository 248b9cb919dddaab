import { useTranslation } from "react-i18next";
import { useMay } from "../../shell/permission";
import { Page } from "../Page";
import { Breaches } from "./Breaches";
import { Holds } from "./Holds";
import { Notices } from "./Notices";
import { Processing } from "./Processing";
import { Receipts } from "./Receipts";
import { Retention } from "./Retention";
import { Sensitive } from "./Sensitive";

/** The life of data: how long it lives, what is masked, whom it is told, and the records that the law asks for. */
export function PrivacyPage() {
  const { t } = useTranslation();
  const maySensitive = useMay("sensitive.manage");
  return (
    <Page title={t("settings.privacy")} help={t("privacy.help")}>
      <Retention />
      {maySensitive && <Sensitive />}
      <Notices />
      <Processing />
      <Breaches />
      <Holds />
      <Receipts />
    </Page>
  );
}
