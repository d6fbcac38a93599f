/**
 * How much a file may ask of us. Whatever a folder holds may come from a stranger, so that what a file claims (sizes,
 * counts) is compared with these before anything of that size is made, and no loop over what a file holds does more than
 * they allow. All lie far above what datasets and models need.
 */
export const limits = {
  /** Characters of an error's message, and of a name inside one. */
  messageCharacters: 4000,
  nameCharacters: 120,

  checkpoint: {
    /** Bytes of a `.pt` file's pickle; SAM 2's have 0.2 MB, with an optimizer's state 1 MB. */
    pickleBytes: 64 << 20,
    /** Steps that building a pickle may take; one of 10,000 tensors takes about 500,000. */
    pickleSteps: 4_000_000,
    /** Bytes of a `.safetensors` header; 1,000 tensors take 0.1 MB. */
    headerBytes: 8 << 20,
    /** Files inside a zip. */
    zipEntries: 50_000,
    /** Bytes read in one piece. */
    pieceBytes: 64 << 20,
    /** Constants of an ONNX graph, and dimensions of one. */
    graphConstants: 100_000,
    dimensions: 8,
  },

  /** Pixels of a picture that is decoded whole: a square of 8192. */
  picturePixels: 8192 * 8192,
  /** Pixels of its longer side. */
  pictureSide: 32_768,

  /** Classes of a label set. */
  labelClasses: 2000,

  polygon: {
    /** Places at which the outline of one polygon may cross the centre lines of columns. */
    crossings: 4_000_000,
  },

  import: {
    /** The same of all polygons of one import together: a minute of work. */
    crossings: 1_000_000_000,
    /** Objects of one import, and its masks and marks together. */
    tracks: 50_000,
    rows: 5_000_000,
    /** Objects, lists and names in one JSON file: what its values take in memory beyond its length. */
    jsonParts: 20_000_000,
    jsonDepth: 100,
  },
} as const;

/** A name that a file gave, fit for a message: cut where it is long, without characters that steer a terminal. */
export function shownName(name: string): string {
  const cut = name.length > limits.nameCharacters ? `${name.slice(0, limits.nameCharacters)}...` : name;
  // eslint-disable-next-line no-control-regex
  return cut.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}

/** A message of bearable length: its middle is left out where it is too long. */
export function shownMessage(message: string): string {
  const { messageCharacters: most } = limits;
  if (message.length <= most) return message;
  return `${message.slice(0, most / 2)} ... ${message.slice(-most / 2)}`;
}
