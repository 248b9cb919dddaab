import { Fragment, memo } from "react";
import { linkify } from "./linkify";
import { markup, type Style } from "./markup";
import classes from "./thread.module.css";

const emojiOnly = /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\s){1,16}$/u;
const pictograph = /\p{Extended_Pictographic}|\p{Regional_Indicator}/u;

/** A few emoji and nothing else are shown large. */
export function isJumbo(text: string): boolean {
  if (!emojiOnly.test(text) || !pictograph.test(text)) return false;
  return [...new Intl.Segmenter().segment(text.replace(/\s/g, ""))].length <= 3;
}

function key(styles: Style[]): string {
  return styles.join(" ");
}

/** What somebody wrote, with links and light markup. Never HTML. */
export const Words = memo(function Words({ text }: { text: string }) {
  // Links first: an underscore inside an address is no sign.
  const pieces = linkify(text);
  return (
    <span className={classes.words} dir="auto" data-jumbo={isJumbo(text)}>
      {pieces.map((piece, n) => {
        const place = `${n}`;
        if (piece.href !== undefined) {
          return (
            <a key={place} href={piece.href} target="_blank" rel="noreferrer noopener nofollow">
              {piece.text}
            </a>
          );
        }
        return (
          <Fragment key={place}>
            {markup(piece.text).map((run, m) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: runs have no identity but their place
              <span key={m} className={classes.run} data-styles={key(run.styles)}>
                {run.text}
              </span>
            ))}
          </Fragment>
        );
      })}
    </span>
  );
});
