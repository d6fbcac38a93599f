// webview/audit/: the page of an audit.
import '@vscode/codicons/dist/codicon.css';
import './audit.css';
import { render } from 'preact';
import type { FromAudit, ToAudit } from '../../shared/protocol/auditPage';
import { App } from './app';
import { AuditView } from './auditView';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no #root.');

const api = acquireVsCodeApi() as unknown as { postMessage(message: FromAudit): void };
const audit = new AuditView((message) => api.postMessage(message));
window.addEventListener('message', (event: MessageEvent<ToAudit>) => audit.receive(event.data));
window.addEventListener('error', (event) => audit.log('error', String(event.error ?? event.message)));
window.addEventListener('unhandledrejection', (event) => audit.log('error', String(event.reason)));
window.addEventListener('keydown', (event) => audit.key(event));
window.addEventListener('keyup', (event) => audit.keyUp(event));

render(<App audit={audit} />, root);
audit.ready();
