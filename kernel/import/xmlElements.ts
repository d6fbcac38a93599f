import { StringDecoder } from 'node:string_decoder';
import sax from 'sax';
import { MaskletError } from '../../shared/protocol/errors';
import { streamRegular } from '../../models/files/regularFile';
import type { Collector } from './api';
import { malformed } from './collect';
import { unreadable } from './files';

/** The run lengths of a mask are one attribute: this holds those of the largest pictures. */
const MAX_ATTRIBUTE = 32 * 2 ** 20;
/** Elements are read one after the other, so that more than fits in memory may be read. */
const MAX_XML_BYTES = 2 ** 33;
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
    const decoder = new StringDecoder('utf8');
    for await (const chunk of streamRegular(file, {
      chunkBytes: CHUNK_BYTES,
      maxBytes: MAX_XML_BYTES,
      signal,
    })) {
      collector.hash(chunk);
      parser.write(decoder.write(chunk));
    }
    parser.write(decoder.end());
    parser.close();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof MaskletError) throw error;
    throw unreadable(file, error);
  }
}
