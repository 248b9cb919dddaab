import classes from "./shell.module.css";

// Ground and letters of each pair keep a contrast above 4.5.
const paints = [
  ["#d7e9f7", "#174a70"],
  ["#dff0dc", "#24552a"],
  ["#f8e3d2", "#74380f"],
  ["#efe0f5", "#5a2a72"],
  ["#fbdfe4", "#7d1f3a"],
  ["#d6f0ee", "#0f5450"],
  ["#f3ecc8", "#5c4a08"],
  ["#e1e3f8", "#343a86"],
] as const;

function paint(id: string): (typeof paints)[number] {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return paints[sum % paints.length] ?? paints[0];
}

/** Up to two letters that stand for a name; a number shows its last two digits. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const first = words[0];
  if (first === undefined) return "?";
  if (/^[+\d\s()-]+$/.test(name)) return name.replace(/\D/g, "").slice(-2);
  const letters = [...first];
  const one = letters[0] ?? "?";
  // Han, Kana and Hangul names are recognised by one character.
  if (/\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/u.test(one)) return one;
  const last = words.length > 1 ? [...(words.at(-1) ?? "")][0] : undefined;
  return `${one}${last ?? ""}`.toLocaleUpperCase();
}

/** A round sign for a person. The name stands beside it in text, so it is hidden from screen readers. */
export function Face({ id, name, size = 38 }: { id: string; name: string; size?: number }) {
  const [ground, letters] = paint(id);
  return (
    <span
      className={classes.face}
      aria-hidden="true"
      style={{
        inlineSize: size,
        blockSize: size,
        background: ground,
        color: letters,
        fontSize: Math.round(size * 0.38),
      }}
    >
      {initials(name)}
    </span>
  );
}
