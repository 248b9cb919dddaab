/** The lines of a text that say something, each once. */
export function lines(text: string): string[] {
  const said = text.split("\n").map((line) => line.trim());
  return [...new Set(said.filter((line) => line !== ""))];
}
