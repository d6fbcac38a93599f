import { signal } from '@preact/signals';
import type {
  AuditPageState,
  AuditRequests,
  AuditVerdict,
  FromAudit,
  ToAudit,
} from '../../shared/protocol/auditPage';
import { HostError, RequestClient } from '../editor/host/requestClient';

/** A picture as the page shows it. */
interface Shown {
  readonly item: number;
  readonly masked: string;
  readonly plain: string;
}

/** What the page shows, and what can be done in it. */
export class AuditView {
  readonly state = signal<AuditPageState | undefined>(undefined);
  /** The item that is looked at; past the last one: the result. */
  readonly item = signal(0);
  readonly picture = signal<Shown | undefined>(undefined);
  readonly plain = signal(false);
  /** Pixels of the picture as pixels of the screen; else it fits. */
  readonly enlarged = signal(false);
  readonly error = signal<string | undefined>(undefined);
  private readonly host: RequestClient<AuditRequests>;
  private answering: Promise<void> = Promise.resolve();

  constructor(private readonly send: (message: FromAudit) => void) {
    this.host = new RequestClient<AuditRequests>(send);
  }

  ready(): void {
    this.send({ kind: 'ready' });
  }

  log(level: 'warning' | 'error', message: string): void {
    this.send({ kind: 'log', level, message });
  }

  receive(message: ToAudit): void {
    if (message.kind !== 'audit') return this.host.answer(message);
    const isFirst = this.state.value === undefined;
    this.state.value = message.state;
    if (isFirst) this.goTo(this.nextOpen(-1));
  }

  /** Answers the item shown and goes on; a correction waits until it is done. Quick keys come one after the other. */
  answer(answer: AuditVerdict): Promise<void> {
    const item = this.item.value;
    this.answering = this.answering.then(() => this.keep(item, answer));
    return this.answering;
  }

  private async keep(item: number, answer: AuditVerdict): Promise<void> {
    const state = this.state.value;
    if (!state || item >= state.items.length) return;
    if (answer === 'corrected' && state.answers[item] !== 'correcting') return;
    this.error.value = undefined;
    try {
      this.state.value = await this.host.request('audit/answer', { item, answer });
      if (answer !== 'correcting' && answer !== null) this.goTo(this.nextOpen(item));
    } catch (error) {
      this.error.value = wordsOf(error);
    }
  }

  goTo(item: number): void {
    const count = this.state.value?.items.length ?? 0;
    this.item.value = Math.min(count, Math.max(0, item));
    void this.load();
  }

  key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const action = this.actionOf(event.key.toLowerCase());
    if (!action) return;
    event.preventDefault();
    action();
  }

  keyUp(event: KeyboardEvent): void {
    if (event.key.toLowerCase() === 'm') this.plain.value = false;
  }

  private actionOf(key: string): (() => void) | undefined {
    switch (key) {
      case 'a':
        return () => void this.answer('accepted');
      case 'c':
        return () => void this.answer('correcting');
      case 'enter':
        return () => void this.answer('corrected');
      case 'x':
        return () => void this.answer('cannot-tell');
      case 'u':
        return () => void this.answer(null);
      case 'm':
        return () => void (this.plain.value = true);
      case 'z':
        return () => void (this.enlarged.value = !this.enlarged.value);
      case 'arrowleft':
        return () => this.goTo(this.item.value - 1);
      case 'arrowright':
        return () => this.goTo(this.item.value + 1);
      case 'end':
        return () => this.goTo(Infinity);
      default:
        return undefined;
    }
  }

  /** The next item without an answer, from the start again after the last; past the end where all have one. */
  private nextOpen(after: number): number {
    const answers = this.state.value?.answers ?? [];
    const isOpen = (n: number): boolean => answers[n] === null || answers[n] === 'correcting';
    const places = [...answers.keys()];
    return places.find((n) => n > after && isOpen(n)) ?? places.find(isOpen) ?? answers.length;
  }

  private async load(): Promise<void> {
    const item = this.item.value;
    if (item >= (this.state.value?.items.length ?? 0)) return this.show(undefined);
    try {
      const { masked, plain } = await this.host.request('audit/picture', { item });
      if (item === this.item.value) this.show({ item, masked: urlOf(masked), plain: urlOf(plain) });
    } catch (error) {
      if (item === this.item.value) this.error.value = wordsOf(error);
    }
  }

  private show(shown: Shown | undefined): void {
    const before = this.picture.value;
    this.picture.value = shown;
    if (!before) return;
    URL.revokeObjectURL(before.masked);
    URL.revokeObjectURL(before.plain);
  }
}

function urlOf(data: Uint8Array): string {
  return URL.createObjectURL(new Blob([new Uint8Array(data)], { type: 'image/jpeg' }));
}

function wordsOf(error: unknown): string {
  if (error instanceof HostError) return [error.message, error.hint].filter(Boolean).join(' ');
  return error instanceof Error ? error.message : String(error);
}
