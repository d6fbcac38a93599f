import { useMemo } from 'preact/hooks';
import { Icon } from '../../icon';
import { Button, Checkbox } from '../../toolkit';
import type { Editor } from '../editor';
import type { Direction } from '../../../shared/domain/annotations';
import type { EditorAction } from '../../../shared/actions';
import { EDITOR_ACTIONS, titleOf } from '../../../shared/actions';
import { estimateText } from '../state/estimate';
import { runAction } from '../state/editorActions';
import { whyNoObject, whyNotChange, whyNotPropagate } from '../state/reasons';

/** Where to carry the masks: which way, over which frames, of which objects. */
export function PropagationControls({ editor }: { readonly editor: Editor }) {
  const { store, actions } = editor;
  const document = store.document.value;
  const why = whyNotPropagate(store);
  const ready = why === undefined && document !== undefined;
  const { range, locked } = store.view.value;
  const selected = store.selected.value?.id;
  const only = store.selectedOnly.value && selected !== undefined ? selected : undefined;
  const estimate = useMemo(() => {
    const objects = only === undefined ? document?.objects.map(({ id }) => id) : [only];
    const unlocked = objects?.filter((id) => !locked?.includes(id));
    const of = (direction: Direction | 'both'): string => {
      const text = ready ? estimateText(document, direction, range, unlocked) : '';
      return text && `: ${text}`;
    };
    return { forward: of('forward'), backward: of('backward'), both: of('both') };
  }, [ready, document, range, only, locked]);
  return (
    <div class="propagation" role="group" aria-label="Propagate">
      <Button
        kind="secondary"
        label="Propagate backward"
        title={`Propagate backward (Shift+P)${estimate.backward}`}
        why={why}
        onClick={() => void actions.propagate('backward')}
      >
        <Icon name="arrow-left" />
        <div class="button-text wide">Backward</div>
      </Button>
      <Button
        kind="secondary"
        label="Propagate both ways"
        title={`Propagate both ways (B)${estimate.both}`}
        why={why}
        onClick={() => void actions.propagate('both')}
      >
        <Icon name="arrow-both" />
        <div class="button-text wide">Both</div>
      </Button>
      <Button
        kind="primary"
        label="Propagate forward"
        title={`Propagate forward (P)${estimate.forward}`}
        why={why}
        onClick={() => void actions.propagate('forward')}
      >
        <div class="button-text">Propagate</div>
        <Icon name="arrow-right" />
      </Button>
      <span class="toolbar-line" />
      <RangeControls editor={editor} />
      <span class="toolbar-line wide" />
      <Checkbox
        class="toolbar-check"
        title="Propagate only the selected object; else all that have prompts"
        checked={store.selectedOnly.value}
        why={whyNotChange(store, false)}
        onChange={(checked) => {
          store.selectedOnly.value = checked;
        }}
      >
        Selected only
      </Checkbox>
      <FollowCheckbox editor={editor} />
    </div>
  );
}

function RangeControls({ editor }: { readonly editor: Editor }) {
  const { store, actions } = editor;
  const { range } = store.view.value;
  return (
    <span class="range" role="group" aria-label="Range">
      <Button
        kind="icon"
        label="Range from this frame"
        title="Range from this frame (I)"
        onClick={() => actions.setRange('start')}
      >
        <div class="range-end">[</div>
      </Button>
      <span class={range ? 'range-text set' : 'range-text'} title="Frames that propagation covers">
        {range ? `${range.first}–${range.last}` : 'Whole clip'}
      </span>
      <Button
        kind="icon"
        label="Range to this frame"
        title="Range to this frame (O)"
        onClick={() => actions.setRange('end')}
      >
        <div class="range-end">]</div>
      </Button>
      {range && <RangeActions editor={editor} />}
      {range && (
        <Button
          kind="icon"
          label="Whole clip"
          title={titleOf('rangeClear')}
          onClick={() => actions.clearRange()}
        >
          <Icon name="close" />
        </Button>
      )}
    </span>
  );
}

const RANGE_ACTIONS: readonly { readonly action: EditorAction; readonly icon: string }[] = [
  { action: 'repropagateRange', icon: 'refresh' },
  { action: 'verifyRange', icon: 'check-all' },
  { action: 'markAbsent', icon: 'circle-slash' },
  { action: 'deleteMasks', icon: 'trash' },
];

/** What can be done to the selected object on the range. */
function RangeActions({ editor }: { readonly editor: Editor }) {
  const { store } = editor;
  const why = whyNoObject(store);
  return RANGE_ACTIONS.map(({ action, icon }) => (
    <Button
      key={action}
      kind="icon"
      label={`${EDITOR_ACTIONS[action].does} on the range`}
      title={`On the range: ${titleOf(action)}`}
      why={why}
      onClick={() => runAction(editor, action)}
    >
      <Icon name={icon} />
    </Button>
  ));
}

export function FollowCheckbox({ editor }: { readonly editor: Editor }) {
  const { store, actions } = editor;
  return (
    <Checkbox
      class="toolbar-check"
      title="Show each frame as propagation finishes it"
      checked={store.following.value}
      onChange={(checked) => actions.setFollow(checked)}
    >
      Follow
    </Checkbox>
  );
}
