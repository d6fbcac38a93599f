// webview/editor/: the page of the video editor.
import '@vscode/codicons/dist/codicon.css';
import './styles/editor.css';
import { render } from 'preact';
import type { ToWebview } from '../../shared/protocol/editor';
import { App } from './app';
import { Editor } from './editor';
import './host/vscodeApi';
import { followKeyboard } from './keyboard';
import { watchTheme } from './timeline/theme';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no #root.');

const editor = new Editor(acquireVsCodeApi());
window.addEventListener('message', (event: MessageEvent<ToWebview>) => editor.receive(event.data));
window.addEventListener('error', (event) => editor.log('error', describe(event.error ?? event.message)));
window.addEventListener('unhandledrejection', (event) => editor.log('error', describe(event.reason)));
window.addEventListener('pagehide', () => editor.flushView());
document.addEventListener('visibilitychange', () => editor.flushView());

watchTheme();
followKeyboard(editor);
render(<App editor={editor} />, root);
editor.ready();

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
