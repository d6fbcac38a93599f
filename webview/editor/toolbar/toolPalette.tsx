import type { EditorAction } from '../../../shared/actions';
import { EDITOR_ACTIONS, titleOf } from '../../../shared/actions';
import { Button } from '../../toolkit';
import type { Editor } from '../editor';
import { runAction } from '../state/editorActions';
import { whyNoMask, whyNoObject, whyNotChange } from '../state/reasons';
import type { Tool } from '../tools/tool';
import { TOOL_ICONS } from './toolIcons';

const TOOLS: readonly { readonly tool: Tool; readonly action: EditorAction }[] = [
  { tool: 'select', action: 'selectTool' },
  { tool: 'brush', action: 'brushTool' },
  { tool: 'eraser', action: 'eraserTool' },
  { tool: 'polygon', action: 'polygonTool' },
  { tool: 'lasso', action: 'lassoTool' },
];

/** Operations on the mask that stands on the frame. */
const OPERATIONS = ['fillHoles', 'removeSpecks', 'growMask', 'shrinkMask', 'copyToNextFrame'] as const;

/** What the pointer does on the picture, and what can be done to the mask there. */
export function ToolPalette({ editor }: { readonly editor: Editor }) {
  const { store } = editor;
  const tool = store.tool.value;
  const localOnly = store.localOnly.value;
  const whyNoEdit = whyNotChange(store);
  const whyNoOperation = whyNoMask(store);
  return (
    <div class="tool-palette" role="toolbar" aria-label="Tools" aria-orientation="vertical">
      {TOOLS.map(({ tool: offered, action }) => (
        <Button
          key={action}
          kind="icon"
          class={tool === offered ? 'active' : undefined}
          label={EDITOR_ACTIONS[action].does}
          title={titleOf(action)}
          pressed={tool === offered}
          why={offered === 'select' ? undefined : whyNoEdit}
          onClick={() => runAction(editor, action)}
        >
          {TOOL_ICONS[offered]}
        </Button>
      ))}
      <span class="tool-line" />
      <Button
        kind="icon"
        class={localOnly ? 'active' : undefined}
        label="Edit this frame only"
        title={`${titleOf('toggleLocalOnly')}: the edit is kept, and no other frame follows from it`}
        pressed={localOnly}
        why={whyNotChange(store, false)}
        onClick={() => runAction(editor, 'toggleLocalOnly')}
      >
        {TOOL_ICONS.frameOnly}
      </Button>
      <span class="tool-line" />
      {OPERATIONS.map((action) => (
        <ActionButton key={action} editor={editor} action={action} why={whyNoOperation} />
      ))}
      <ActionButton editor={editor} action="interpolate" why={whyNoObject(store)} />
    </div>
  );
}

function ActionButton({
  editor,
  action,
  why,
}: {
  readonly editor: Editor;
  readonly action: (typeof OPERATIONS)[number] | 'interpolate';
  readonly why: string | undefined;
}) {
  return (
    <Button
      kind="icon"
      label={EDITOR_ACTIONS[action].does}
      title={titleOf(action)}
      why={why}
      onClick={() => runAction(editor, action)}
    >
      {TOOL_ICONS[action]}
    </Button>
  );
}
