import type { ObjectId } from '../../../shared/domain/annotations';
import type { FrameIndex, FrameRange } from '../../../shared/domain/video';
import { statusOf } from './documentState';
import { frameCountOf, type Ranges, within } from './ranges';
import type { Loss } from '../host/vscodeApi';
import type { EditorStore } from './store';

/** What an edit does to the masks that stand: draws on them, asks the model anew, puts another in their place, or removes them. */
export type EditKind = 'draw' | 'prompt' | 'copy' | 'remove';

/** That an edit may be carried out. */
export interface Permit {
  /** What it took away and how that comes back, to be said once it is done. */
  readonly note?: string;
}

const UNDO = `${/Mac/.test(navigator.platform) ? 'Cmd' : 'Ctrl'}+Z`;

/** Stands before edits that would take away what somebody verified, drew or imported: asks the first time, and names the way back. */
export class Guard {
  constructor(
    private readonly store: EditorStore,
    private readonly say: (text: string) => void,
  ) {}

  /** @returns undefined where the edit is not to be carried out. */
  async permit(object: ObjectId | undefined, range: FrameRange, kind: EditKind): Promise<Permit | undefined> {
    const { store } = this;
    if (store.question.value) {
      this.say('Answer the question first.');
      return undefined;
    }
    const loss = object === undefined ? undefined : this.loss(object, range, kind);
    if (object === undefined || !loss) return {};
    const name = store.nameOfId(object);
    if (!store.allowed.value.includes(loss.kind)) {
      if (!(await this.ask(questionOf(loss, name, range.first, kind)))) return undefined;
      store.allowed.value = [...store.allowed.value, loss.kind];
    }
    return { note: noteOf(loss, name, range.first, kind) };
  }

  /** What would be lost, the gravest first. */
  private loss(
    object: ObjectId,
    range: FrameRange,
    kind: EditKind,
  ): { kind: Loss; masks: number } | undefined {
    const document = this.store.document.value;
    const status = document && statusOf(document, object);
    if (!status) return undefined;
    const masks = (ranges: Ranges): number => frameCountOf(within(ranges, range));
    const verified = masks(status.verified);
    if (verified > 0) return { kind: 'verified', masks: verified };
    const drawn = kind === 'prompt' || kind === 'copy' ? masks(status.edited) : 0;
    return drawn > 0 ? { kind: 'drawn', masks: drawn } : undefined;
  }

  private async ask(text: { readonly text: string; readonly yes: string }): Promise<boolean> {
    const { question } = this.store;
    try {
      return await new Promise((answer) => {
        question.value = { ...text, no: 'Leave It', answer };
      });
    } finally {
      question.value = undefined;
    }
  }
}

interface Lost {
  readonly kind: Loss;
  readonly masks: number;
}

function questionOf({ kind, masks }: Lost, name: string, frame: FrameIndex, edit: EditKind) {
  if (edit === 'remove')
    return {
      text:
        masks === 1
          ? `A mask of ${name} there is verified.`
          : `${masks} masks of ${name} there are verified.`,
      yes: 'Delete All the Same',
    };
  if (kind === 'verified') return { text: `${name} is verified on frame ${frame}.`, yes: 'Change It' };
  return edit === 'copy'
    ? { text: `${name} was drawn or imported on frame ${frame}.`, yes: 'Replace It' }
    : {
        text: `${name} was drawn or imported on frame ${frame}. The model would redraw all of it.`,
        yes: 'Let It Redraw',
      };
}

function noteOf({ kind, masks }: Lost, name: string, frame: FrameIndex, edit: EditKind): string {
  if (edit === 'remove')
    return `Deleted ${masks === 1 ? 'a verified mask' : `${masks} verified masks`} of ${name}: ${UNDO} brings back what was there.`;
  if (kind === 'drawn' && edit === 'copy')
    return `The mask of ${name} on frame ${frame} was replaced: ${UNDO} brings it back.`;
  return kind === 'verified'
    ? `${name} is no longer verified on frame ${frame}: ${UNDO} brings it back.`
    : `The model redrew ${name} on frame ${frame}: ${UNDO} brings the drawing back.`;
}
