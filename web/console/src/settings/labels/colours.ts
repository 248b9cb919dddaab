// By the names that the server knows. Each stands out at 3:1 from every ground of a list, light and dark.
const colours = {
  gray: "#75818f",
  red: "#e34848",
  pink: "#db4b7d",
  grape: "#b856d0",
  violet: "#8a66f4",
  indigo: "#5375fa",
  blue: "#2781df",
  cyan: "#0b8ca0",
  teal: "#0a9171",
  green: "#2b923f",
  yellow: "#a17a00",
  orange: "#db540b",
} as const;

/** The names of the colours offered for labels. */
export const labelColours = Object.keys(colours);

/** What the browser draws for a colour's name; grey for one that a newer server may know. */
export function labelColour(name: string): string {
  return (colours as Record<string, string>)[name] ?? colours.gray;
}
