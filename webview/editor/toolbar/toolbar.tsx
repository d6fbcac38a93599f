// webview/editor/toolbar/: the toolbar and the tool palette.
import { Icon } from '../../icon';
import { Button } from '../../toolkit';
import type { Editor } from '../editor';
import { EDITOR_ACTIONS, titleOf } from '../../../shared/actions';
import { statusOf } from '../state/documentState';
import { runAction } from '../state/editorActions';
import { includesFrame } from '../state/ranges';
import { whyNoMask, whyNoPrompts } from '../state/reasons';
import { PictureControls } from './pictureControls';
import { PropagationControls } from './propagationControls';
import { PropagationProgress } from './propagationProgress';

/** Propagation on the left, or its progress while it runs; what concerns frame and view on the right. */
export function Toolbar({ editor }: { readonly editor: Editor }) {
  const propagation = editor.store.document.value?.propagation;
  return (
    <div class="toolbar" role="toolbar" aria-label="Video editor">
      {propagation ? (
        <PropagationProgress editor={editor} propagation={propagation} />
      ) : (
        <PropagationControls editor={editor} />
      )}
      <span class="toolbar-group">
        <FrameButtons editor={editor} />
        <span class="toolbar-line" />
        <ViewButtons editor={editor} />
      </span>
    </div>
  );
}

function FrameButtons({ editor }: { readonly editor: Editor }) {
  const { store, actions } = editor;
  const document = store.document.value;
  const selected = store.selected.value;
  const { frame } = store.view.value;
  const status = document && selected && statusOf(document, selected.id);
  const verified = status !== undefined && includesFrame(status.verified, frame);
  return (
    <>
      <Button
        kind="icon"
        class={verified ? 'verified' : undefined}
        label="Verify"
        title={`${verified ? 'Verified: propagation leaves this mask alone. Click to undo' : 'Verify the mask on this frame'} (V)`}
        pressed={verified}
        why={whyNoMask(store, false)}
        onClick={() => void actions.toggleVerified()}
      >
        <Icon name={verified ? 'verified-filled' : 'verified'} />
        <div class="button-text">{verified ? 'Verified' : 'Verify'}</div>
      </Button>
      <Button
        kind="icon"
        label="Clear prompts"
        title="Clear the prompts on this frame (Delete)"
        why={whyNoPrompts(store)}
        onClick={() => void actions.clearPrompts()}
      >
        <Icon name="clear-all" />
      </Button>
    </>
  );
}

function ViewButtons({ editor }: { readonly editor: Editor }) {
  const { store } = editor;
  return (
    <>
      <Button
        kind="icon"
        label={EDITOR_ACTIONS.toggleOutline.does}
        title={titleOf('toggleOutline')}
        pressed={store.view.value.overlay?.outlineOnly ?? false}
        onClick={() => runAction(editor, 'toggleOutline')}
      >
        <Icon name="circle-large-outline" />
      </Button>
      <Button
        kind="icon"
        label={EDITOR_ACTIONS.toggleSolo.does}
        title={titleOf('toggleSolo')}
        pressed={store.view.value.overlay?.solo ?? false}
        onClick={() => runAction(editor, 'toggleSolo')}
      >
        <Icon name={store.view.value.overlay?.solo ? 'layers-active' : 'layers'} />
      </Button>
      <PictureControls editor={editor} />
      <Button
        kind="icon"
        label={EDITOR_ACTIONS.fit.does}
        title={titleOf('fit')}
        pressed={!store.view.value.zoom}
        onClick={() => editor.fit()}
      >
        <Icon name="screen-full" />
      </Button>
      <Button
        kind="icon"
        label="Keys"
        title="Keys (?)"
        onClick={() => {
          store.helpOpen.value = true;
        }}
      >
        <Icon name="question" />
      </Button>
    </>
  );
}
