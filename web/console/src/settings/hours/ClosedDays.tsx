import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Hours } from "../../api/types";
import classes from "./hours.module.css";

type Day = Hours["closed"][number];

interface Props {
  days: Day[];
  may: boolean;
  onChange: (days: Day[]) => void;
}

/** Days on which nobody comes. */
export function ClosedDays({ days, may, onChange }: Props) {
  const { t } = useTranslation();
  const change = (place: number, day: Partial<Day>) =>
    onChange(days.map((one, at) => (at === place ? { ...one, ...day } : one)));
  return (
    <fieldset className={classes.week} disabled={!may}>
      <legend>{t("hours.closed_days")}</legend>
      {days.map((day, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a day is known by its place alone while it is written
        <div key={place} className={classes.span} data-testid="closed-day">
          <TextInput
            type="date"
            required
            size="xs"
            aria-label={t("hours.date")}
            value={day.date}
            onChange={(event) => change(place, { date: event.currentTarget.value })}
          />
          <TextInput
            className={classes.name ?? ""}
            size="xs"
            maxLength={80}
            aria-label={t("hours.day_name")}
            placeholder={t("hours.day_name")}
            value={day.name}
            onChange={(event) => change(place, { name: event.currentTarget.value })}
          />
          <ActionIcon
            aria-label={t("action.delete_name", { name: day.name || day.date })}
            onClick={() => onChange(days.filter((_, at) => at !== place))}
          >
            <IconX size={16} />
          </ActionIcon>
        </div>
      ))}
      {may && (
        <Button
          className={classes.add ?? ""}
          variant="subtle"
          size="xs"
          leftSection={<IconPlus size={15} />}
          data-testid="closed-add"
          onClick={() => onChange([...days, { date: "", name: "" }])}
        >
          {t("hours.add_day")}
        </Button>
      )}
    </fieldset>
  );
}
