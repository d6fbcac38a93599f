import type { Choices } from './random';

/** What readers stumble over: limits of number types, names that JavaScript knows, text that steers terminals and git. */
const hostileValues = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1,
  0.5,
  255,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 63),
  1e308,
  5e-324,
  '',
  '0',
  'constructor',
  '__proto__',
  'toString',
  '../../etc/passwd',
  '/dev/zero',
  'C:\\x',
  '\u0000',
  '\u001b[2J',
  '\ud800',
  '\u202e',
  '<img src=x onerror=alert(1)>',
  '%2e%2e%2f',
  'x'.repeat(3000),
  [],
  {},
  [[]],
  [null],
  { length: 1e9 },
  [1e9, 1e9],
  Array.from({ length: 300 }, (_, i) => i),
] as const;

const hostileText = [
  '<<<<<<< ours\n',
  '=======\n',
  '>>>>>>> theirs\n',
  '\r\r\n',
  '\n\n',
  '\uFEFF',
  '\u0000',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  "'",
  '`',
  ';',
  '--',
  '/*',
  '*/',
  '%',
  '&',
  '<![CDATA[',
  '<!DOCTYPE a [<!ENTITY b "c">]>',
  '&#x10ffff;',
  '1e999',
  '-1',
  '99999999999999999999',
  '\ud800',
  '\u2028',
] as const;

/** A JSON value with one to four places in it changed: replaced, left out, doubled, wrapped or swapped. */
export function mutatedJson(value: unknown, c: Choices): unknown {
  let changed: unknown = structuredClone(value);
  for (let n = 1 + c.below(4); n > 0; n--) changed = changeSomewhere(changed, c);
  return changed;
}

function changeSomewhere(value: unknown, c: Choices): unknown {
  if (Array.isArray(value) && value.length > 0 && c.chance(0.85)) {
    const list = [...(value as unknown[])];
    const at = c.below(list.length);
    const how = c.next();
    if (how < 0.7) list[at] = changeSomewhere(list[at], c);
    else if (how < 0.8) list.splice(at, 1);
    else if (how < 0.9) list.splice(at, 0, list[c.below(list.length)]);
    else list.splice(at, 0, ...Array.from({ length: 50 }, () => list[at]));
    return list;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && c.chance(0.9)) {
    const entries = Object.entries(value);
    if (entries.length === 0) return { [c.of(['a', '__proto__', 'length'])]: hostile(c) };
    const at = c.below(entries.length);
    const how = c.next();
    if (how < 0.75) entries[at] = [entries[at][0], changeSomewhere(entries[at][1], c)];
    else if (how < 0.85) entries.splice(at, 1);
    else if (how < 0.95) entries.push([c.of(['__proto__', 'constructor', '', 'toJSON', 'x']), hostile(c)]);
    else entries[at] = [entries[at][0], entries[c.below(entries.length)][1]];
    return Object.fromEntries(entries);
  }
  if (typeof value === 'number' && c.chance(0.5)) return value + c.of([-1, 1, 0.5, 1e6, -1e6]);
  if (typeof value === 'string' && c.chance(0.6)) return mutatedText(value, c);
  return c.chance(0.15) ? [value] : hostile(c);
}

export function hostile(c: Choices): unknown {
  return c.of(hostileValues);
}

/** A text with one to four places in it changed. */
export function mutatedText(text: string, c: Choices): string {
  let changed = text;
  for (let n = 1 + c.below(4); n > 0; n--) {
    const at = c.below(changed.length + 1);
    const end = Math.min(changed.length, at + c.below(c.chance(0.2) ? 200 : 8));
    const [head, middle, tail] = [changed.slice(0, at), changed.slice(at, end), changed.slice(end)];
    switch (c.below(6)) {
      case 0:
        changed = head + tail;
        break;
      case 1:
        changed = head + c.of(hostileText) + middle + tail;
        break;
      case 2:
        changed = head + middle.repeat(1 + c.below(20)) + tail;
        break;
      case 3:
        changed = head + String.fromCharCode(c.below(c.chance(0.8) ? 128 : 65_536)) + tail;
        break;
      case 4:
        changed = head + [...middle].reverse().join('') + tail;
        break;
      default:
        changed = c.chance(0.3) ? head : head + String(hostile(c)) + middle + tail;
    }
  }
  return changed;
}

/** A text with one to three of the numbers in it replaced, so that what is around them still holds. */
export function mutatedNumbers(text: string, c: Choices): string {
  let changed = text;
  for (let n = 1 + c.below(3); n > 0; n--) {
    const found = [...changed.matchAll(/\d+/g)];
    if (found.length === 0) break;
    const { 0: digits, index } = c.of(found);
    const number = c.of([
      '',
      '0',
      '1',
      '2',
      '7',
      '-1',
      '0.5',
      '99',
      '192',
      '65536',
      '4294967296',
      '1e9',
      'NaN',
      digits + digits,
    ]);
    changed = changed.slice(0, index) + number + changed.slice(index + digits.length);
  }
  return changed;
}

/** Bytes with one to eight places changed: bits, whole numbers, lengths; cut off, or with a part doubled. */
export function mutatedBytes(bytes: Uint8Array, c: Choices): Buffer {
  let changed = Buffer.from(bytes);
  for (let n = 1 + c.below(8); n > 0 && changed.length > 0; n--) {
    const at = c.below(changed.length);
    switch (c.below(7)) {
      case 0:
        changed[at] ^= 1 << c.below(8);
        break;
      case 1:
        changed[at] = c.of([0, 1, 0x7f, 0x80, 0xff, 0x2e, 0x28]);
        break;
      case 2:
        if (at + 4 <= changed.length) changed.writeUInt32LE(c.of(numbers), at);
        break;
      case 3:
        if (at + 4 <= changed.length) changed.writeUInt32BE(c.of(numbers), at);
        break;
      case 4:
        if (at + 8 <= changed.length)
          changed.writeBigUInt64LE(c.of([0n, 2n ** 63n, 2n ** 40n, 2n ** 64n - 1n]), at);
        break;
      case 5: {
        const end = Math.min(changed.length, at + c.below(64));
        changed = Buffer.concat([changed.subarray(0, end), changed.subarray(at, end), changed.subarray(end)]);
        break;
      }
      default:
        if (c.chance(0.3)) changed = changed.subarray(0, at);
        else
          changed = Buffer.concat([
            changed.subarray(0, at),
            changed.subarray(Math.min(changed.length, at + c.below(16))),
          ]);
    }
  }
  return changed;
}

const numbers = [0, 1, 2, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff] as const;
