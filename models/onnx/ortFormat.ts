import { ByteBuffer } from 'flatbuffers';

/** A constant of a graph in ORT format; `data` is a view of the file's bytes. */
export interface OrtInitializer {
  readonly dims: readonly number[];
  /** `TensorProto.DataType`, as in `elementTypes`. */
  readonly dataType: number;
  readonly data: Uint8Array;
}

/** Positions of fields in the tables of onnxruntime's schema, onnxruntime/core/flatbuffers/schema/ort.fbs. */
const fields = {
  session: { model: 1 },
  model: { graph: 7 },
  graph: { initializers: 0 },
  tensor: { name: 0, dims: 2, dataType: 3, rawData: 4 },
} as const;

const identifier = 'ORTM';

/**
 * The constants of a model in ORT format (`.ort`, a FlatBuffer), by their names.
 * @param file the whole file.
 * @throws RangeError where it is not one.
 */
export function readOrtInitializers(file: Uint8Array): Map<string, OrtInitializer> {
  // A plain view: what slices of a Buffer share, its users would not expect.
  const buffer = new ByteBuffer(new Uint8Array(file.buffer, file.byteOffset, file.byteLength));
  if (file.length < 8 || !buffer.__has_identifier(identifier)) {
    throw new RangeError('The file is not in ORT format.');
  }
  const session = new Table(buffer, buffer.readInt32(0));
  const graph = session.table(fields.session.model)?.table(fields.model.graph);
  const tensors = graph?.tables(fields.graph.initializers) ?? [];
  return new Map(
    tensors.map((tensor) => [
      tensor.text(fields.tensor.name),
      {
        dims: tensor.int64s(fields.tensor.dims),
        dataType: tensor.int32(fields.tensor.dataType),
        data: tensor.bytes(fields.tensor.rawData),
      },
    ]),
  );
}

/** One table of a FlatBuffer: its fields by their positions in the schema. */
class Table {
  constructor(
    private readonly buffer: ByteBuffer,
    private readonly position: number,
  ) {}

  int32(field: number): number {
    const at = this.at(field);
    return at === undefined ? 0 : this.buffer.readInt32(at);
  }

  text(field: number): string {
    const at = this.at(field);
    return at === undefined ? '' : (this.buffer.__string(at) as string);
  }

  table(field: number): Table | undefined {
    const at = this.at(field);
    return at === undefined ? undefined : new Table(this.buffer, this.buffer.__indirect(at));
  }

  tables(field: number): Table[] {
    return this.elements(field, 4).map((at) => new Table(this.buffer, this.buffer.__indirect(at)));
  }

  int64s(field: number): number[] {
    return this.elements(field, 8).map((at) => Number(this.buffer.readInt64(at)));
  }

  bytes(field: number): Uint8Array {
    const at = this.at(field);
    if (at === undefined) return new Uint8Array();
    const start = this.buffer.__vector(at);
    return this.buffer.bytes().subarray(start, start + this.buffer.__vector_len(at));
  }

  /** Where each element of a vector begins. */
  private elements(field: number, size: number): number[] {
    const at = this.at(field);
    if (at === undefined) return [];
    const start = this.buffer.__vector(at);
    return Array.from({ length: this.buffer.__vector_len(at) }, (_, i) => start + i * size);
  }

  private at(field: number): number | undefined {
    const offset = this.buffer.__offset(this.position, 4 + 2 * field);
    return offset === 0 ? undefined : this.position + offset;
  }
}
