// The texts that the extension shows, for translators: those of package.json (package.nls.json) and those that the host's
// code gives to `vscode.l10n.t` (l10n/bundle.l10n.json). package.json itself keeps its English; a package gets `%keys%`.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** The properties of contributions that are shown to users. */
const SHOWN = new Set([
  ...['title', 'displayName', 'description', 'markdownDescription', 'label', 'name', 'contents', 'altText'],
  ...['contextualTitle', 'enumDescriptions', 'markdownEnumDescriptions', 'enumItemLabels'],
]);
/** Contributions whose texts are names and no sentences, or are not shown. */
const LEFT = new Set(['menus', 'keybindings', 'languages', 'jsonValidation', 'notebookRenderer']);

/** How an entry of a list is named in a key: by its own id, else by its place. */
const nameOf = (entry, index) => entry?.command ?? entry?.id ?? entry?.viewType ?? entry?.type ?? index;

/**
 * @returns the manifest with a key in place of every text that is shown, and the texts by their keys
 */
export function localised(manifest) {
  const texts = {};
  const keyed = (text, path) => {
    const key = path.join('.');
    texts[key] = text;
    return `%${key}%`;
  };
  const walk = (value, path, shown) => {
    if (typeof value === 'string') return shown && value !== '' ? keyed(value, path) : value;
    if (Array.isArray(value))
      return value.map((entry, index) => walk(entry, [...path, nameOf(entry, index)], shown));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        // A property of a setting may be called `name` or `title`: what it is called by is no text.
        key === 'default' || key === 'enum' ? inner : walk(inner, [...path, key], SHOWN.has(key)),
      ]),
    );
  };
  const contributes = Object.fromEntries(
    Object.entries(manifest.contributes).map(([point, value]) => [
      point,
      LEFT.has(point) ? value : walk(value, [point], false),
    ]),
  );
  const { untrustedWorkspaces, virtualWorkspaces } = manifest.capabilities;
  const capability = (value, name) => ({
    ...value,
    description: keyed(value.description, ['capabilities', name]),
  });
  return {
    manifest: {
      ...manifest,
      description: keyed(manifest.description, ['description']),
      capabilities: {
        untrustedWorkspaces: capability(untrustedWorkspaces, 'untrustedWorkspaces'),
        virtualWorkspaces: capability(virtualWorkspaces, 'virtualWorkspaces'),
      },
      contributes,
    },
    texts,
  };
}

/** Every text that the host's code gives to `vscode.l10n.t`, by itself, as VS Code's bundles have it. */
export function hostTexts(folder) {
  const files = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.ts'))
    .sort();
  const found = new Set();
  for (const file of files) {
    const source = ts.createSourceFile(
      file,
      readFileSync(join(folder, file), 'utf8'),
      ts.ScriptTarget.Latest,
    );
    const visit = (node) => {
      if (ts.isCallExpression(node) && /^(vscode\.)?l10n\.t$/.test(node.expression.getText(source))) {
        const [text] = node.arguments;
        if (!ts.isStringLiteralLike(text)) throw new Error(`${file}: l10n.t wants the text itself.`);
        found.add(text.text);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return Object.fromEntries([...found].sort().map((text) => [text, text]));
}
