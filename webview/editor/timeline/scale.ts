import type { TimelineScale } from './layout';
import type { TimelineColors } from './paint';
import { themeColor } from './theme';

/** Room at both ends, for the playhead's own width. */
const PADDING = 12;

export function scaleOf(
  document: { readonly video: { readonly frameCount: number } },
  width: number,
): TimelineScale {
  return { frameCount: document.video.frameCount, left: PADDING, width: Math.max(1, width - 2 * PADDING) };
}

export function readColors(): TimelineColors {
  return {
    text: themeColor(['--vscode-descriptionForeground', '--vscode-foreground'], '#888888'),
    line: themeColor(['--vscode-contrastBorder', '--vscode-editorLineNumber-foreground'], '#888888'),
    background: themeColor(['--vscode-editor-background'], '#1f1f1f'),
    track: themeColor(['--masklet-track'], 'rgba(128, 128, 128, 0.2)'),
    playhead: themeColor(['--vscode-foreground'], '#cccccc'),
    range: themeColor(['--vscode-focusBorder'], '#0078d4'),
    verified: themeColor(['--vscode-testing-iconPassed', '--vscode-charts-green'], '#2ea043'),
    absent: themeColor(['--vscode-descriptionForeground', '--vscode-foreground'], '#888888'),
    conflict: themeColor(['--vscode-errorForeground', '--vscode-charts-red'], '#f85149'),
    suspicious: themeColor(['--vscode-editorWarning-foreground', '--vscode-charts-orange'], '#cca700'),
  };
}
