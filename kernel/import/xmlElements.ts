import sax from 'sax';
import type { Collector } from './api';
import { readInput } from './files';
import { malformed } from './malformed';
import { likelyEncodings, readUtf8 } from './text';

/** The run lengths of a mask are one attribute: this holds those of the largest pictures. */
const MAX_ATTRIBUTE = 32 * 2 ** 20;
/** Deeper than any annotation file. */
const MAX_DEPTH = 32;
/** Characters handed to the parser at one time: so few elements are in them that a cancelled import ends soon. */
const CHUNK = 16 << 10;

export interface XmlHandlers {
  /** @param where file and element, for errors: in a file of one line, the line says nothing. */
  open(name: string, attributes: Readonly<Record<string, string>>, where: string): void;
  /** Text between elements, perhaps in several pieces. */
  text(text: string): void;
  close(name: string): void;
}

/**
 * Reads an XML file element by element. Document types, and with them entities of a file's own, are refused: annotations
 * have no use for them.
 * @throws MaskletError `import/malformed`, `input/invalid`, and what the handlers throw.
 */
export async function readXml(
  file: string,
  handlers: XmlHandlers,
  collector: Collector,
  signal: AbortSignal,
): Promise<void> {
  sax.MAX_BUFFER_LENGTH = MAX_ATTRIBUTE;
  const text = readDeclared(await readInput(file, collector), file);
  const parser = sax.parser(true, { strictEntities: true });
  const place = new XmlPlace();
  const where = (): string => `${file}:${parser.line + 1}${place.text}`;
  parser.ondoctype = () => {
    throw malformed(where(), 'it declares a document type, in which entities may hide');
  };
  parser.onerror = (error) => {
    throw malformed(where(), `it is not valid XML (${error.message.split('\n')[0]})`);
  };
  parser.onopentag = ({ name, attributes }) => {
    if (place.open(name) > MAX_DEPTH) throw malformed(where(), 'its elements are nested too deep');
    handlers.open(name, attributes, where());
  };
  parser.ontext = (part) => handlers.text(part);
  parser.onclosetag = (name) => {
    place.close();
    handlers.close(name);
  };
  for (let at = 0; at < text.length; at += CHUNK) {
    await collector.work.turn();
    signal.throwIfAborted();
    parser.write(text.slice(at, at + CHUNK));
  }
  parser.close();
}

/** UTF-8; another encoding in the declaration is refused where it would make a difference. */
function readDeclared(bytes: Buffer, file: string): string {
  const head = bytes.toString('latin1', 0, 200);
  const declared = /^(?:\xef\xbb\xbf)?<\?xml[^>]*\bencoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1];
  const ascii = (): boolean => bytes.every((byte) => byte < 0x80);
  if (declared !== undefined && !/^(?:utf-?8|us-ascii|ascii)$/i.test(declared) && !ascii()) {
    throw malformed(
      file,
      `it says that it is ${declared}${/^utf-?(?:16|32)/i.test(declared) ? '' : ` (its bytes: ${likelyEncodings(bytes)})`}`,
      `Save it as UTF-8, for example with "iconv -f ${declared} -t UTF-8", with encoding="utf-8" in its first line.`,
    );
  }
  return readUtf8(bytes, file);
}

/** Where in a document the parser is: `, track[3].polygon[0]`, counted among the elements of the same name. */
class XmlPlace {
  private readonly path: { name: string; index: number; children: Map<string, number> }[] = [];

  /** @returns the depth. */
  open(name: string): number {
    const siblings = this.path.at(-1)?.children;
    const index = siblings?.get(name) ?? 0;
    siblings?.set(name, index + 1);
    return this.path.push({ name, index, children: new Map() });
  }

  close(): void {
    this.path.pop();
  }

  get text(): string {
    const inside = this.path.slice(1).map(({ name, index }) => `${name}[${index}]`);
    return inside.length === 0 ? '' : `, ${inside.join('.')}`;
  }
}
