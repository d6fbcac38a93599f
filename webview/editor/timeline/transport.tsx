import { useRef } from 'preact/hooks';
import { Icon } from '../../icon';
import { Button, TextField, type TextFieldElement } from '../../toolkit';
import type { Editor } from '../editor';
import { EDITOR_ACTIONS, titleOf } from '../../../shared/actions';
import { runAction } from '../state/editorActions';
import { formatTime, framesWords, secondsOf } from '../state/time';

/** Steps, the frame's number and its time. */
export function Transport({ editor }: { readonly editor: Editor }) {
  const { store, actions } = editor;
  const document = store.document.value;
  const { frame } = store.view.value;
  const last = document ? document.video.frameCount - 1 : 0;
  return (
    <div class="transport" role="group" aria-label="Frame">
      <Button
        kind="icon"
        label="First frame"
        title="First frame (Home)"
        why={frame === 0 ? 'This is the first frame.' : undefined}
        onClick={() => actions.goToEnd('first')}
      >
        <Icon name="arrow-circle-left" />
      </Button>
      <Button
        kind="icon"
        label="Previous frame"
        title="Previous frame (←); ten frames: Shift+←"
        why={frame === 0 ? 'This is the first frame.' : undefined}
        onClick={() => actions.step(-1, performance.now())}
      >
        <Icon name="chevron-left" />
      </Button>
      <FrameNumber editor={editor} />
      <span class="transport-count" title={document && framesWords(document.video)}>
        / {last}
        {document?.video.indexing && '+'}
      </span>
      <Button
        kind="icon"
        label="Next frame"
        title="Next frame (→); ten frames: Shift+→"
        why={frame === last ? 'This is the last frame.' : undefined}
        onClick={() => actions.step(1, performance.now())}
      >
        <Icon name="chevron-right" />
      </Button>
      <Button
        kind="icon"
        label="Last frame"
        title="Last frame (End)"
        why={frame === last ? 'This is the last frame.' : undefined}
        onClick={() => actions.goToEnd('last')}
      >
        <Icon name="arrow-circle-right" />
      </Button>
      <PlayButtons editor={editor} />
      <span class="transport-time" title="Time from the first frame">
        {document ? formatTime(secondsOf(document, frame)) : ''}
      </span>
    </div>
  );
}

function PlayButtons({ editor }: { readonly editor: Editor }) {
  const { store } = editor;
  const speed = store.playing.value;
  return (
    <>
      <Button
        kind="icon"
        label={speed === 0 ? 'Play' : 'Pause'}
        title={`${titleOf('playPause')}; J, K, L: backward, pause, forward`}
        onClick={() => editor.playback.toggle()}
      >
        <Icon name={speed === 0 ? 'play' : 'debug-pause'} />
      </Button>
      <Button
        kind="icon"
        label={EDITOR_ACTIONS.toggleLoop.does}
        title={`${titleOf('toggleLoop')}: the range, or the clip`}
        pressed={store.loop.value}
        onClick={() => runAction(editor, 'toggleLoop')}
      >
        <Icon name="sync" />
      </Button>
      {Math.abs(speed) > 1 && <span class="transport-speed">{Math.abs(speed)}×</span>}
    </>
  );
}

function FrameNumber({ editor }: { readonly editor: Editor }) {
  const { store, actions } = editor;
  const field = useRef<TextFieldElement>(null);
  const { frame } = store.view.value;
  const reset = (): void => {
    if (field.current) field.current.value = String(store.view.value.frame);
  };
  const commit = (text: string): void => {
    if (/^\s*\d+\s*$/.test(text)) actions.goTo(Number(text));
    reset();
  };
  return (
    <TextField
      class="transport-number"
      label="Frame number"
      title="Frame number, counted from 0"
      inputMode="numeric"
      value={String(frame)}
      elementRef={field}
      onBlur={commit}
      onKeyDown={(event, text) => {
        if (event.key === 'Enter') commit(text);
        else if (event.key === 'Escape') {
          reset();
          field.current?.blur();
        }
      }}
    />
  );
}
