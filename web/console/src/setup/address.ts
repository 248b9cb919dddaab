/** Takes the token out of the address, so that it does not stay in the browser's history. */
export function tokenFromAddress(): string {
  const fragment = location.hash.slice(1);
  const token = new URLSearchParams(fragment).get("token") ?? fragment;
  if (fragment) history.replaceState(history.state, "", location.pathname);
  return token;
}
