/** Text as it is written in HTML, between tags and in attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A page that runs no script. `style` and `body` are HTML of ours: what comes from elsewhere goes through `escapeHtml`. */
export interface StaticPage {
  readonly title: string;
  /** What the page may load, as directives of its content security policy; default: nothing. */
  readonly allows?: string;
  readonly style?: string;
  readonly body: string;
}

export function staticPage({ title, allows, style, body }: StaticPage): string {
  const policy = ["default-src 'none'", ...(allows === undefined ? [] : [allows])].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <title>${escapeHtml(title)}</title>${style === undefined ? '' : `\n    <style>${style}</style>`}
  </head>
  <body>
    ${body}
  </body>
</html>`;
}
