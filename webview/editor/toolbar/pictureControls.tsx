import { useSignal } from '@preact/signals';
import { Icon } from '../../icon';
import type { PictureStyle } from '../../../shared/protocol/editor';
import { Button } from '../../toolkit';
import type { Editor } from '../editor';
import { titleOf } from '../../../shared/actions';
import { changePicture, runAction } from '../state/editorActions';
import { USUAL_PICTURE } from '../state/viewState';

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
        title="Rotation, brightness and contrast of the view"
        pressed={changed}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        <Icon name="color-mode" />
      </Button>
      {open.value && (
        <div class="picture-panel" role="group" aria-label="Picture">
          <Light editor={editor} name="brightness" label="Brightness" value={picture.brightness} />
          <Light editor={editor} name="contrast" label="Contrast" value={picture.contrast} />
          <div class="picture-buttons">
            <Button title={titleOf('rotateView')} onClick={() => runAction(editor, 'rotateView')}>
              Rotate
            </Button>
            <Button
              title={titleOf('resetPicture')}
              disabled={!changed}
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
