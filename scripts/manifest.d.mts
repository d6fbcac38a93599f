import type { CommandRow, WHEN } from '../shared/actions';

/** See manifest.mjs. */
export function withActions(
  manifest: unknown,
  tables: {
    readonly EDITOR_ACTIONS: Readonly<Record<string, CommandRow>>;
    readonly HOST_COMMANDS: Readonly<Record<string, CommandRow>>;
    readonly WHEN: typeof WHEN;
  },
): unknown;
