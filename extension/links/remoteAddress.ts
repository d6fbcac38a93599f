/**
 * The full address of a file of the machine that this extension runs on. An extension on a remote machine only ever sees
 * `file:` URIs; VS Code names the machine in the addresses that it makes for webviews, as
 * `https://<scheme>+<authority>.<host>/<path>`, with every other character than letters and digits as `-` and four hexadecimal
 * digits.
 * @param webviewAuthority the authority of such an address.
 * @returns undefined where it is not of that form.
 */
export function machineOf(
  webviewAuthority: string,
): { readonly scheme: string; readonly authority: string } | undefined {
  const [, scheme, encoded] = /^([a-z][a-z0-9-]*)\+([A-Za-z0-9-]*)\./.exec(webviewAuthority) ?? [];
  if (scheme === undefined || encoded === undefined) return undefined;
  const authority = encoded.replace(/-([0-9a-f]{4})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return { scheme, authority };
}
