/** A stretch of text, with an address if it is a link. */
export interface Piece {
  text: string;
  href?: string;
}

// Ends at white space, at quotes and brackets, and at full-width punctuation.
const address =
  /(?:https?:\/\/|www\.)[^\s<>"'`，。！？；：、（）【】「」『』《》]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu;
const tail = /[.,;:!?…]+$/u;

/** Splits text into links and the rest. Nothing is interpreted: the caller draws text as text. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(address)) {
    const found = trim(match[0]);
    const href = target(found);
    if (href === null) continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) });
    pieces.push({ text: found, href });
    from = match.index + found.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

/** Takes off what belongs to the sentence: closing punctuation, and a bracket that opened before the link. */
function trim(found: string): string {
  let link = found.replace(tail, "");
  while (link.endsWith(")") && count(link, ")") > count(link, "("))
    link = link.slice(0, -1).replace(tail, "");
  while (link.endsWith("]") && count(link, "]") > count(link, "["))
    link = link.slice(0, -1).replace(tail, "");
  return link;
}

function count(text: string, letter: string): number {
  return text.split(letter).length - 1;
}

function target(link: string): string | null {
  if (link.includes("@") && !/^(https?:\/\/|www\.)/i.test(link)) return `mailto:${link}`;
  try {
    const url = new URL(/^https?:/i.test(link) ? link : `https://${link}`);
    // A host without a dot is somebody's typo or our own network, not a page to send an agent to.
    return url.hostname.includes(".") && url.username === "" ? url.href : null;
  } catch {
    return null;
  }
}
