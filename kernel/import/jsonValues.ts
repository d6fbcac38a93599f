import { malformed } from './malformed';

/** What pycocotools takes as an id: anything that can be compared. */
export type Id = number | string;

/** Takes values out of a JSON document, with errors that name the place. */
export class JsonValues {
  constructor(private readonly file: string) {}

  record(value: unknown, where: string): Record<string, unknown> {
    if (isRecord(value)) return value;
    throw this.wrong(where, 'is not an object');
  }

  list(value: unknown, where: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    throw this.wrong(where, 'is not a list');
  }

  text(value: unknown, where: string): string {
    if (typeof value === 'string') return value;
    throw this.wrong(where, 'is not text');
  }

  /** A whole number from 0. */
  count(value: unknown, where: string): number {
    if (isCount(value)) return value;
    throw this.wrong(where, 'is not a whole number from 0');
  }

  id(value: unknown, where: string): Id {
    if (isId(value)) return value;
    throw this.wrong(where, 'is neither a whole number nor text');
  }

  numbers(value: unknown, where: string): readonly number[] {
    const list = this.list(value, where);
    if (list.every((entry) => typeof entry === 'number' && Number.isFinite(entry)))
      return list as readonly number[];
    throw this.wrong(where, 'is not a list of numbers');
  }

  wrong(where: string, what: string): Error {
    return malformed(this.file, `${where} ${what}`);
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

export function isId(value: unknown): value is Id {
  return typeof value === 'string' || (typeof value === 'number' && Number.isSafeInteger(value));
}
