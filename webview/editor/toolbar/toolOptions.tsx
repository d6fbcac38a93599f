import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { Button } from '../../toolkit';
import { EDITOR_ACTIONS, keyInWords } from '../../../shared/actions';
import type { Editor } from '../editor';
import { polygonIou } from '../geometry/polygonIou';
import { leavePolygon } from '../state/editorActions';
import { setTolerance, TOLERANCE } from '../state/maskPolygon';
import { cornerCount, type PolygonDraft } from '../tools/polygon';
import { LARGEST_RADIUS, SMALLEST_RADIUS } from '../tools/tool';

const SIZE_KEYS = [EDITOR_ACTIONS.smallerBrush, EDITOR_ACTIONS.largerBrush].map(({ keys }) =>
  keyInWords(keys[0]),
);

/** What can be set of the tool in hand, at the lower edge of the picture. */
export function ToolOptions({ editor }: { readonly editor: Editor }) {
  const tool = editor.store.tool.value;
  const draft = editor.store.openPolygon.value;
  if (draft?.kind === 'outline') return <OutlineOptions editor={editor} draft={draft} />;
  return tool === 'brush' || tool === 'eraser' ? <BrushSize editor={editor} /> : null;
}

function Options({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <div class="tool-options" role="group" aria-label={label}>
      {children}
    </div>
  );
}

/** The slider goes in powers of two, as sizes are told apart. */
function BrushSize({ editor }: { readonly editor: Editor }) {
  const { brushRadius } = editor.store;
  const diameter = brushRadius.value * 2;
  return (
    <Options label="Brush">
      <label class="tool-option" title={`Diameter of the brush (${SIZE_KEYS.join(', ')}, Shift+Wheel)`}>
        <span>Size</span>
        <input
          type="range"
          min={Math.log2(SMALLEST_RADIUS * 2)}
          max={Math.log2(LARGEST_RADIUS * 2)}
          step={0.05}
          value={Math.log2(diameter)}
          aria-label="Diameter of the brush"
          aria-valuetext={`${diameter} pixels`}
          // The keys are the picture's again.
          onPointerUp={(event) => event.currentTarget.blur()}
          onInput={(event) => {
            const wanted = 2 ** event.currentTarget.valueAsNumber / 2;
            brushRadius.value = wanted < 4 ? Math.round(wanted * 2) / 2 : Math.round(wanted);
          }}
        />
        <output>{diameter} px</output>
      </label>
    </Options>
  );
}

/** Video pixels; from none, which is the pixels' own edge. */
const TOLERANCES = [0, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16];

/** How far the outline may be from the mask's own edge, and what that makes of it. */
function OutlineOptions({ editor, draft }: { readonly editor: Editor; readonly draft: PolygonDraft }) {
  const { store } = editor;
  const { tolerance = TOLERANCE, rings, object, frame } = draft;
  // Masks are no part of the document.
  const revision = store.masks.revision.value;
  const iou = useMemo(() => {
    const mask = object === undefined ? undefined : store.masks.maskOf(object, frame);
    return (
      mask &&
      polygonIou(
        rings.map(({ points }) => points),
        mask.mask,
      )
    );
  }, [rings, object, frame, revision, store]);
  const at = TOLERANCES.findIndex((value) => value >= tolerance);
  return (
    <Options label="Outline">
      <label class="tool-option" title="How far the corners may be from the mask’s own edge">
        <span>Tolerance</span>
        <input
          type="range"
          min={0}
          max={TOLERANCES.length - 1}
          step={1}
          value={at < 0 ? TOLERANCES.length - 1 : at}
          aria-label="Tolerance"
          aria-valuetext={`${tolerance} pixels`}
          // The keys are the picture's again.
          onPointerUp={(event) => event.currentTarget.blur()}
          onInput={(event) => setTolerance(editor, TOLERANCES[event.currentTarget.valueAsNumber])}
        />
        <output>{tolerance} px</output>
      </label>
      <span class="secondary">{cornerCount(draft)} corners</span>
      {iou !== undefined && (
        <span class="secondary" title="How well the outline covers the mask that it was made from">
          IoU {iou.toFixed(3)}
        </span>
      )}
      <Button kind="primary" title="Apply (Enter)" onClick={() => editor.closePolygon('add')}>
        Apply
      </Button>
      <Button title="Cancel (Esc)" onClick={() => leavePolygon(editor)}>
        Cancel
      </Button>
    </Options>
  );
}
