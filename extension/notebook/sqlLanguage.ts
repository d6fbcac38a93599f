import * as vscode from 'vscode';
import { meaningAt, suggestionsAt, type Suggestion } from './sqlContext';
import { NOTEBOOK_TYPE } from './serializer';

const CELLS: vscode.DocumentFilter = { notebookType: NOTEBOOK_TYPE, language: 'sql' };

const KINDS: Readonly<Record<Suggestion['kind'], vscode.CompletionItemKind>> = {
  table: vscode.CompletionItemKind.Struct,
  column: vscode.CompletionItemKind.Field,
  keyword: vscode.CompletionItemKind.Keyword,
  directive: vscode.CompletionItemKind.Snippet,
};

/** Completion of tables, columns and directives in the SQL cells of our notebooks, and what they mean in the hover. */
export function registerSqlLanguage(): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.languages.registerCompletionItemProvider(
      CELLS,
      {
        provideCompletionItems: (document, position) =>
          suggestionsAt(document.getText(), document.offsetAt(position)).map((suggestion, n) => {
            const item = new vscode.CompletionItem(
              { label: suggestion.name, description: suggestion.detail },
              KINDS[suggestion.kind],
            );
            item.documentation = suggestion.meaning;
            item.sortText = String(n).padStart(4, '0');
            return item;
          }),
      },
      '.',
    ),
    vscode.languages.registerHoverProvider(CELLS, {
      provideHover: (document, position) => {
        const found = meaningAt(document.getText(), document.offsetAt(position));
        if (!found) return undefined;
        const range = new vscode.Range(document.positionAt(found.start), document.positionAt(found.end));
        return new vscode.Hover(new vscode.MarkdownString(found.text), range);
      },
    }),
  );
}
