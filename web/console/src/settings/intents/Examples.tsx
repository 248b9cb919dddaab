import { ActionIcon, Button, Textarea } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { examplesQuery, intentsQuery, queryClient } from "../../api/queries";
import { done, failed } from "../../shell/toast";
import { lines } from "../lines";
import { More } from "../More";
import classes from "../settings.module.css";

/** The examples of an intent, and a field to write or paste more. */
export function Examples({ intent }: { intent: string }) {
  const { t } = useTranslation();
  const list = useInfiniteQuery(examplesQuery({ intent, state: "accepted" }));
  const [text, setText] = useState("");
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const written = lines(text);

  async function act(work: () => Promise<unknown>) {
    try {
      await work();
      await queryClient.invalidateQueries({ queryKey: intentsQuery.queryKey });
    } catch (error) {
      failed(error);
    }
  }

  async function write(event: FormEvent) {
    event.preventDefault();
    await act(async () => {
      const { count } = await api.examples.write(intent, written);
      setText("");
      done(t("intent.added", { count }));
    });
  }

  return (
    <section className={classes.card} aria-labelledby="examples">
      <h2 id="examples">{t("intent.examples")}</h2>
      <form className={classes.form} onSubmit={write}>
        <Textarea
          label={t("intent.write_examples")}
          description={t("intent.write_help")}
          autosize
          minRows={3}
          maxRows={16}
          dir="auto"
          value={text}
          data-testid="intent-examples"
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <div className={classes.buttons}>
          <Button type="submit" disabled={written.length === 0}>
            {t("intent.add_examples")}
          </Button>
        </div>
        <ul className={classes.rows} data-testid="examples">
          {items.map((example) => (
            <li key={example.id}>
              <div className={classes.grow}>
                <span dir="auto">{example.text}</span>
                {example.origin === "correction" && <small>{t("intent.from_message")}</small>}
              </div>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`${t("intent.remove_example")}: ${example.text}`}
                onClick={() => void act(() => api.examples.remove(example.id))}
              >
                <IconX size={16} />
              </ActionIcon>
            </li>
          ))}
        </ul>
        <More list={list} />
      </form>
    </section>
  );
}
