import type { RleMask } from '../../shared/domain/annotations';
import { rleFromCounts } from '../masks/rle';
import { malformed } from './collect';

/** Takes values out of a JSON document, with errors that name the place. */
export class JsonValues {
  constructor(private readonly file: string) {}

  record(value: unknown, where: string): Record<string, unknown> {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
    throw this.wrong(where, 'is no object');
  }

  list(value: unknown, where: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    throw this.wrong(where, 'is no list');
  }

  text(value: unknown, where: string): string {
    if (typeof value === 'string') return value;
    throw this.wrong(where, 'is no text');
  }

  /** A whole number from 0. */
  count(value: unknown, where: string): number {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw this.wrong(where, 'is no whole number from 0');
  }

  numbers(value: unknown, where: string): readonly number[] {
    const list = this.list(value, where);
    if (list.every((entry) => typeof entry === 'number' && Number.isFinite(entry)))
      return list as readonly number[];
    throw this.wrong(where, 'is no list of numbers');
  }

  /** COCO's run lengths, compressed or as a list. */
  rle(value: unknown, where: string, expected: { width: number; height: number }): RleMask {
    const { size, counts } = this.record(value, where);
    const [height, width] = this.numbers(size, `${where}.size`);
    // Before anything of that size is made.
    if (height !== expected.height || width !== expected.width) {
      throw this.wrong(where, `is ${width}x${height}, but the video is ${expected.width}x${expected.height}`);
    }
    if (typeof counts === 'string') return { size: [height, width], counts };
    try {
      return rleFromCounts(this.numbers(counts, `${where}.counts`), width, height);
    } catch {
      throw this.wrong(where, 'has run lengths that do not fit its size');
    }
  }

  wrong(where: string, what: string): Error {
    return malformed(this.file, `${where} ${what}`);
  }
}
