/**
 * Imported for its effect, before anything that starts a thread: on Linux each thread has a priority of its own, which it
 * takes from the one that makes it.
 */
import { constants, setPriority } from 'node:os';
import type { KernelSettings } from '../../shared/protocol/settings';

const settings = JSON.parse(process.env.MASKLET_KERNEL_SETTINGS ?? '{}') as Partial<KernelSettings>;
if (settings.givesWay) {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Where that is forbidden, the kernel competes as any process does.
  }
}
