import type { SkippedParts } from '../../shared/protocol/dataset';

/** One line: how many, what and why, and where one of them is. */
export function skippedText({ reason, count, example }: SkippedParts): string {
  return `${count} skipped: ${reason} (for example ${example})`;
}

export function skippedCount(skipped: readonly SkippedParts[]): number {
  return skipped.reduce((sum, { count }) => sum + count, 0);
}
