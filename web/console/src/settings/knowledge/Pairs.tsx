import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { judgedQuery, queryClient } from "../../api/queries";
import type { JudgedPair } from "../../api/types";
import { MessageLink } from "../../shell/MessageLink";
import { failed } from "../../shell/toast";
import { More } from "../More";
import { Section } from "../Section";
import classes from "../settings.module.css";
import { AwaitedOfAll } from "./NotYours";

/** Questions with pieces of knowledge that colleagues found right, or wrong, for them. */
export function Pairs({ right }: { right: boolean }) {
  const { t } = useTranslation();
  const list = useInfiniteQuery(judgedQuery(right));
  const pairs = list.data?.pages.flatMap((page) => page.items);
  const kind = right ? "right" : "wrong";
  return (
    <Section id={`judged-${kind}`} title={t(`verdict.list_${kind}`)} help={t(`verdict.help_${kind}`)}>
      <AwaitedOfAll query={list} />
      {pairs?.length === 0 && <p className={classes.empty}>{t("intent.waiting_empty")}</p>}
      {pairs && pairs.length > 0 && (
        <ul className={classes.rows}>
          {pairs.map((pair) => (
            <li key={`${pair.question.message_id} ${pair.article_id}`} data-testid="pair">
              <Row pair={pair} right={right} />
            </li>
          ))}
        </ul>
      )}
      <More list={list} />
    </Section>
  );
}

function Row({ pair, right }: { pair: JudgedPair; right: boolean }) {
  const { t } = useTranslation();
  const { question } = pair;

  async function decide(accept: boolean) {
    try {
      await api.judged.decide({ message_id: question.message_id, article_id: pair.article_id, accept });
      await queryClient.invalidateQueries({ queryKey: judgedQuery(right).queryKey });
    } catch (error) {
      failed(error);
    }
  }

  return (
    <>
      <div className={classes.grow}>
        <strong dir="auto">
          <MessageLink conversation={question.conversation_id} message={question.message_id}>
            {right ? pair.phrase : question.text}
          </MessageLink>
        </strong>
        <small dir="auto">
          <Link to="/settings/knowledge/$articleId" params={{ articleId: pair.article_id }}>
            {pair.title}
          </Link>
          {" · "}
          {t("verdict.counts", { right: pair.right, wrong: pair.wrong })}
        </small>
        <small dir="auto">{pair.passage.slice(0, 200)}</small>
      </div>
      <div className={classes.buttons}>
        {right && (
          <Button size="xs" data-testid="pair-accept" onClick={() => void decide(true)}>
            {t("verdict.add")}
          </Button>
        )}
        <Button size="xs" variant="default" data-testid="pair-dismiss" onClick={() => void decide(false)}>
          {t("copilot.dismiss")}
        </Button>
      </div>
    </>
  );
}
