/** The parts of the editor that have a menu of their own in the manifest (`webview/context`). */
export type MenuSection = 'canvas' | 'object' | 'timeline';

/** For the attribute `data-vscode-context`: VS Code shows the section's menu on a right click, and only that. */
export function contextOf(webviewSection: MenuSection): string {
  return JSON.stringify({ webviewSection, preventDefaultContextMenuItems: true });
}
