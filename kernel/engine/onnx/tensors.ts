/** A tensor as it crosses threads; the data may lie over a SharedArrayBuffer. */
export interface TensorData {
  readonly data: Float32Array | Uint8Array | Int8Array;
  readonly dims: readonly number[];
}

export type Tensors = Readonly<Record<string, TensorData>>;

/** One run of a loaded model: inputs by name to outputs by name. */
export type RunModel = (feeds: Tensors) => Promise<Tensors>;
