/** Indents what is JSON and leaves the rest as it came; what would turn the text around is shown by its number. */
export function pretty(body: string): string {
  let text = body;
  try {
    text = JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    // It was parked for that, perhaps.
  }
  return text.replaceAll(
    /[\u202a-\u202e\u2066-\u2069\u200e\u200f]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16)}`,
  );
}
