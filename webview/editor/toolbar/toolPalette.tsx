import type { VNode } from 'preact';
import { Icon } from '../../icon';
import { Button } from '../../toolkit';
import type { EditorAction } from '../../../shared/actions';
import type { Editor } from '../editor';
import { EDITOR_ACTIONS, titleOf } from '../../../shared/actions';
import { runAction } from '../state/editorActions';
import { statusOf } from '../state/documentState';
import { includesFrame } from '../state/ranges';
import type { Tool } from '../tools/tool';

const TOOLS: readonly { readonly tool: Tool; readonly action: EditorAction; readonly icon: VNode }[] = [
  { tool: 'select', action: 'selectTool', icon: <Icon name="target" /> },
  { tool: 'brush', action: 'brushTool', icon: <Icon name="edit" /> },
  { tool: 'eraser', action: 'eraserTool', icon: <Icon name="eraser" /> },
  { tool: 'polygon', action: 'polygonTool', icon: <PolygonIcon /> },
  { tool: 'lasso', action: 'lassoTool', icon: <LassoIcon /> },
];

/** Operations on the mask that stands on the frame. */
const OPERATIONS: readonly { readonly action: EditorAction; readonly icon: string }[] = [
  { action: 'fillHoles', icon: 'circle-filled' },
  { action: 'removeSpecks', icon: 'filter' },
  { action: 'growMask', icon: 'expand-all' },
  { action: 'shrinkMask', icon: 'collapse-all' },
  { action: 'copyToNextFrame', icon: 'copy' },
];

/** What the pointer does on the picture, and what can be done to the mask there. */
export function ToolPalette({ editor }: { readonly editor: Editor }) {
  const { store } = editor;
  const locked = store.locked.value !== undefined;
  const document = store.document.value;
  const selected = store.selected.value;
  const status = document && selected && statusOf(document, selected.id);
  const masked = status !== undefined && includesFrame(status.masked, store.view.value.frame);
  const tool = store.tool.value;
  return (
    <div class="tool-palette" role="toolbar" aria-label="Tools" aria-orientation="vertical">
      {TOOLS.map(({ tool: offered, action, icon }) => (
        <Button
          key={action}
          kind="icon"
          class={tool === offered ? 'active' : undefined}
          label={EDITOR_ACTIONS[action].does}
          title={titleOf(action)}
          pressed={tool === offered}
          disabled={locked && offered !== 'select'}
          onClick={() => runAction(editor, action)}
        >
          {icon}
        </Button>
      ))}
      {(tool === 'brush' || tool === 'eraser') && (
        <span class="tool-size" title={`Diameter of the brush in pixels ([, ], Shift+Wheel)`}>
          {store.brushRadius.value * 2}
        </span>
      )}
      <span class="tool-line" />
      {OPERATIONS.map(({ action, icon }) => (
        <ActionButton key={action} editor={editor} action={action} icon={icon} disabled={locked || !masked} />
      ))}
      <ActionButton editor={editor} action="interpolate" icon="arrow-swap" disabled={locked || !selected} />
    </div>
  );
}

function ActionButton({
  editor,
  action,
  icon,
  disabled,
}: {
  readonly editor: Editor;
  readonly action: EditorAction;
  readonly icon: string;
  readonly disabled: boolean;
}) {
  return (
    <Button
      kind="icon"
      label={EDITOR_ACTIONS[action].does}
      title={titleOf(action)}
      disabled={disabled}
      onClick={() => runAction(editor, action)}
    >
      <Icon name={icon} />
    </Button>
  );
}

function PolygonIcon() {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" aria-hidden="true">
      <path d="M3 5.5 9 2.5l4.5 4.5-2.5 6H4.5Z" />
      <path d="M2 4.5h2v2H2zM8 1.5h2v2H8zM12.5 6h2v2h-2zM10 12h2v2h-2zM3.5 12h2v2h-2z" fill="currentColor" />
    </svg>
  );
}

function LassoIcon() {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" aria-hidden="true">
      <ellipse cx="8" cy="6" rx="5.5" ry="3.6" stroke-dasharray="2.6 1.4" />
      <path d="M5 9.2c-1.8.2-2 2.3-.4 2.6 1.700.3 1.400 2.200-.6 2.700" />
    </svg>
  );
}
