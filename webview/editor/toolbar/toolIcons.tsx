import type { ComponentChildren, VNode } from 'preact';

/*
 * Icons of the tool palette, of one look: lines of 1.2 pixels on 16, what stands of a mask filled, what does not yet exist or is
 * no part of it dashed. VS Code's own icons have none for these.
 */

function Drawing({ children }: { readonly children: ComponentChildren }): VNode {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

const MASK = { fill: 'currentColor', 'fill-opacity': 0.4 } as const;
const DASHED = { 'stroke-dasharray': '1.6 2' } as const;

export const TOOL_ICONS = {
  select: (
    <Drawing>
      <circle cx="8" cy="8" r="4.6" />
      <path d="M8 1v3.2M8 11.8V15M1 8h3.2M11.8 8H15" />
      <circle cx="8" cy="8" r="0.6" fill="currentColor" />
    </Drawing>
  ),
  brush: (
    <Drawing>
      <path d="M6.6 8.2 12.9 1.9a.8.8 0 0 1 1.2 1.2L7.8 9.4Z" />
      <path d="M6.4 8.6c-2.4-.3-3.6 1.4-3.4 3.2.1 1-.5 1.6-1.4 1.9 2.4 1.4 6.6.6 6.2-3.7Z" {...MASK} />
    </Drawing>
  ),
  eraser: (
    <Drawing>
      <path d="M1.8 10.4 9 3.2a1.2 1.2 0 0 1 1.7 0l2.9 2.9a1.2 1.2 0 0 1 0 1.7L8.2 13.2H4.6Z" />
      <path d="m5.6 6.6 4.6 4.6M8.2 13.2h6" />
    </Drawing>
  ),
  polygon: (
    <Drawing>
      <path d="m3 6 6-3.5 4.5 4.5-2.5 6H4.5Z" {...MASK} />
      <g fill="currentColor" stroke="none">
        <path d="M1.7 4.7h2.6v2.6H1.7zM7.7 1.2h2.6v2.6H7.7zM12.2 5.7h2.6v2.6h-2.6zM9.7 11.7h2.6v2.6H9.7zM3.2 11.7h2.6v2.6H3.2z" />
      </g>
    </Drawing>
  ),
  lasso: (
    <Drawing>
      <ellipse cx="8.5" cy="6" rx="6" ry="4" {...DASHED} />
      <path d="M4.5 9.2c-1.9.2-2 2.2-.4 2.5 1.7.3 1.4 2.3-.6 2.8" />
    </Drawing>
  ),
  frameOnly: (
    <Drawing>
      <rect x="5.5" y="2.5" width="5" height="11" rx="1" {...MASK} />
      <path d="M3.5 4h-2v8h2M12.5 4h2v8h-2" {...DASHED} />
    </Drawing>
  ),
  fillHoles: (
    <Drawing>
      <path
        d="M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8Zm0 3a3.2 3.2 0 1 1 0 6.4 3.2 3.2 0 0 1 0-6.4Z"
        fill="currentColor"
        fill-opacity="0.4"
        fill-rule="evenodd"
      />
      <path d="M8 6.6v2.8M6.6 8h2.8" />
    </Drawing>
  ),
  removeSpecks: (
    <Drawing>
      <circle cx="6" cy="9.7" r="4.3" {...MASK} />
      <path d="m11.2 2.2 2.6 2.6m0-2.6-2.6 2.6" />
      <circle cx="13.2" cy="8.4" r="0.9" {...DASHED} />
      <circle cx="7.4" cy="2.4" r="0.9" {...DASHED} />
    </Drawing>
  ),
  growMask: (
    <Drawing>
      <circle cx="8" cy="8" r="2.8" {...MASK} />
      <path d="M8 3.6V1M6.8 2.2 8 1l1.2 1.2M8 12.4V15m-1.2-1.2L8 15l1.2-1.2M3.6 8H1m1.2-1.2L1 8l1.2 1.2M12.4 8H15m-1.2-1.2L15 8l-1.2 1.2" />
    </Drawing>
  ),
  shrinkMask: (
    <Drawing>
      <circle cx="8" cy="8" r="2.8" {...MASK} />
      <path d="M8 1v2.9M6.8 2.7 8 3.9l1.2-1.2M8 15v-2.9m-1.2 1.2L8 12.1l1.2 1.2M1 8h2.9M2.7 6.8 3.9 8 2.7 9.2M15 8h-2.9m1.2-1.2L12.1 8l1.2 1.2" />
    </Drawing>
  ),
  copyToNextFrame: (
    <Drawing>
      <rect x="1" y="3.5" width="5" height="9" rx="1" />
      <circle cx="3.5" cy="8" r="1.3" {...MASK} />
      <path d="M7 8h2.2M8.2 6.9 9.3 8 8.2 9.1" />
      <rect x="10" y="3.5" width="5" height="9" rx="1" {...DASHED} />
      <circle cx="12.5" cy="8" r="1.3" {...DASHED} />
    </Drawing>
  ),
  interpolate: (
    <Drawing>
      <circle cx="3" cy="10.5" r="2" {...MASK} />
      <circle cx="13" cy="5.5" r="2" {...MASK} />
      <circle cx="8" cy="8" r="2" {...DASHED} />
    </Drawing>
  ),
} as const satisfies Readonly<Record<string, VNode>>;
