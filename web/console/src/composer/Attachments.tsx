import { CloseButton } from "@mantine/core";
import { IconFile, IconMusic } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { currentLocale } from "../locales";
import { fileSize } from "../locales/time";
import type { Attachment, Problem } from "./attachment";
import classes from "./composer.module.css";

interface Props {
  attachments: Attachment[];
  onRemove: (attachment: Attachment) => void;
}

/** The files that go with the next message, each with what is wrong with it. */
export function Attachments({ attachments, onRemove }: Props) {
  const { t } = useTranslation();
  if (attachments.length === 0) return null;
  return (
    <ul className={classes.attachments} aria-label={t("attach.list")}>
      {attachments.map((attachment) => (
        <li key={attachment.id} className={classes.attachment} data-problem={attachment.problem !== null}>
          <Thumb attachment={attachment} />
          <span className={classes.attachmentText}>
            <strong dir="auto">{attachment.file.name}</strong>
            <small role={attachment.problem ? "alert" : undefined}>
              {attachment.problem ? (
                <Why problem={attachment.problem} />
              ) : (
                fileSize(attachment.file.size, currentLocale())
              )}
            </small>
          </span>
          <CloseButton
            size="sm"
            aria-label={t("attach.remove", { name: attachment.file.name })}
            onClick={() => onRemove(attachment)}
          />
        </li>
      ))}
    </ul>
  );
}

function Thumb({ attachment }: { attachment: Attachment }) {
  const { kind, url } = attachment;
  if (kind === "image" || kind === "sticker") return <img className={classes.thumb} src={url} alt="" />;
  if (kind === "video") return <video className={classes.thumb} src={`${url}#t=0.1`} muted tabIndex={-1} />;
  const Icon = kind === "audio" || kind === "voice" ? IconMusic : IconFile;
  return (
    <span className={classes.thumb}>
      <Icon size={20} stroke={1.5} aria-hidden="true" />
    </span>
  );
}

function Why({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  switch (problem.code) {
    case "empty":
      return t("attach.empty");
    case "type":
      return t("attach.type");
    case "size":
      return t("attach.size", { limit: fileSize(problem.limit, currentLocale()) });
  }
}
