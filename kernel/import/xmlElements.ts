import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import sax from 'sax';
import { MaskletError } from '../../shared/protocol/errors';
import type { Collector } from './api';
import { malformed } from './collect';

/** The run lengths of a mask are one attribute: this holds those of the largest pictures. */
const MAX_ATTRIBUTE = 32 * 2 ** 20;
/** Deeper than any annotation file. */
const MAX_DEPTH = 32;

/** So few elements are in it that a cancelled import ends soon. */
const CHUNK_BYTES = 16 << 10;

export interface XmlHandlers {
  /** @param where file and line, for errors. */
  open(name: string, attributes: Readonly<Record<string, string>>, where: string): void;
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
  const parser = sax.parser(true, { strictEntities: true });
  const where = (): string => `${file}:${parser.line + 1}`;
  let depth = 0;
  parser.ondoctype = () => {
    throw malformed(where(), 'it declares a document type, in which entities may hide');
  };
  parser.onerror = (error) => {
    throw malformed(where(), `it is no XML (${error.message.split('\n')[0]})`);
  };
  parser.onopentag = ({ name, attributes }) => {
    if (++depth > MAX_DEPTH) throw malformed(where(), 'its elements are nested too deep');
    handlers.open(name, attributes, where());
  };
  parser.onclosetag = (name) => {
    depth--;
    handlers.close(name);
  };
  try {
    if (!(await stat(file)).isFile()) throw malformed(file, 'it is no file');
    for await (const chunk of createReadStream(file, {
      encoding: 'utf8',
      highWaterMark: CHUNK_BYTES,
      signal,
    })) {
      collector.hash(chunk as string);
      parser.write(chunk as string);
    }
    parser.close();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof MaskletError) throw error;
    throw new MaskletError('input/invalid', `${file} cannot be read: ${String(error)}`, {
      file,
      cause: error,
    });
  }
}
