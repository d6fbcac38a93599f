// webview/notebook/: results of notebook cells: tables, charts, pictures.
/** Shows the outputs of curation notebooks: tables, charts and pictures. */
import { render, type VNode } from 'preact';
import { Pictures } from './pictures';
import {
  PICTURES_MIME,
  type FromRenderer,
  type PicturesOutput,
  type TableOutput,
} from '../../shared/protocol/notebook';
import type { Activate, OutputItem } from './rendererApi';
import { Result } from './result';
import style from './notebook.css';

export const activate: Activate = ({ postMessage }) => {
  const sheet = document.createElement('style');
  sheet.textContent = style;
  document.head.append(sheet);
  const hosts = new Map<string, HTMLElement>();
  const open = postMessage && ((message: FromRenderer): void => postMessage(message));

  return {
    renderOutputItem(item, element) {
      // The same output again, with more in it: what a user sorted or scrolled stays.
      let host = hosts.get(item.id);
      if (host?.parentElement !== element) {
        host = document.createElement('div');
        host.className = 'masklet-output';
        element.replaceChildren(host);
        hosts.set(item.id, host);
      }
      render(contentOf(item, open), host);
    },
    disposeOutputItem(id) {
      for (const [known, host] of [...hosts]) {
        if (id !== undefined && id !== known) continue;
        render(null, host);
        hosts.delete(known);
      }
    },
  };
};

function contentOf(item: OutputItem, open: ((message: FromRenderer) => void) | undefined): VNode {
  if (item.mime === PICTURES_MIME) return <Pictures output={item.json() as PicturesOutput} open={open} />;
  return <Result output={item.json() as TableOutput} open={open} />;
}
