import { ActionIcon, Button, Menu, TextInput } from "@mantine/core";
import { IconBan, IconCheck, IconPencil, IconPlus, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { contactQuery, labelsQuery, queryClient } from "../api/queries";
import type { Contact, Conversation } from "../api/types";
import type { Action } from "../inbox/actions";
import { useNow } from "../list/useNow";
import { currentLocale } from "../locales";
import { listTime, shortMoment } from "../locales/time";
import type { View } from "../router";
import { Confirm } from "../settings/Confirm";
import { labelColour } from "../settings/labels/colours";
import { Face } from "../shell/Face";
import { useMay } from "../shell/permission";
import { failed } from "../shell/toast";
import { plain } from "../thread/markup";
import { Consents } from "./Consents";
import classes from "./contact.module.css";
import { Rights } from "./Rights";

interface Props {
  conversation: Conversation;
  view: View;
  onClose: () => void;
  run: (action: Action) => void;
}

/** Who the customer is, beside the thread; on a phone over it. */
export function ContactPanel({ conversation, view, onClose, run }: Props) {
  const { t } = useTranslation();
  const { data: contact } = useQuery(contactQuery(conversation.contact.id));
  return (
    <aside className={classes.panel} aria-label={t("contact.title")} data-testid="contact-panel">
      <div className={classes.bar}>
        <h2>{t("contact.title")}</h2>
        <ActionIcon aria-label={t("action.close")} onClick={onClose}>
          <IconX size={18} />
        </ActionIcon>
      </div>
      <Name conversation={conversation} />
      <Identities contact={contact} conversation={conversation} />
      <Labels conversation={conversation} run={run} />
      {contact && <Others contact={contact} conversation={conversation} view={view} />}
      {contact && <Consents contact={contact} />}
      {contact && <Rights contact={contact} />}
      {contact && <Block contact={contact} />}
    </aside>
  );
}

function keep(contact: Contact) {
  queryClient.setQueryData(contactQuery(contact.id).queryKey, contact);
}

function Name({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const may = useMay("contact.write");
  const { contact } = conversation;
  const [name, setName] = useState<string | null>(null);
  const shown = contact.name || t("contact.unnamed");

  async function save(event: FormEvent) {
    event.preventDefault();
    if (name === null) return;
    try {
      keep(await api.contacts.rename(contact.id, name.trim()));
      await queryClient.invalidateQueries({ queryKey: ["conversation", conversation.id] });
      setName(null);
    } catch (error) {
      failed(error);
    }
  }

  return (
    <div className={classes.name}>
      <Face id={contact.id} name={shown} size={64} />
      {name === null ? (
        <span className={classes.nameLine}>
          <strong dir="auto">{shown}</strong>
          {may && (
            <ActionIcon size={26} aria-label={t("contact.rename")} onClick={() => setName(contact.name)}>
              <IconPencil size={15} />
            </ActionIcon>
          )}
        </span>
      ) : (
        <form className={classes.rename} onSubmit={save}>
          <TextInput
            aria-label={t("field.name")}
            autoFocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Escape") {
                event.stopPropagation();
                setName(null);
              }
            }}
          />
          <ActionIcon
            type="submit"
            variant="filled"
            color="pine"
            aria-label={t("action.save")}
            disabled={!name.trim()}
          >
            <IconCheck size={17} />
          </ActionIcon>
        </form>
      )}
    </div>
  );
}

function Identities({ contact, conversation }: { contact: Contact | undefined; conversation: Conversation }) {
  const { t } = useTranslation();
  const identities = contact?.identities ?? [{ ...conversation.identity, last_inbound_at: null }];
  return (
    <div className={classes.facts}>
      {identities.map((identity) => (
        <dl key={identity.id} className={classes.identity}>
          {identity.phone && <Fact term={t("contact.phone")} value={identity.phone} />}
          {identity.username && <Fact term={t("contact.username")} value={identity.username} />}
          {identity.last_inbound_at !== null && (
            <Fact
              term={t("contact.last_wrote")}
              value={shortMoment(identity.last_inbound_at, currentLocale())}
            />
          )}
          {identity.blocked && <Fact term={t("contact.state")} value={t("contact.blocked")} bad />}
        </dl>
      ))}
      {contact && (
        <dl className={classes.identity}>
          <Fact term={t("contact.first_seen")} value={shortMoment(contact.first_seen_at, currentLocale())} />
        </dl>
      )}
    </div>
  );
}

function Fact({ term, value, bad = false }: { term: string; value: string; bad?: boolean }) {
  return (
    <div className={classes.fact} data-bad={bad}>
      <dt>{term}</dt>
      <dd>
        <bdi>{value}</bdi>
      </dd>
    </div>
  );
}

function Labels({ conversation, run }: { conversation: Conversation; run: (action: Action) => void }) {
  const { t } = useTranslation();
  const may = useMay("conversation.reply");
  const { data } = useQuery(labelsQuery);
  const all = data?.items ?? [];
  const { label_ids: chosen } = conversation;

  function toggle(id: string) {
    run({ act: "labels", labels: chosen.includes(id) ? chosen.filter((l) => l !== id) : [...chosen, id] });
  }

  return (
    <section className={classes.section}>
      <h3>{t("settings.labels")}</h3>
      <div className={classes.labels}>
        {all
          .filter((label) => chosen.includes(label.id))
          .map((label) => (
            <span key={label.id} className={classes.label}>
              <span
                className={classes.dot}
                style={{ background: labelColour(label.color) }}
                aria-hidden="true"
              />
              {label.name}
              {may && (
                <button
                  type="button"
                  aria-label={t("contact.remove_label", { name: label.name })}
                  onClick={() => toggle(label.id)}
                >
                  <IconX size={13} />
                </button>
              )}
            </span>
          ))}
        {may && (
          <Menu position="bottom-start" closeOnItemClick={false} keepMounted={false}>
            <Menu.Target>
              <button type="button" className={classes.addLabel} data-testid="label-add">
                <IconPlus size={14} aria-hidden="true" /> {t("contact.add_label")}
              </button>
            </Menu.Target>
            <Menu.Dropdown mah={320} style={{ overflowY: "auto" }}>
              {all.length === 0 && (
                <Menu.Item component={Link} to="/settings/labels">
                  {t("labels.empty")}
                </Menu.Item>
              )}
              {all.map((label) => (
                <Menu.Item
                  key={label.id}
                  leftSection={
                    <span className={classes.dot} style={{ background: labelColour(label.color) }} />
                  }
                  rightSection={chosen.includes(label.id) ? <IconCheck size={15} /> : null}
                  onClick={() => toggle(label.id)}
                >
                  {label.name}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
    </section>
  );
}

function Others({
  contact,
  conversation,
  view,
}: {
  contact: Contact;
  conversation: Conversation;
  view: View;
}) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  const others = contact.conversations.filter((c) => c.id !== conversation.id);
  return (
    <section className={classes.section}>
      <h3>{t("contact.others")}</h3>
      {others.length === 0 ? (
        <p className={classes.none}>{t("contact.no_others")}</p>
      ) : (
        <ul className={classes.others}>
          {others.map((other) => (
            <li key={other.id}>
              <Link to="/inbox/$view/{-$conversationId}" params={{ view, conversationId: other.id }}>
                <span className={classes.otherLine}>
                  <span>{t(`state.${other.state}`)}</span>
                  <time>{listTime(other.last_message?.at ?? other.created_at, now, currentLocale())}</time>
                </span>
                <span className={classes.otherPreview} dir="auto">
                  {plain(other.last_message?.preview ?? "") || t("list.no_message")}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Block({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const may = useMay("contact.write");
  const [asking, setAsking] = useState(false);
  const blocked = contact.identities.some((i) => i.blocked);
  if (!may) return null;
  return (
    <section className={classes.section}>
      <Button
        variant="subtle"
        color={blocked ? "gray" : "red"}
        size="xs"
        leftSection={<IconBan size={16} />}
        onClick={() => {
          if (blocked) api.contacts.unblock(contact.id).then(keep, failed);
          else setAsking(true);
        }}
      >
        {blocked ? t("contact.unblock") : t("contact.block")}
      </Button>
      <Confirm
        opened={asking}
        title={t("contact.block")}
        text={t("contact.block_help", { name: contact.name })}
        action={t("contact.block")}
        onClose={() => setAsking(false)}
        onConfirm={async () => keep(await api.contacts.block(contact.id))}
      />
    </section>
  );
}
