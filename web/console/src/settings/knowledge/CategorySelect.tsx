import { Button, Modal, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { categoriesQuery, queryClient } from "../../api/queries";
import { failed } from "../../shell/toast";
import classes from "../settings.module.css";

interface Props {
  value: string | null;
  disabled: boolean;
  onChange: (category: string | null) => void;
}

/** Where an article is sorted; a new category can be made on the way. */
export function CategorySelect({ value, disabled, onChange }: Props) {
  const { t } = useTranslation();
  const { data } = useQuery(categoriesQuery);
  const [name, setName] = useState<string | null>(null);

  async function create(event: FormEvent) {
    event.preventDefault();
    // The form stands inside another one's tree.
    event.stopPropagation();
    try {
      const { id } = await api.categories.create(name ?? "");
      await queryClient.invalidateQueries({ queryKey: categoriesQuery.queryKey });
      onChange(id);
      setName(null);
    } catch (error) {
      failed(error);
    }
  }

  return (
    <>
      <Select
        label={t("article.category")}
        placeholder={t("knowledge.no_category")}
        clearable
        disabled={disabled}
        value={value}
        onChange={(chosen) => (chosen === "new" ? setName("") : onChange(chosen))}
        data={[
          ...(data?.items ?? []).map((category) => ({ value: category.id, label: category.name })),
          { value: "new", label: t("knowledge.new_category") },
        ]}
      />
      <Modal
        opened={name !== null}
        onClose={() => setName(null)}
        title={t("knowledge.new_category")}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        <form className={classes.form} onSubmit={create}>
          <TextInput
            data-autofocus
            label={t("article.category")}
            maxLength={80}
            value={name ?? ""}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <div className={classes.buttons}>
            <Button type="submit" disabled={(name ?? "").trim() === ""}>
              {t("action.create")}
            </Button>
          </div>
        </form>
      </Modal>
    </>
  );
}
