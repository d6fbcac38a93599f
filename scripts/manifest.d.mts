import type { CommandRow, WHEN } from '../shared/actions';
import type { FormatRow } from '../shared/formats';

/** See manifest.mjs. */
export function withActions(
  manifest: unknown,
  tables: {
    readonly EDITOR_ACTIONS: Readonly<Record<string, CommandRow>>;
    readonly HOST_COMMANDS: Readonly<Record<string, CommandRow>>;
    readonly WHEN: typeof WHEN;
  },
): unknown;

export function withFormats(page: string, FORMATS: Readonly<Record<string, FormatRow>>): string;
