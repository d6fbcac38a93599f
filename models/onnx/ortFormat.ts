import { ByteBuffer } from 'flatbuffers';
import { limits } from '../../shared/limits';

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

const MAX_NAME_BYTES = 4096;

/**
 * The constants of a model in ORT format (`.ort`, a FlatBuffer), by their names.
 * @param file the whole file.
 * @throws RangeError where it is not one, or refers to places outside of itself.
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

/** One table of a FlatBuffer: its fields by their positions in the schema. No position is believed before it is checked. */
class Table {
  private readonly position: number;

  constructor(
    private readonly buffer: ByteBuffer,
    position: number,
  ) {
    this.position = this.inside(position, 4);
  }

  int32(field: number): number {
    const at = this.at(field, 4);
    return at === undefined ? 0 : this.buffer.readInt32(at);
  }

  text(field: number): string {
    const bytes = this.bytes(field);
    if (bytes.length > MAX_NAME_BYTES) throw new RangeError('The file has a name without end.');
    return new TextDecoder().decode(bytes);
  }

  table(field: number): Table | undefined {
    const at = this.at(field, 4);
    return at === undefined ? undefined : new Table(this.buffer, this.buffer.__indirect(at));
  }

  tables(field: number): Table[] {
    return this.elements(field, 4, limits.checkpoint.graphConstants).map(
      (at) => new Table(this.buffer, this.buffer.__indirect(at)),
    );
  }

  int64s(field: number): number[] {
    return this.elements(field, 8, limits.checkpoint.dimensions).map((at) =>
      Number(this.buffer.readInt64(at)),
    );
  }

  bytes(field: number): Uint8Array {
    const { start, length } = this.vector(field, 1);
    return this.buffer.bytes().subarray(start, start + length);
  }

  /** Where each element of a vector begins. */
  private elements(field: number, size: number, most: number): number[] {
    const { start, length } = this.vector(field, size);
    if (length > most) throw new RangeError(`The file has a list of ${length} elements.`);
    return Array.from({ length }, (_, i) => start + i * size);
  }

  private vector(field: number, size: number): { start: number; length: number } {
    const at = this.at(field, 4);
    if (at === undefined) return { start: 0, length: 0 };
    const from = this.inside(this.buffer.__indirect(at), 4);
    const length = this.buffer.readUint32(from);
    return { start: this.inside(from + 4, length * size), length };
  }

  private at(field: number, bytes: number): number | undefined {
    const table = this.inside(this.position - this.buffer.readInt32(this.position), 4);
    this.inside(table, this.buffer.readUint16(table));
    const offset = this.buffer.__offset(this.position, 4 + 2 * field);
    return offset === 0 ? undefined : this.inside(this.position + offset, bytes);
  }

  private inside(at: number, bytes: number): number {
    if (at >= 0 && at + bytes <= this.buffer.capacity()) return at;
    throw new RangeError('The file refers to a place outside of itself.');
  }
}
