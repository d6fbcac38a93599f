import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { escapeHtml, staticPage } from '../html';

/**
 * The page that holds the editor, or another app: a root element, our bundle and our styles, and nothing else may run or
 * load.
 */
export function editorHtml(
  webview: vscode.Webview,
  extensionUri: vscode.Uri,
  app: 'editor' | 'changes' | 'audit' = 'editor',
): string {
  const nonce = randomBytes(16).toString('base64');
  const resource = (name: string): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', 'webview', name)).toString();
  const policy = [
    `default-src 'none'`,
    `img-src ${webview.cspSource} blob: data:`,
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    `font-src ${webview.cspSource}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" nonce="${nonce}" href="${resource(`${app}.css`)}">
    <title>Masklet</title>
  </head>
  <body>
    <div id="root"></div>
    <script nonce="${nonce}" src="${resource(`${app}.js`)}"></script>
  </body>
</html>`;
}

/** A page that says why there is no editor, and what to do. */
export function messageHtml(title: string, lines: readonly string[]): string {
  const paragraphs = lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n    ');
  return staticPage({ title: 'Masklet', body: `<h2>${escapeHtml(title)}</h2>\n    ${paragraphs}` });
}
