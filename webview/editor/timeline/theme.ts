import { signal } from '@preact/signals';

/** Grows when VS Code's colours change: it writes them as variables on the root element and a class on the body. */
export const themeRevision = signal(0);

/** A colour of the theme as a canvas wants it; the first variable that is set. */
export function themeColor(names: readonly string[], fallback: string): string {
  const style = getComputedStyle(document.body);
  for (const name of names) {
    const value = style.getPropertyValue(name).trim();
    if (value !== '') return value;
  }
  return fallback;
}

export function watchTheme(): void {
  const observer = new MutationObserver(() => themeRevision.value++);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
  observer.observe(document.body, { attributes: true, attributeFilter: ['style', 'class'] });
}

export interface TimelineColors {
  readonly text: string;
  readonly line: string;
  readonly background: string;
  readonly track: string;
  readonly playhead: string;
  readonly range: string;
  readonly verified: string;
  readonly absent: string;
  readonly suspicious: string;
  readonly conflict: string;
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
