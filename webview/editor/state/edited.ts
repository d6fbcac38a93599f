import { batch } from '@preact/signals';
import type { DocumentState } from '../../../shared/protocol/editor';
import { withChanged, type Changed } from '../../../shared/protocol/changed';
import type { EditorStore } from './store';
import { reconciled } from './viewState';

/** Shows what an edit changed, whoever asked for it. */
export function takeChanged(store: EditorStore, changed: Changed): void {
  if (!store.document.value || !changed.changed) return;
  const document = withChanged(store.document.value, changed);
  batch(() => {
    store.document.value = document;
    store.masks.takeChanged(changed);
    dropGone(store, document);
  });
}

/** What this view looks at or asks about may be gone from the document. */
export function dropGone(store: EditorStore, document: DocumentState): void {
  const exists = (id: string | undefined): boolean => document.objects.some((object) => object.id === id);
  store.view.value = reconciled(store.view.value, document);
  if (!exists(store.renaming.value)) store.renaming.value = undefined;
  if (!exists(store.removing.value)) store.removing.value = undefined;
}
