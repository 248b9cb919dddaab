import { useTranslation } from "react-i18next";
import { labelColour, labelColours } from "./colours";
import classes from "./labels.module.css";

interface Props {
  value: string;
  onChange: (colour: string) => void;
}

/** A row of colours to choose one from, as radio buttons. */
export function Swatches({ value, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <fieldset className={classes.swatches}>
      <legend>{t("field.colour")}</legend>
      {labelColours.map((colour, n) => (
        <label key={colour} className={classes.swatch} style={{ background: labelColour(colour) }}>
          <input
            type="radio"
            name="colour"
            className="sr-only"
            aria-label={t("labels.colour_n", { n: n + 1 })}
            checked={colour === value}
            onChange={() => onChange(colour)}
          />
        </label>
      ))}
    </fieldset>
  );
}

Swatches.Dot = function Dot({ colour }: { colour: string }) {
  return <span className={classes.dot} style={{ background: labelColour(colour) }} aria-hidden="true" />;
};
