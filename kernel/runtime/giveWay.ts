/** Imported for its effect, before anything that starts a thread; see `lowerPriority`. */
import { constants } from 'node:os';
import type { KernelSettings } from '../../shared/protocol/settings';
import { lowerPriority } from './priority';

const settings = JSON.parse(process.env.MASKLET_KERNEL_SETTINGS ?? '{}') as Partial<KernelSettings>;
if (settings.givesWay) lowerPriority(constants.priority.PRIORITY_BELOW_NORMAL);
