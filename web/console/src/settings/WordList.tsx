import { ActionIcon, Button, Modal } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Confirm } from "./Confirm";
import { Page } from "./Page";
import classes from "./settings.module.css";

interface Props<Item> {
  title: string;
  help: string;
  /** What stands where nothing is yet. */
  empty: string;
  /** `undefined` until they were read. */
  items: Item[] | undefined;
  /** Whether they may be changed. */
  may: boolean;
  create: string;
  edit: (item: Item) => string;
  remove: (item: Item) => string;
  removeHelp: string;
  size?: "md" | "lg";
  row: (item: Item) => ReactNode;
  form: (item: Item | null, onDone: () => void) => ReactNode;
  onRemove: (item: Item) => Promise<void>;
}

/** A page of short things that a workspace keeps: a list, a form for one of them, and its removal. */
export function WordList<Item extends { id: string }>(props: Props<Item>) {
  const { t } = useTranslation();
  const { items, may } = props;
  const [edited, setEdited] = useState<Item | "new" | null>(null);
  const [doomed, setDoomed] = useState<Item | null>(null);
  const close = () => setEdited(null);

  return (
    <Page
      title={props.title}
      help={props.help}
      action={may && <Button onClick={() => setEdited("new")}>{props.create}</Button>}
    >
      {items?.length === 0 ? (
        <p className={classes.empty}>{props.empty}</p>
      ) : (
        <ul className={classes.rows}>
          {(items ?? []).map((item) => (
            <li key={item.id}>
              {props.row(item)}
              {may && (
                <>
                  <ActionIcon aria-label={props.edit(item)} onClick={() => setEdited(item)}>
                    <IconPencil size={17} />
                  </ActionIcon>
                  <ActionIcon aria-label={props.remove(item)} onClick={() => setDoomed(item)}>
                    <IconTrash size={17} />
                  </ActionIcon>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      <Modal
        opened={edited !== null}
        onClose={close}
        title={edited === "new" ? props.create : t("action.edit")}
        closeButtonProps={{ "aria-label": t("action.close") }}
        size={props.size ?? "md"}
      >
        {edited !== null && props.form(edited === "new" ? null : edited, close)}
      </Modal>
      <Confirm
        opened={doomed !== null}
        title={doomed ? props.remove(doomed) : ""}
        text={props.removeHelp}
        action={t("action.delete")}
        onClose={() => setDoomed(null)}
        onConfirm={async () => {
          if (doomed) await props.onRemove(doomed);
        }}
      />
    </Page>
  );
}
