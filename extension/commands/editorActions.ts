import type { EditorAction } from '../../webview/protocol';

/** The commands `masklet.<action>` that the webview carries out, on exactly what it shows. */
export const EDITOR_ACTIONS = [
  'selectTool',
  'brushTool',
  'eraserTool',
  'polygonTool',
  'lassoTool',
  'smallerBrush',
  'largerBrush',
  'fillHoles',
  'removeSpecks',
  'growMask',
  'shrinkMask',
  'copyToNextFrame',
  'interpolate',
  'nextCandidate',
  'markAbsent',
  'markOccluded',
  'markTruncated',
  'markOutOfView',
  'deleteMasks',
  'verifyRange',
  'repropagateRange',
  'nextKeyframe',
  'previousKeyframe',
] as const satisfies readonly EditorAction[];
