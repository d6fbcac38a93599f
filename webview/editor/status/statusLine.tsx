// webview/editor/status/: the status line and banners.
import { Icon } from '../../icon';
import type { DocumentState } from '../../../shared/protocol/editor';
import { transformOf } from '../canvas/viewTransform';
import { Button } from '../../toolkit';
import type { Editor } from '../editor';
import { frameWords, statusOf } from '../state/documentState';
import { framesWords } from '../state/time';
import type { EditorStore, Notice } from '../state/store';

/** What is going on, on the left; the selected object's mask on this frame and the zoom on the right. */
export function StatusLine({ editor }: { readonly editor: Editor }) {
  const { store } = editor;
  const activity = activityOf(store);
  const notice = store.notice.value;
  const failed = notice?.kind === 'error' ? notice : modelError(store.document.value);
  return (
    <footer class="status-line">
      <div class="status-message" role="status" aria-live="polite">
        {failed ? (
          <ErrorMessage editor={editor} notice={failed} />
        ) : activity ? (
          <span class={activity.late ? 'status-activity late' : 'status-activity'}>
            <Icon name="loading" spin />
            <span class="status-text">{activity.text}</span>
          </span>
        ) : (
          <span class="status-text">{notice?.text}</span>
        )}
      </div>
      <FramesFound editor={editor} />
      <MaskScores editor={editor} />
      <ZoomLevel editor={editor} />
    </footer>
  );
}

function ErrorMessage({ editor, notice }: { readonly editor: Editor; readonly notice: Notice }) {
  return (
    <span class="status-error" title={[notice.text, notice.hint].filter(Boolean).join('\n')}>
      <Icon name="error" />
      <span class="status-text">
        {notice.text}
        {notice.hint && <span class="secondary"> {notice.hint}</span>}
      </span>
      {editor.store.notice.value === notice && (
        <Button kind="icon" label="Dismiss" title="Dismiss" onClick={() => editor.actions.dismissNotice()}>
          <Icon name="close" />
        </Button>
      )}
    </span>
  );
}

function FramesFound({ editor }: { readonly editor: Editor }) {
  const document = editor.store.document.value;
  const words = document && framesWords(document.video);
  if (words === undefined) return null;
  return (
    <span class="status-frames secondary" title="The frames found so far can be worked on.">
      {words}
    </span>
  );
}

function MaskScores({ editor }: { readonly editor: Editor }) {
  const { store } = editor;
  const document = store.document.value;
  const selected = store.selected.value;
  const frame = store.painted.value;
  // Scores come with masks, which are no part of the document.
  void store.masks.revision.value;
  if (!document || !selected || frame === undefined) return null;
  const mask = store.masks.maskOf(selected.id, frame);
  if (!mask) return null;
  const status = statusOf(document, selected.id);
  const words = status ? frameWords(status, frame) : [mask.state];
  return (
    <div class="status-mask" aria-label={`Mask of ${store.nameOf(selected)}`}>
      <span class="status-object">
        <span class="object-swatch small" style={{ backgroundColor: selected.color }} />
        {store.nameOf(selected)}
      </span>
      {words.map((word) => (
        <span key={word} class={`status-word ${word.replaceAll(' ', '-')}`}>
          {word}
        </span>
      ))}
      {mask.iou !== null && (
        <span title="How well the model thinks the mask fits (predicted IoU)">
          IoU <b>{mask.iou.toFixed(2)}</b>
        </span>
      )}
      {mask.objectScore !== null && (
        <span title="How sure the model is that the object is on this frame (object score)">
          Score <b>{mask.objectScore.toFixed(2)}</b>
        </span>
      )}
      <span class="wide" title="Pixels in the mask">
        {mask.area.toLocaleString('en')} px
      </span>
    </div>
  );
}

function ZoomLevel({ editor }: { readonly editor: Editor }) {
  const { store, stage } = editor;
  const document = store.document.value;
  const { width, devicePixelRatio } = stage.value;
  if (!document || width === 0) return null;
  const { scale } = transformOf(
    store.view.value.zoom,
    document.video,
    stage.value,
    devicePixelRatio,
    store.view.value.picture?.rotation,
  );
  return (
    <span class="status-zoom" title="Zoom (screen pixels per video pixel)">
      {Math.round(scale * devicePixelRatio * 100)}%
    </span>
  );
}

function modelError(document: DocumentState | undefined): Notice | undefined {
  const error = document?.model.state === 'failed' ? document.model.error : undefined;
  return (
    error && { kind: 'error', text: error.message, ...(error.hint !== undefined && { hint: error.hint }) }
  );
}

/** @returns what the user waits for; `late`: worth a word only if it takes longer than a moment. */
function activityOf(store: EditorStore): { readonly text: string; readonly late: boolean } | undefined {
  const document = store.document.value;
  if (!document) return undefined;
  const { model, kernel } = document;
  if (kernel === 'starting') return { text: 'Starting the kernel…', late: true };
  if (store.pending.value.length > 0) {
    const looking = store.lookingAt.value;
    if (model.state !== 'ready')
      return { text: 'Loading the model; your click will be processed next…', late: false };
    if (looking !== undefined && store.pending.value.some(({ frame }) => frame === looking))
      return {
        text: `The model is looking at frame ${looking}; your click will be processed next…`,
        late: false,
      };
    return { text: 'Segmenting…', late: false };
  }
  if (model.state === 'loading') return { text: `Loading the model ${model.id}…`, late: false };
  const { frame } = store.view.value;
  if (store.painted.value !== frame && !store.pictureError.value)
    return { text: `Loading frame ${frame}…`, late: true };
  return undefined;
}
