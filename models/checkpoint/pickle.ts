import { limits, shownName } from '../../shared/limits';

/** A name that a pickle refers to, such as `collections.OrderedDict`. */
export class Global {
  constructor(readonly name: string) {}
}

/** What an allowed constructor made: told apart by its class. */
export class Made {
  /** @param what names it in messages. */
  constructor(readonly what: string) {}
}

export type Pickled =
  null | boolean | number | bigint | string | Uint8Array | Pickled[] | Map<Pickled, Pickled> | Global | Made;

/** What a pickle may refer to and what comes of it. Nothing else exists for it. */
export interface PickleWorld {
  /** The globals that may be called, by their full name: arguments in, value out. */
  readonly callables: ReadonlyMap<string, (args: readonly Pickled[]) => Pickled>;
  /** Globals that may be named but not called. */
  isName(name: string): boolean;
  /** Resolves a persistent id, as PyTorch uses for storages. */
  persistent(id: Pickled): Pickled;
}

/** A pickle that cannot be read, and whether it is broken or asks for what is not allowed. */
export class PickleError extends Error {
  override readonly name = 'PickleError';

  constructor(
    readonly problem: 'corrupted' | 'unsupported',
    message: string,
  ) {
    super(message);
  }
}

const mark = Symbol('mark');

/**
 * Reads a pickle as data: containers, numbers, strings and what `world` allows. Python's pickle is a small program
 * (docs: pickletools); here only the opcodes that build data exist, and a global is a name until `world` gives it a
 * meaning, so no code of the file's choosing can run. Each step and each element that a step handles is counted, for a few
 * bytes can ask for a dict, or for a copy of what was made before: work and memory stay within `limits.checkpoint`.
 * @throws PickleError naming the opcode or global that is refused.
 */
export function unpickle(data: Uint8Array, world: PickleWorld): Pickled {
  return new Unpickler(data, world).run();
}

class Unpickler {
  private readonly view: DataView;
  private readonly stack: (Pickled | typeof mark)[] = [];
  private readonly memo = new Map<number, Pickled>();
  private at = 0;
  private left = limits.checkpoint.pickleSteps;

  constructor(
    private readonly data: Uint8Array,
    private readonly world: PickleWorld,
  ) {
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  run(): Pickled {
    for (;;) {
      const code = this.u8();
      this.spend(1);
      if (code === 0x2e) return this.pop(); // STOP
      const step = steps.get(code);
      if (!step) {
        throw new PickleError('unsupported', `the opcode 0x${code.toString(16)} at byte ${this.at - 1}`);
      }
      step(this);
    }
  }

  /** To be called before something of this many elements is made or copied. */
  spend(elements: number): void {
    this.left -= elements;
    if (this.left < 0) throw new PickleError('unsupported', 'it builds far more than the tensors of a model');
  }

  take(bytes: number): Uint8Array {
    if (!(bytes >= 0 && this.at + bytes <= this.data.length)) {
      throw new PickleError('corrupted', 'its pickle ends too early');
    }
    this.at += bytes;
    return this.data.subarray(this.at - bytes, this.at);
  }

  u8(): number {
    return this.take(1)[0];
  }

  u16(): number {
    this.take(2);
    return this.view.getUint16(this.at - 2, true);
  }

  u32(): number {
    this.take(4);
    return this.view.getUint32(this.at - 4, true);
  }

  i32(): number {
    return this.u32() | 0;
  }

  u64(): number {
    this.take(8);
    const value = this.view.getBigUint64(this.at - 8, true);
    if (value > BigInt(this.data.length)) throw new PickleError('corrupted', 'its pickle ends too early');
    return Number(value);
  }

  /** Big-endian, as BINFLOAT has it. */
  f64(): number {
    this.take(8);
    return this.view.getFloat64(this.at - 8, false);
  }

  line(): string {
    const end = this.data.indexOf(0x0a, this.at);
    if (end < 0) throw new PickleError('corrupted', 'its pickle ends too early');
    const text = decode(this.take(end - this.at));
    this.at++;
    return text;
  }

  /** A little-endian two's complement integer. */
  long(bytes: number): number | bigint {
    const raw = this.take(bytes);
    let value = 0n;
    for (let i = raw.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(raw[i]);
    if (raw.length > 0 && raw[raw.length - 1] & 0x80) value -= 1n << BigInt(8 * raw.length);
    const small = Number(value);
    return Number.isSafeInteger(small) ? small : value;
  }

  push(value: Pickled | typeof mark): void {
    this.stack.push(value);
  }

  pushDict(): void {
    this.spend(emptyDictCost);
    this.push(new Map());
  }

  pop(): Pickled {
    const value = this.stack.pop();
    if (value === undefined || value === mark) throw new PickleError('corrupted', 'its pickle is malformed');
    return value;
  }

  peek(): Pickled {
    const value = this.pop();
    this.push(value);
    return value;
  }

  /** What was pushed since the last mark. */
  sinceMark(): Pickled[] {
    const from = this.stack.lastIndexOf(mark);
    if (from < 0) throw new PickleError('corrupted', 'its pickle is malformed');
    this.spend(this.stack.length - from);
    const values = this.stack.splice(from) as Pickled[];
    values.shift();
    return values;
  }

  remember(key: number): void {
    this.memo.set(key, this.peek());
  }

  rememberNext(): void {
    this.remember(this.memo.size);
  }

  recall(key: number): void {
    const value = this.memo.get(key);
    if (value === undefined) throw new PickleError('corrupted', 'its pickle is malformed');
    this.push(value);
  }

  global(module: Pickled, name: Pickled): void {
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw new PickleError('corrupted', 'its pickle is malformed');
    }
    const full = `${module}.${name}`;
    if (!this.world.callables.has(full) && !this.world.isName(full)) {
      throw new PickleError('unsupported', `it asks for ${JSON.stringify(shownName(full))}`);
    }
    this.push(new Global(full));
  }

  call(): void {
    const args = this.pop();
    const callee = this.pop();
    const action = callee instanceof Global ? this.world.callables.get(callee.name) : undefined;
    if (!action || !Array.isArray(args)) {
      throw new PickleError(
        'unsupported',
        `it calls ${callee instanceof Global ? JSON.stringify(callee.name) : 'something that is not a function'}`,
      );
    }
    this.spend(emptyDictCost + args.reduce<number>((sum, arg) => sum + sizeOf(arg), 0));
    this.push(action(args));
  }

  /** State given to an object that has been made: a dict's attributes, which no state dict needs. */
  build(): void {
    this.pop();
    const target = this.peek();
    if (!(target instanceof Map) && !(target instanceof Made)) {
      throw new PickleError('unsupported', 'it sets the state of an object that is no dict');
    }
  }

  setItems(pairs: readonly Pickled[]): void {
    const target = this.peek();
    if (!(target instanceof Map) || pairs.length % 2 !== 0) {
      throw new PickleError('corrupted', 'its pickle is malformed');
    }
    for (let i = 0; i < pairs.length; i += 2) target.set(pairs[i], pairs[i + 1]);
  }

  append(values: readonly Pickled[]): void {
    const target = this.peek();
    if (!Array.isArray(target)) throw new PickleError('corrupted', 'its pickle is malformed');
    for (const value of values) target.push(value);
  }

  tuple(length: number): void {
    const values = Array.from({ length }, () => this.pop());
    this.push(values.reverse());
  }

  persistent(): void {
    this.push(this.world.persistent(this.pop()));
  }
}

/** Elements that take as much memory as a dict without any. */
const emptyDictCost = 8;

const sizeOf = (value: Pickled): number => (Array.isArray(value) ? value.length : 1);

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The opcodes that build data, by their codes (Python's pickletools). */
const steps: ReadonlyMap<number, (p: Unpickler) => void> = new Map([
  [0x80, (p) => void p.u8()], // PROTO
  [0x95, (p) => void p.take(8)], // FRAME
  [0x28, (p) => p.push(mark)], // MARK
  [0x4e, (p) => p.push(null)], // NONE
  [0x88, (p) => p.push(true)], // NEWTRUE
  [0x89, (p) => p.push(false)], // NEWFALSE
  [0x4b, (p) => p.push(p.u8())], // BININT1
  [0x4d, (p) => p.push(p.u16())], // BININT2
  [0x4a, (p) => p.push(p.i32())], // BININT
  [0x8a, (p) => p.push(p.long(p.u8()))], // LONG1
  [0x47, (p) => p.push(p.f64())], // BINFLOAT
  [0x58, (p) => p.push(decode(p.take(p.u32())))], // BINUNICODE
  [0x8c, (p) => p.push(decode(p.take(p.u8())))], // SHORT_BINUNICODE
  [0x8d, (p) => p.push(decode(p.take(p.u64())))], // BINUNICODE8
  [0x54, (p) => p.push(decode(p.take(p.u32())))], // BINSTRING
  [0x55, (p) => p.push(decode(p.take(p.u8())))], // SHORT_BINSTRING
  [0x42, (p) => p.push(p.take(p.u32()))], // BINBYTES
  [0x43, (p) => p.push(p.take(p.u8()))], // SHORT_BINBYTES
  [0x7d, (p) => p.pushDict()], // EMPTY_DICT
  [0x5d, (p) => p.push([])], // EMPTY_LIST
  [0x29, (p) => p.push([])], // EMPTY_TUPLE
  [0x85, (p) => p.tuple(1)], // TUPLE1
  [0x86, (p) => p.tuple(2)], // TUPLE2
  [0x87, (p) => p.tuple(3)], // TUPLE3
  [0x74, (p) => p.push(p.sinceMark())], // TUPLE
  [0x73, (p) => p.setItems([p.pop(), p.pop()].reverse())], // SETITEM
  [0x75, (p) => p.setItems(p.sinceMark())], // SETITEMS
  [0x61, (p) => p.append([p.pop()])], // APPEND
  [0x65, (p) => p.append(p.sinceMark())], // APPENDS
  [0x71, (p) => p.remember(p.u8())], // BINPUT
  [0x72, (p) => p.remember(p.u32())], // LONG_BINPUT
  [0x94, (p) => p.rememberNext()], // MEMOIZE
  [0x68, (p) => p.recall(p.u8())], // BINGET
  [0x6a, (p) => p.recall(p.u32())], // LONG_BINGET
  [0x63, (p) => p.global(p.line(), p.line())], // GLOBAL
  [0x93, (p) => p.global(...([p.pop(), p.pop()].reverse() as [Pickled, Pickled]))], // STACK_GLOBAL
  [0x52, (p) => p.call()], // REDUCE
  [0x81, (p) => p.call()], // NEWOBJ
  [0x62, (p) => p.build()], // BUILD
  [0x51, (p) => p.persistent()], // BINPERSID
] satisfies [number, (p: Unpickler) => void][]);
