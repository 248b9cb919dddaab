import { ActionIcon, Popover, ScrollArea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconBook, IconSearch } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../shell/permission";

const FoundList = lazy(() =>
  import("../settings/knowledge/FoundList").then((m) => ({ default: m.FoundList })),
);

/** Looks something up in the knowledge and puts it into what is being written. */
export function KnowledgeButton({ onPick }: { onPick: (text: string) => void }) {
  const { t } = useTranslation();
  const may = useMay("knowledge.read");
  const [opened, setOpened] = useState(false);
  const [asked, setAsked] = useState("");
  const [question] = useDebouncedValue(asked.trim(), 250);
  if (!may) return null;
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="top-start"
      width={360}
      trapFocus
      withRoles
      keepMounted={false}
    >
      <Popover.Target>
        <ActionIcon
          aria-label={t("knowledge.insert_action")}
          data-testid="composer-knowledge"
          onClick={() => setOpened((now) => !now)}
        >
          <IconBook size={20} stroke={1.6} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("knowledge.insert_action")}>
        <TextInput
          data-autofocus
          data-testid="composer-knowledge-ask"
          aria-label={t("knowledge.insert_action")}
          placeholder={t("knowledge.insert_action")}
          leftSection={<IconSearch size={16} />}
          value={asked}
          maxLength={300}
          onChange={(event) => setAsked(event.currentTarget.value)}
        />
        {question !== "" && (
          <ScrollArea.Autosize mah={320} mt="xs">
            <Suspense>
              <FoundList
                question={question}
                onTake={({ text }) => {
                  setOpened(false);
                  onPick(text);
                }}
              />
            </Suspense>
          </ScrollArea.Autosize>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
