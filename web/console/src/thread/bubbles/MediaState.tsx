import { Loader } from "@mantine/core";
import { IconPhotoOff, IconShieldOff } from "@tabler/icons-react";
import i18next from "i18next";
import { useTranslation } from "react-i18next";
import type { Media } from "../../api/types";
import { kindName } from "../../list/preview";
import type { Key } from "../../locales";
import classes from "./bubbles.module.css";

/** Stands in for media that is still on its way or could not be fetched. */
export function MediaState({ media, kind }: { media: Media; kind: string }) {
  const { t } = useTranslation();
  const failure = `media_failure.${media.failure}` as Key;
  return (
    <div className={classes.missing} data-state={media.state}>
      {media.state === "pending" ? (
        <Loader size="xs" type="oval" />
      ) : (
        <IconPhotoOff size={20} aria-hidden="true" />
      )}
      <span>
        <strong>{kindName(kind, t)}</strong>
        <small>
          {media.state === "pending"
            ? t("media.pending")
            : i18next.exists(failure)
              ? t(failure as "media_failure.infected", { threat: media.threat ?? "" })
              : t("media_failure.provider_error")}
        </small>
      </span>
    </div>
  );
}

/** Says of a file that nobody has looked whether it is malware, where somebody should have. */
export function Unscanned({ media }: { media: Media }) {
  const { t } = useTranslation();
  if (!media.unscanned) return null;
  return (
    <small className={classes.unscanned}>
      <IconShieldOff size={13} aria-hidden="true" /> {t("media.unscanned")}
    </small>
  );
}
