// webview/changes/: the page of mask changes.
import '@vscode/codicons/dist/codicon.css';
import './changes.css';
import { render } from 'preact';
import { watchTheme } from '../editor/timeline/theme';
import { App } from './app';
import { Changes } from './changes';
import { followKeyboard } from './keyboard';
import type { FromChanges, ToChanges } from '../../shared/protocol/changes';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no #root.');

const api = acquireVsCodeApi() as unknown as { postMessage(message: FromChanges): void };
const changes = new Changes((message) => api.postMessage(message));
window.addEventListener('message', (event: MessageEvent<ToChanges>) => changes.receive(event.data));
window.addEventListener('error', (event) => changes.log('error', String(event.error ?? event.message)));
window.addEventListener('unhandledrejection', (event) => changes.log('error', String(event.reason)));

watchTheme();
followKeyboard(changes);
render(<App changes={changes} />, root);
changes.ready();
