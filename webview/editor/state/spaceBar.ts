import { signal } from '@preact/signals';

/** True while the space bar is down: dragging moves the picture. */
export const spaceHeld = signal(false);
