import type { EditorAction } from '../../../shared/actions';
import type { OverlayStyle, PictureStyle } from '../../../shared/protocol/editor';
import type { ObjectId } from '../../../shared/domain/annotations';
import type { EditorParts } from './editorParts';
import { editMaskAsPolygon, simplifyPolygon } from './maskPolygon';
import { resizedBrush, type Tool } from '../tools/tool';
import { statusOf } from './documentState';
import { keyframesOf, nextFrameOf } from './keyframes';
import { USUAL_OVERLAY, USUAL_PICTURE, withOverlay, withPicture } from './viewState';

/** How far growing and shrinking go at a time, in video pixels. */
const GROW_BY = 2;
const OPACITY_STEP = 0.25;
export const MAX_OPACITY = 2.25;

/** Carries out what a command, a key or a button asks for. */
export function runAction(editor: EditorParts, action: EditorAction): void {
  void RUN[action](editor);
}

const RUN: Readonly<Record<EditorAction, (editor: EditorParts) => unknown>> = {
  selectTool: (editor) => takeTool(editor, 'select'),
  brushTool: (editor) => takeTool(editor, 'brush'),
  eraserTool: (editor) => takeTool(editor, 'eraser'),
  polygonTool: (editor) => takeTool(editor, 'polygon'),
  lassoTool: (editor) => takeTool(editor, 'lasso'),
  toggleLocalOnly: ({ actions }) => actions.toggleLocalOnly(),
  smallerBrush: (editor) => resizeBrush(editor, -1),
  largerBrush: (editor) => resizeBrush(editor, 1),
  fillHoles: ({ masks }) => masks.operate({ kind: 'fillHoles' }),
  removeSpecks: ({ masks }) => masks.operate({ kind: 'removeSpecks' }),
  growMask: ({ masks }) => masks.operate({ kind: 'grow', pixels: GROW_BY }),
  shrinkMask: ({ masks }) => masks.operate({ kind: 'shrink', pixels: GROW_BY }),
  copyToNextFrame: ({ masks }) => masks.copyToNextFrame(),
  interpolate: ({ masks }) => masks.interpolate(),
  keepToFrame: ({ masks }) => masks.toggleLocal(),
  nextCandidate: ({ masks }) => masks.nextCandidate(),
  markAbsent: ({ masks }) => masks.toggleMark('absent'),
  markOccluded: ({ masks }) => masks.toggleMark('occluded'),
  markTruncated: ({ masks }) => masks.toggleMark('truncated'),
  markOutOfView: ({ masks }) => masks.toggleMark('out-of-view'),
  deleteMasks: ({ masks }) => masks.deleteMasks(),
  verifyRange: ({ masks }) => masks.verifyRange(),
  repropagateRange: ({ actions }) => actions.repropagate(),
  repropagateRangeAtBest: ({ actions }) => actions.repropagate('best'),
  nextKeyframe: (editor) => goToKeyframe(editor, 1),
  previousKeyframe: (editor) => goToKeyframe(editor, -1),
  nextSuspicious: (editor) => goToSuspicious(editor, 1),
  previousSuspicious: (editor) => goToSuspicious(editor, -1),
  toggleOutline: (editor) => changeOverlay(editor, ({ outlineOnly }) => ({ outlineOnly: !outlineOnly })),
  toggleSolo: (editor) => changeOverlay(editor, ({ solo }) => ({ solo: !solo })),
  toggleNames: (editor) => changeOverlay(editor, ({ names }) => ({ names: !names })),
  strongerOverlay: (editor) => changeOpacity(editor, OPACITY_STEP),
  weakerOverlay: (editor) => changeOpacity(editor, -OPACITY_STEP),
  propagate: ({ actions }) => actions.propagate('forward'),
  propagateBackward: ({ actions }) => actions.propagate('backward'),
  propagateBoth: ({ actions }) => actions.propagate('both'),
  rangeStart: ({ actions }) => actions.setRange('start'),
  rangeEnd: ({ actions }) => actions.setRange('end'),
  rangeClear: ({ actions }) => actions.clearRange(),
  nextFrame: ({ actions, store }) => actions.step(1, store.keyTime.askedAt()),
  previousFrame: ({ actions, store }) => actions.step(-1, store.keyTime.askedAt()),
  forwardTenFrames: ({ actions, store }) => actions.step(10, store.keyTime.askedAt()),
  backTenFrames: ({ actions, store }) => actions.step(-10, store.keyTime.askedAt()),
  firstFrame: ({ actions, store }) => actions.goToEnd('first', store.keyTime.askedAt()),
  lastFrame: ({ actions, store }) => actions.goToEnd('last', store.keyTime.askedAt()),
  verifyFrame: ({ actions }) => actions.toggleVerified(),
  markGold: ({ actions }) => actions.toggleGold(),
  keyPointer: (editor) => editor.beginKeyPointer(),
  clearPrompts: ({ actions }) => actions.clearPrompts(),
  proposeObjects: ({ proposals }) => proposals.propose(),
  addObject: ({ actions }) => actions.addObject(),
  renameObject: (editor) => onSelected(editor, (object) => editor.actions.startRenaming(object)),
  toggleHidden: (editor) => onSelected(editor, (object) => editor.actions.toggleHidden(object)),
  toggleLocked: (editor) => onSelected(editor, (object) => editor.actions.toggleLocked(object)),
  moveObjectUp: ({ objects }) => objects.moveBy(-1),
  moveObjectDown: ({ objects }) => objects.moveBy(1),
  duplicateObject: ({ objects }) => objects.duplicate(),
  splitObject: ({ objects }) => objects.split(),
  fit: (editor) => editor.fit(),
  zoomIn: (editor) => editor.zoomBy(ZOOM_STEP),
  zoomOut: (editor) => editor.zoomBy(1 / ZOOM_STEP),
  rotateView: (editor) =>
    changePicture(editor, ({ rotation }) => ({
      rotation: ((rotation + 90) % 360) as PictureStyle['rotation'],
    })),
  brighter: (editor) => changePicture(editor, ({ brightness }) => ({ brightness: brightness * LIGHT_STEP })),
  darker: (editor) => changePicture(editor, ({ brightness }) => ({ brightness: brightness / LIGHT_STEP })),
  moreContrast: (editor) => changePicture(editor, ({ contrast }) => ({ contrast: contrast * LIGHT_STEP })),
  lessContrast: (editor) => changePicture(editor, ({ contrast }) => ({ contrast: contrast / LIGHT_STEP })),
  resetPicture: (editor) => changePicture(editor, () => USUAL_PICTURE),
  compareFrame: (editor) => compareFrame(editor),
  help: ({ store }) => {
    store.helpOpen.value = true;
  },
  playPause: ({ playback }) => playback.playPause(),
  playForward: ({ playback }) => playback.play(1),
  playBackward: ({ playback }) => playback.play(-1),
  pausePlayback: ({ playback }) => playback.pause(),
  toggleLoop: ({ store }) => {
    store.loop.value = !store.loop.value;
  },
  editAsPolygon: (editor) => editMaskAsPolygon(editor),
  simplifyPolygon: (editor) => simplifyPolygon(editor),
  propagateToKeyframe: ({ actions }) => actions.propagateToKeyframe(),
  propagateStale: ({ actions }) => actions.propagateStale(),
  verifyAndNext: (editor) => verifyAndNext(editor),
  nextConflict: ({ conflicts }) => conflicts.step(1),
  previousConflict: ({ conflicts }) => conflicts.step(-1),
  keepMine: ({ conflicts }) => conflicts.resolve('ours'),
  takeTheirs: ({ conflicts }) => conflicts.resolve('theirs'),
  keepAllMine: ({ conflicts }) => conflicts.resolveAll('ours'),
  takeAllTheirs: ({ conflicts }) => conflicts.resolveAll('theirs'),
};

const ZOOM_STEP = 1.25;
const LIGHT_STEP = 1.2;
/** Where no key is held, as from the palette, the frame before is seen for this long. */
const COMPARE_MS = 700;

function onSelected({ store }: EditorParts, run: (object: ObjectId) => void): void {
  const object = store.selected.value;
  if (object) run(object.id);
}

export function changePicture(
  { store }: EditorParts,
  change: (picture: PictureStyle) => Partial<PictureStyle>,
): void {
  const { view } = store;
  view.value = withPicture(view.value, change(view.value.picture ?? USUAL_PICTURE));
}

/** Key by key: the key that is held repeats, and letting go of any key ends it. */
function compareFrame({ store }: EditorParts): void {
  if (store.keyTime.isLateRepetition()) return;
  store.comparing.value = true;
  clearTimeout(store.comparingTimer);
  if (store.keyTime.isHeld) return;
  store.comparingTimer = window.setTimeout(() => {
    store.comparing.value = false;
  }, COMPARE_MS);
}

export function resizeBrush({ store }: EditorParts, steps: number): void {
  store.brushRadius.value = resizedBrush(store.brushRadius.value, steps);
}

export function changeOverlay(
  { store }: EditorParts,
  change: (overlay: OverlayStyle) => Partial<OverlayStyle>,
): void {
  const { view } = store;
  view.value = withOverlay(view.value, change(view.value.overlay ?? USUAL_OVERLAY));
}

/** The fill shows again where there were only outlines. */
function changeOpacity(editor: EditorParts, by: number): void {
  changeOverlay(editor, ({ opacity }) => ({
    opacity: Math.min(MAX_OPACITY, Math.max(0, opacity + by)),
    outlineOnly: false,
  }));
}

/** Gives up the polygon or outline that is open, and lays the tool down. */
export function leavePolygon({ store }: EditorParts): void {
  store.polygon.value = undefined;
  store.tool.value = store.toolBefore ?? 'select';
  store.toolBefore = undefined;
}

export function takeTool({ store }: EditorParts, tool: Tool): void {
  if (tool !== 'polygon') store.polygon.value = undefined;
  store.toolBefore = undefined;
  store.preview.value = undefined;
  store.cross.value = undefined;
  store.tool.value = tool;
}

/** Of any object: selects the one that is suspicious there. */
function goToSuspicious({ store, actions }: EditorParts, by: 1 | -1): void {
  const found = store.document.value?.suspicions ?? [];
  const { frame } = store.view.value;
  const next =
    by === 1
      ? found.find((suspicion) => suspicion.frame > frame)
      : found.findLast((suspicion) => suspicion.frame < frame);
  if (!next) {
    actions.say(`No suspicious frame ${by === 1 ? 'after' : 'before'} this one.`);
    return;
  }
  actions.select(next.object);
  actions.goTo(next.frame, performance.now());
}

/** A mask that is verified already stays so. */
async function verifyAndNext(editor: EditorParts): Promise<void> {
  if (await editor.actions.verify()) goToSuspicious(editor, 1);
}

function goToKeyframe({ store, actions }: EditorParts, by: 1 | -1): void {
  const object = store.selected.value;
  const document = store.document.value;
  if (!object || !document) return;
  const status = statusOf(document, object.id);
  const frame = status && nextFrameOf(keyframesOf(status), store.view.value.frame, by);
  if (frame === undefined)
    actions.say(`${store.nameOf(object)} has no keyframe ${by === 1 ? 'after' : 'before'} this one.`);
  else actions.goTo(frame, performance.now());
}
