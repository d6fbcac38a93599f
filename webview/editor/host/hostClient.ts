// webview/editor/host/: talking to the extension host.
import type { FromWebview, HostRequests, ToWebview } from '../../../shared/protocol/editor';
import { RequestClient } from './requestClient';

export { AbandonedError, HostError } from './requestClient';

/** What a host says unasked. */
export type HostNews = Exclude<ToWebview, { readonly kind: 'response' | 'error' | 'alive' }>;

/** The editor's conversation with its host. */
export class HostClient extends RequestClient<HostRequests> {
  constructor(
    private readonly sendAny: (message: FromWebview) => void,
    private readonly onNews: (news: HostNews) => void,
  ) {
    super(sendAny);
  }

  post(message: Exclude<FromWebview, { readonly kind: 'request' | 'abandon' }>): void {
    this.sendAny(message);
  }

  receive(message: ToWebview): void {
    switch (message.kind) {
      case 'response':
      case 'error':
        this.answer(message);
        return;
      case 'alive':
        return;
      case 'state':
      case 'change':
      case 'changed':
      case 'masks':
      case 'proposing':
      case 'command':
        this.onNews(message);
    }
  }
}
