import { NumberInput } from "@mantine/core";

interface Props {
  label: string;
  description: string;
  /** In tokens; empty while it is being typed. */
  value: number | "";
  error: string | null;
  onChange: (tokens: number | "") => void;
  "data-testid": string;
}

/** How many tokens may be used. */
export function Budget({ onChange, ...rest }: Props) {
  return (
    <NumberInput
      min={1_000}
      step={1_000}
      allowDecimal={false}
      allowNegative={false}
      clampBehavior="none"
      thousandSeparator
      onChange={(value) => onChange(typeof value === "number" ? value : "")}
      {...rest}
    />
  );
}
