import { Button, Modal, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import settings from "../settings.module.css";
import { pretty } from "./pretty";

interface Props {
  title: string | undefined;
  /** What to look for in it. */
  note?: string | undefined;
  /** Whose body it is; `null` while nothing is shown. */
  id: string | null;
  read: () => Promise<{ body: string }>;
  onClose: () => void;
  onReplay: () => void;
}

/** The bytes of a delivery as they came, as text and nothing else. */
export function RawDelivery({ title, note, id, read, onClose, onReplay }: Props) {
  const { t } = useTranslation();
  const { data, isError } = useQuery({
    queryKey: ["delivery-body", id],
    queryFn: read,
    enabled: id !== null,
  });
  return (
    <Modal
      opened={id !== null}
      onClose={onClose}
      title={title}
      size="xl"
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      <div className={settings.form}>
        {note && <code className={settings.raw}>{note}</code>}
        <Textarea
          label={t("parked.raw")}
          readOnly
          autosize
          minRows={6}
          maxRows={22}
          dir="ltr"
          classNames={{ input: settings.raw }}
          error={isError && t("parked.raw_gone")}
          value={data ? pretty(data.body) : "…"}
        />
        <div className={settings.buttons}>
          <Button onClick={onReplay}>{t("parked.replay")}</Button>
        </div>
      </div>
    </Modal>
  );
}
