import { setPriority } from 'node:os';

/**
 * Lets other processes go first. To be called before anything that starts a thread: on Linux each thread has a priority
 * of its own, which it takes from the one that makes it.
 * @param priority one of `os.constants.priority`
 */
export function lowerPriority(priority: number): void {
  try {
    setPriority(priority);
  } catch {
    // Where that is forbidden, this process competes as any does.
  }
}
