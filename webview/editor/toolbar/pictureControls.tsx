import { useSignal } from '@preact/signals';
import { Icon } from '../../icon';
import type { PictureStyle } from '../../../shared/protocol/editor';
import { Button, Checkbox } from '../../toolkit';
import type { Editor } from '../editor';
import { EDITOR_ACTIONS, keyInWords, titleOf } from '../../../shared/actions';
import { changeOverlay, changePicture, MAX_OPACITY, runAction } from '../state/editorActions';
import { USUAL_OVERLAY, USUAL_PICTURE } from '../state/viewState';

/** How the picture is shown: turned, brighter, with more contrast. Nothing that is stored depends on it. */
export function PictureControls({ editor }: { readonly editor: Editor }) {
  const open = useSignal(false);
  const picture = editor.store.view.value.picture ?? USUAL_PICTURE;
  const changed = (Object.keys(USUAL_PICTURE) as (keyof PictureStyle)[]).some(
    (key) => picture[key] !== USUAL_PICTURE[key],
  );
  return (
    <div
      class="picture-controls"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open.value) return;
        event.stopPropagation();
        open.value = false;
      }}
    >
      <Button
        kind="icon"
        label="Picture"
        title="Opacity and names of the masks; rotation, brightness and contrast of the picture"
        pressed={changed}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        <Icon name="color-mode" />
      </Button>
      {open.value && (
        <div class="picture-panel" role="group" aria-label="Picture">
          <Opacity editor={editor} />
          <Checkbox
            title={titleOf('toggleNames')}
            checked={editor.store.view.value.overlay?.names ?? false}
            onChange={(names) => changeOverlay(editor, () => ({ names }))}
          >
            Names at the masks
          </Checkbox>
          <Light editor={editor} name="brightness" label="Brightness" value={picture.brightness} />
          <Light editor={editor} name="contrast" label="Contrast" value={picture.contrast} />
          <div class="picture-buttons">
            <Button title={titleOf('rotateView')} onClick={() => runAction(editor, 'rotateView')}>
              Rotate
            </Button>
            <Button
              title={titleOf('resetPicture')}
              why={changed ? undefined : 'The picture is shown as it is.'}
              onClick={() => runAction(editor, 'resetPicture')}
            >
              Reset
            </Button>
          </div>
        </div>
      )}
    </div>
  );
}

/** How much of the picture shows through the masks. */
function Opacity({ editor }: { readonly editor: Editor }) {
  const { opacity, outlineOnly } = editor.store.view.value.overlay ?? USUAL_OVERLAY;
  const shown = outlineOnly ? 0 : opacity;
  return (
    <label
      class="picture-light"
      title={`Opacity of the masks (${[EDITOR_ACTIONS.strongerOverlay, EDITOR_ACTIONS.weakerOverlay].map(({ keys }) => keyInWords(keys[0])).join(', ')})`}
    >
      <span>Masks</span>
      <input
        type="range"
        min={0}
        max={MAX_OPACITY}
        step={0.05}
        value={shown}
        aria-label="Opacity of the masks"
        aria-valuetext={`${Math.round((shown / MAX_OPACITY) * 100)} %`}
        onInput={(event) => {
          const wanted = event.currentTarget.valueAsNumber;
          changeOverlay(editor, () => ({ opacity: wanted, outlineOnly: false }));
        }}
      />
    </label>
  );
}

/** Steps of the slider in powers of two, so that its middle is the picture as it is. */
function Light({
  editor,
  name,
  label,
  value,
}: {
  readonly editor: Editor;
  readonly name: 'brightness' | 'contrast';
  readonly label: string;
  readonly value: number;
}) {
  return (
    <label class="picture-light">
      <span>{label}</span>
      <input
        type="range"
        min={-2}
        max={2}
        step={0.1}
        value={Math.log2(value)}
        aria-label={label}
        aria-valuetext={`${Math.round(value * 100)} %`}
        onInput={(event) => changePicture(editor, () => ({ [name]: 2 ** event.currentTarget.valueAsNumber }))}
      />
    </label>
  );
}
