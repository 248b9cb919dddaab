import { Button, Select } from "@mantine/core";
import { IconCopy } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Hours } from "../../api/types";
import settings from "../settings.module.css";
import { ClosedDays } from "./ClosedDays";
import { DayRow } from "./DayRow";
import { draftOf, hoursOf, mondayToFriday, weekdays } from "./draft";
import classes from "./hours.module.css";

interface Props {
  hours: Hours | null;
  may: boolean;
  onSave: (hours: Hours) => Promise<void>;
  /** What the button says that removes these hours, where they can be removed. */
  remove?: string;
  onRemove?: () => Promise<void>;
}

const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A week of hours: every field and button is reached with the keyboard. */
export function HoursForm({ hours, may, onSave, remove, onRemove }: Props) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => draftOf(hours, here));
  const [busy, setBusy] = useState(false);
  const zones = [...new Set([draft.zone, here, "UTC", ...Intl.supportedValuesOf("timeZone")])];
  const empty = weekdays.every((day) => draft.week[day].length === 0);

  async function save(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    await onSave(hoursOf(draft));
    setBusy(false);
  }

  return (
    <form className={`${settings.card} ${settings.form}`} onSubmit={save} data-testid="hours-form">
      <Select
        label={t("hours.zone")}
        data={zones.sort()}
        value={draft.zone}
        searchable
        allowDeselect={false}
        disabled={!may}
        data-testid="hours-zone"
        onChange={(zone) => zone && setDraft({ ...draft, zone })}
      />
      <fieldset className={classes.week} disabled={!may}>
        <legend>{t("hours.week")}</legend>
        {weekdays.map((day) => (
          <DayRow
            key={day}
            day={day}
            spans={draft.week[day]}
            onChange={(spans) => setDraft({ ...draft, week: { ...draft.week, [day]: spans } })}
          />
        ))}
      </fieldset>
      {may && (
        <div className={settings.buttons}>
          <Button
            variant="subtle"
            size="xs"
            leftSection={<IconCopy size={15} />}
            onClick={() => setDraft({ ...draft, week: mondayToFriday(draft.week) })}
          >
            {t("hours.copy_monday")}
          </Button>
        </div>
      )}
      <ClosedDays days={draft.closed} may={may} onChange={(closed) => setDraft({ ...draft, closed })} />
      {empty && (
        <p className={settings.muted} role="alert">
          {t("hours.empty")}
        </p>
      )}
      {may && (
        <div className={settings.buttons}>
          <Button type="submit" loading={busy} disabled={empty} data-testid="hours-save">
            {t("action.save")}
          </Button>
          {remove && onRemove && (
            <Button variant="default" onClick={() => void onRemove()} data-testid="hours-remove">
              {remove}
            </Button>
          )}
        </div>
      )}
    </form>
  );
}
