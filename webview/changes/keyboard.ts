import type { Changes } from './changes';

/** The keys that the editor has for the same. */
export function followKeyboard(changes: Changes): void {
  window.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { frame } = changes.view.value;
    const step = event.shiftKey ? 10 : 1;
    switch (event.key) {
      case 'ArrowLeft':
        changes.goTo(frame - step);
        break;
      case 'ArrowRight':
        changes.goTo(frame + step);
        break;
      case 'Home':
        changes.goTo(0);
        break;
      case 'End':
        changes.goTo(Infinity);
        break;
      case '.':
        changes.goToChange(1);
        break;
      case ',':
        changes.goToChange(-1);
        break;
      case 'Enter':
        // On a button, Enter presses it.
        if ((event.target as Element | null)?.closest('button, vscode-button')) return;
        changes.openEditor();
        break;
      default:
        return;
    }
    event.preventDefault();
  });
}
