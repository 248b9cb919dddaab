import {
  IconBuilding,
  IconDownload,
  IconFile,
  IconFileSpreadsheet,
  IconFileText,
  IconFileZip,
  IconMapPin,
  IconMessageReply,
  IconPhone,
  IconShoppingBag,
  IconUser,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Content, Media } from "../../api/types";
import { currentLocale } from "../../locales";
import { fileSize } from "../../locales/time";
import { saved } from "../saved";
import { Words } from "../Words";
import classes from "./bubbles.module.css";

type Of<K extends Content["kind"]> = Extract<Content, { kind: K }>;

function fileIcon(media: Media): typeof IconFile {
  const sign = `${media.mime ?? ""} ${media.name ?? ""}`.toLowerCase();
  if (/pdf|word|text|\.docx?|\.txt/.test(sign)) return IconFileText;
  if (/sheet|excel|csv|\.xlsx?/.test(sign)) return IconFileSpreadsheet;
  if (/zip|rar|7z|tar|gzip/.test(sign)) return IconFileZip;
  return IconFile;
}

export function FileCard({ media }: { media: Media }) {
  const { t } = useTranslation();
  const Icon = fileIcon(media);
  const name = media.name ?? t("kind.document");
  const ending = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toUpperCase();
  return (
    <a className={classes.file} href={saved(media.url)} download={media.name ?? true}>
      <Icon size={30} stroke={1.4} aria-hidden="true" />
      <span className={classes.fileText}>
        <strong dir="auto">{name}</strong>
        <small>
          {[ending, media.size === null ? null : fileSize(media.size, currentLocale())]
            .filter(Boolean)
            .join(" · ")}
        </small>
      </span>
      <IconDownload size={18} role="img" aria-label={t("media.download")} />
    </a>
  );
}

export function Place({ content }: { content: Of<"location"> }) {
  const { t } = useTranslation();
  const { latitude, longitude } = content;
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return (
    <div className={classes.place}>
      <span className={classes.placeMark}>
        <IconMapPin size={24} stroke={1.6} aria-hidden="true" />
      </span>
      <span className={classes.fileText}>
        <strong dir="auto">{content.name ?? t("kind.location")}</strong>
        {content.address && <small dir="auto">{content.address}</small>}
        <small>
          <bdi>
            {latitude.toFixed(5)}, {longitude.toFixed(5)}
          </bdi>
        </small>
        <a href={map} target="_blank" rel="noreferrer noopener nofollow">
          {t("location.open")}
        </a>
      </span>
    </div>
  );
}

export function ContactCards({ content }: { content: Of<"contacts"> }) {
  return (
    <div className={classes.cards}>
      {content.cards.map((card, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two cards may say the same
        <div key={n} className={classes.contact}>
          <strong dir="auto">
            <IconUser size={16} aria-hidden="true" /> {card.name}
          </strong>
          {card.organization && (
            <small>
              <IconBuilding size={14} aria-hidden="true" /> {card.organization}
            </small>
          )}
          {card.phones.map((phone) => (
            <small key={phone.number}>
              <IconPhone size={14} aria-hidden="true" /> <bdi>{phone.number}</bdi>
              {phone.label ? ` · ${phone.label}` : ""}
            </small>
          ))}
          {card.emails.map((email) => (
            <small key={email}>{email}</small>
          ))}
        </div>
      ))}
    </div>
  );
}

/** A question with what the customer can tap below it. */
export function Choices({ content }: { content: Of<"choices"> }) {
  const { t } = useTranslation();
  return (
    <>
      <Words text={content.text} />
      <ul className={classes.choices} aria-label={t("choices.offered")} data-testid="choices">
        {content.choices.map((choice) => (
          <li key={choice.id} dir="auto">
            {choice.title}
          </li>
        ))}
      </ul>
    </>
  );
}

export function Choice({ content }: { content: Of<"reply"> }) {
  const { t } = useTranslation();
  return (
    <div className={classes.choice}>
      <small>
        <IconMessageReply size={14} aria-hidden="true" /> {t(`via.${content.via}`)}
      </small>
      <strong dir="auto">{content.title}</strong>
      {content.description && <span dir="auto">{content.description}</span>}
    </div>
  );
}

export function Order({ content }: { content: Of<"order"> }) {
  const { t } = useTranslation();
  return (
    <div className={classes.order}>
      <strong>
        <IconShoppingBag size={17} aria-hidden="true" /> {t("order.items", { count: content.items.length })}
      </strong>
      <ul>
        {content.items.map((item) => (
          <li key={item.product_id}>
            <span>
              {item.quantity} × <bdi>{item.product_id}</bdi>
            </span>
            {item.price !== null && <span>{money(item.price, item.currency)}</span>}
          </li>
        ))}
      </ul>
      <Total content={content} />
      {content.text && <Words text={content.text} />}
    </div>
  );
}

function Total({ content }: { content: Of<"order"> }) {
  const { t } = useTranslation();
  const currency = content.items[0]?.currency ?? null;
  const countable = content.items.every((i) => i.price !== null && i.currency === currency);
  if (!countable || content.items.length < 2) return null;
  const total = content.items.reduce((sum, i) => sum + (i.price ?? 0) * i.quantity, 0);
  return (
    <div className={classes.total}>
      <span>{t("order.total")}</span>
      <span>{money(total, currency)}</span>
    </div>
  );
}

function money(amount: number, currency: string | null): string {
  try {
    return new Intl.NumberFormat(currentLocale(), currency ? { style: "currency", currency } : {}).format(
      amount,
    );
  } catch {
    // A currency that is no ISO code is shown as it came.
    return `${amount} ${currency}`;
  }
}
