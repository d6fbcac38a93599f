import { signal } from '@preact/signals';

/** True while the space bar is down: dragging moves the picture. */
export const spaceHeld = signal(false);

/** True once the picture was moved under the held bar: letting go of it means nothing more. */
export const spacePanned = signal(false);
