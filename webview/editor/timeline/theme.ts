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
