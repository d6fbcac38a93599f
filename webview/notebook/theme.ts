import { useEffect, useState } from 'preact/hooks';

/** VS Code's colours for charts, in the order in which they differ most; then some that themes do not name. */
const COLORS = ['blue', 'orange', 'green', 'red', 'purple', 'yellow'].map(
  (name) => `--vscode-charts-${name}`,
);
const FALLBACKS = ['#3794ff', '#d18616', '#89d185', '#f14c4c', '#b180d7', '#cca700'];
const MORE = ['#29b8b8', '#e377c2', '#a0785a', '#8f9bb3'];

/** The theme's colours for series, read again when the theme changes. */
export function useChartColors(): readonly string[] {
  const [colors, setColors] = useState(readColors);
  useEffect(() => {
    const observer = new MutationObserver(() => setColors(readColors()));
    observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
    return () => observer.disconnect();
  }, []);
  return colors;
}

function readColors(): string[] {
  const style = getComputedStyle(document.body);
  return [...COLORS.map((name, n) => style.getPropertyValue(name).trim() || FALLBACKS[n]), ...MORE];
}
