export type Strength = 0 | 1 | 2 | 3;

/** A rough guess of how hard a password is: length counts most, variety a little, repetition nothing. */
export function strength(password: string): Strength {
  const letters = [...password];
  const different = new Set(letters).size;
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d]/u].filter((k) => k.test(password)).length;
  const score = Math.min(letters.length, different * 2) + kinds * 2;
  if (letters.length < 8 || score < 14) return 0;
  if (score < 19) return 1;
  return score < 24 ? 2 : 3;
}
