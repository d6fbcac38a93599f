/** Where and why a text is no JSON: the place as a path, for files of one long line. */

export interface JsonFault {
  /** For example `annotations[3].score`; `''` for the document itself. */
  readonly path: string;
  readonly why: string;
  readonly hint?: string;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const WORD = /[A-Za-z_$][\w$]*|-Infinity/y;
const SPACE = /[ \t\r\n]*/y;
const [QUOTE, BACKSLASH, SPACE_CODE] = [0x22, 0x5c, 0x20] as const;
/** What Python's json module writes although it is no JSON. */
const PYTHON_NUMBERS = new Set(['NaN', 'Infinity', '-Infinity']);
const MAX_DEPTH = 200;

/** Finds the first fault; undefined where the text is JSON as far as this reader knows. */
export function findJsonFault(text: string): JsonFault | undefined {
  try {
    const reader = new Reader(text);
    reader.value('');
    reader.end();
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error.fault;
    throw error;
  }
}

class Fault extends Error {
  constructor(readonly fault: JsonFault) {
    super(fault.why);
  }
}

class Reader {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  value(path: string): void {
    this.space();
    const next = this.text[this.at];
    if (next === '{') this.list(path, '}');
    else if (next === '[') this.list(path, ']');
    else if (next === '"') this.string(path);
    else this.scalar(path);
  }

  end(): void {
    this.space();
    if (this.at < this.text.length) throw this.fault('', 'something follows after its end');
  }

  private list(path: string, closing: '}' | ']'): void {
    if (++this.depth > MAX_DEPTH) throw this.fault(path, 'it is nested too deep');
    this.at++;
    this.space();
    if (this.text[this.at] === closing) {
      this.at++;
      this.depth--;
      return;
    }
    for (let n = 0; ; n++) {
      let inside = `${path}[${n}]`;
      if (closing === '}') {
        this.space();
        const name = this.string(path);
        this.space();
        if (this.text[this.at] !== ':') throw this.fault(path, `a colon is missing after "${name}"`);
        this.at++;
        inside = path === '' ? name : `${path}.${name}`;
      }
      this.value(inside);
      this.space();
      const next = this.text[this.at];
      if (next === undefined) throw this.fault(inside, 'the file ends there');
      this.at++;
      if (next === closing) break;
      if (next !== ',') throw this.fault(inside, `"${next}" follows, where a comma or "${closing}" belongs`);
    }
    this.depth--;
  }

  private string(path: string): string {
    const { text } = this;
    if (this.at >= text.length) throw this.fault(path, 'the file ends there');
    if (text[this.at] !== '"') throw this.fault(path, 'a name in quotes is missing');
    const start = ++this.at;
    // Character by character: embedded pictures are too long for a regular expression.
    while (this.at < text.length) {
      const code = text.charCodeAt(this.at);
      if (code === QUOTE) return text.slice(start, this.at++);
      if (code < SPACE_CODE) throw this.fault(path, 'a text in it holds a control character');
      if (code !== BACKSLASH) this.at++;
      else if (this.match(ESCAPE) === undefined) {
        throw this.fault(path, 'a backslash in a text stands for no character');
      }
    }
    throw this.fault(path, 'the file ends there');
  }

  private scalar(path: string): void {
    if (this.at >= this.text.length) throw this.fault(path, 'the file ends there');
    const word = this.match(WORD);
    if (word === undefined) {
      if (this.match(NUMBER) === undefined)
        throw this.fault(path, `"${this.text[this.at]}" is not a valid value`);
      return;
    }
    if (word === 'true' || word === 'false' || word === 'null') return;
    if (PYTHON_NUMBERS.has(word)) {
      throw new Fault({
        path,
        why: `it is ${word}, which JSON does not have`,
        hint: 'Python writes NaN and Infinity into JSON: write null instead (json.dump with allow_nan=False finds them).',
      });
    }
    throw this.fault(path, `"${word.slice(0, 20)}" is not a valid value`);
  }

  private space(): void {
    SPACE.lastIndex = this.at;
    SPACE.exec(this.text);
    this.at = SPACE.lastIndex;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at = pattern.lastIndex;
    return found;
  }

  private fault(path: string, why: string): Fault {
    return new Fault({ path, why });
  }
}
