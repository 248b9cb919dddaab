import { Button } from "@mantine/core";
import { IconBrandWhatsapp, IconChevronRight, IconMessage } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { inboxesQuery } from "../../api/queries";
import { useMay } from "../../shell/permission";
import { Page } from "../Page";
import settings from "../settings.module.css";
import { Health } from "./Health";
import classes from "./inboxes.module.css";

export function InboxesPage() {
  const { t } = useTranslation();
  const may = useMay("inbox.manage");
  const { data } = useQuery(inboxesQuery);
  const connect = may && (
    <Button component={Link} to="/settings/inboxes/new" data-testid="inbox-new">
      {t("inbox.connect")}
    </Button>
  );
  return (
    <Page title={t("settings.inboxes")} help={t("inbox.help")} action={connect}>
      {data && data.items.length === 0 && (
        <p className={settings.empty}>
          <strong>{t("inbox.empty")}</strong>
          {t("inbox.empty_help")}
        </p>
      )}
      {data && data.items.length > 0 && (
        <ul className={settings.rows}>
          {data.items.map((inbox) => (
            <li key={inbox.id} className={classes.item}>
              <Link to="/settings/inboxes/$inboxId" params={{ inboxId: inbox.id }} className={classes.open}>
                {inbox.kind === "whatsapp" ? <IconBrandWhatsapp size={24} /> : <IconMessage size={24} />}
                <span className={settings.grow}>
                  <strong>{inbox.name}</strong>
                  <small>{inbox.address ?? t("inbox.no_address")}</small>
                </span>
                <Health state={inbox.health.state} />
                <IconChevronRight size={18} className="mirrored" />
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}
