/** Where a browser saves a file from, whatever the file is; one that has not left this machine is taken as it is. */
export function saved(url: string | null): string {
  return url?.startsWith("/api/") ? `${url}?save=true` : (url ?? "");
}
