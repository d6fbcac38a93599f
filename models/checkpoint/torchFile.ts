import { limits, shownName } from '../../shared/limits';
import type { FileBytes } from './fileBytes';
import { Global, Made, PickleError, unpickle, type Pickled, type PickleWorld } from './pickle';
import {
  contiguousStride,
  elementBytes,
  elementCount,
  isContiguous,
  type ElementType,
  type TensorLocation,
} from './tensor';
import { readZip, readZipEntry, type ZipEntry } from './zip';

/** A tensor's elements in the file, shared by all tensors that are views of it. */
class Storage extends Made {
  constructor(
    readonly dtype: ElementType | undefined,
    readonly offset: number,
    readonly bytes: number,
  ) {
    super('storage');
  }
}

/** A tensor as the pickle describes it. */
class Tensor extends Made {
  constructor(readonly location: TensorLocation) {
    super('tensor');
  }
}

const storageTypes: Readonly<Record<string, ElementType | undefined>> = {
  'torch.DoubleStorage': 'float64',
  'torch.FloatStorage': 'float32',
  'torch.HalfStorage': 'float16',
  'torch.BFloat16Storage': 'bfloat16',
  'torch.LongStorage': 'int64',
  'torch.IntStorage': 'int32',
  'torch.ShortStorage': 'int16',
  'torch.CharStorage': 'int8',
  'torch.ByteStorage': 'uint8',
  'torch.BoolStorage': 'bool',
  // Its element type stands in the tensor.
  'torch.storage.UntypedStorage': undefined,
};

/** Named in a training checkpoint's other parts (dtypes, defaults), never called. */
const names = new Set([
  ...Object.keys(elementBytes).map((type) => `torch.${type}`),
  'builtins.dict',
  'builtins.list',
  'builtins.int',
  'builtins.float',
  '__builtin__.dict',
  '__builtin__.list',
]);

/** Constructors of values that a training checkpoint keeps beside its weights. */
const opaque = [
  'torch.device',
  'numpy.dtype',
  'numpy.core.multiarray.scalar',
  'numpy._core.multiarray.scalar',
  '_codecs.encode',
];

/**
 * The tensors of a file written by `torch.save` (the zip format of PyTorch 1.6 and newer): those under `"model"` where
 * there is such a dict, as in Meta's and in training checkpoints, else the file's own. Nothing in the file is run.
 * @throws ModelFileError `corrupted` or `unsupported`.
 */
export async function readTorchFile(file: FileBytes): Promise<Map<string, TensorLocation>> {
  const entries = await readZip(file);
  const pickle = [...entries.values()].find(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (!pickle) throw file.unsupported('it is a zip without a pickle of tensors', resave);
  if (pickle.bytes > limits.checkpoint.pickleBytes) throw file.corrupted('its pickle is too large');
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const order = entries.get(`${folder}byteorder`);
  if (order && (await readZipEntry(file, order)).toString() !== 'little') {
    throw file.unsupported('its tensors are big-endian', resave);
  }
  try {
    const root = unpickle(await readZipEntry(file, pickle), torchWorld(folder, entries));
    return stateDict(root);
  } catch (error) {
    if (!(error instanceof PickleError)) throw error;
    throw error.problem === 'corrupted'
      ? file.corrupted(error.message)
      : file.unsupported(`${error.message}, and only tensors and plain data are read`, resave);
  }
}

function torchWorld(folder: string, entries: ReadonlyMap<string, ZipEntry>): PickleWorld {
  const callables = new Map<string, (args: readonly Pickled[]) => Pickled>([
    ['collections.OrderedDict', orderedDict],
    ['collections.defaultdict', () => new Map()],
    ['torch.Size', ([sizes]) => sizes],
    ['torch._utils._rebuild_tensor_v2', rebuildTensor],
    ['torch._utils._rebuild_parameter', ([tensor]) => tensor],
    ...opaque.map((name) => [name, () => new Made(name)] as const),
  ]);
  return {
    callables,
    isName: (name) => names.has(name) || Object.hasOwn(storageTypes, name),
    persistent: (id) => storage(id, folder, entries),
  };
}

function orderedDict([pairs = []]: readonly Pickled[]): Map<Pickled, Pickled> {
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    throw new PickleError('corrupted', 'a dict in it is described in an unknown way');
  }
  return new Map(pairs as [Pickled, Pickled][]);
}

/** ("storage", type, key, device, number of elements) */
function storage(id: Pickled, folder: string, entries: ReadonlyMap<string, ZipEntry>): Storage {
  const [kind, type, key, , elements]: readonly Pickled[] = Array.isArray(id) ? id : [];
  if (kind !== 'storage' || !(type instanceof Global) || typeof key !== 'string' || !isSize(elements)) {
    throw new PickleError('corrupted', 'it refers to data in an unknown way');
  }
  const dtype = Object.hasOwn(storageTypes, type.name) ? storageTypes[type.name] : undefined;
  if (!dtype && type.name !== 'torch.storage.UntypedStorage') {
    throw new PickleError('unsupported', `it has tensors of ${JSON.stringify(type.name)}`);
  }
  const entry = entries.get(`${folder}data/${key}`);
  const bytes = elements * (dtype ? elementBytes[dtype] : 1);
  if (!entry)
    throw new PickleError(
      'corrupted',
      `the data of a tensor (${shownName(`${folder}data/${key}`)}) is missing`,
    );
  if (entry.bytes < bytes) {
    throw new PickleError(
      'corrupted',
      `${shownName(entry.name)} has ${entry.bytes} bytes instead of ${bytes}`,
    );
  }
  return new Storage(dtype, entry.offset, bytes);
}

/** (storage, first element, sizes, strides, ...), as `torch._utils._rebuild_tensor_v2` takes them. */
function rebuildTensor([from, first, sizes, strides]: readonly Pickled[]): Tensor {
  const lists = [sizes, strides];
  if (!(from instanceof Storage) || !isSize(first) || !lists.every(isSizes) || !sameLength(sizes, strides)) {
    throw new PickleError('corrupted', 'a tensor in it is described in an unknown way');
  }
  const shape = sizes as number[];
  const stride = strides as number[];
  const dtype = from.dtype ?? 'uint8';
  const count = elementCount(shape);
  const span = count === 0 ? 0 : 1 + shape.reduce((sum, size, i) => sum + (size - 1) * stride[i], 0);
  const held = from.bytes / elementBytes[dtype];
  // A view may repeat elements, so that a small file could ask for any amount of memory: weights never do.
  if (!(count <= held && first + span <= held)) {
    throw new PickleError('corrupted', `a tensor of shape [${shape.join(', ')}] is larger than its data`);
  }
  return new Tensor({
    dtype,
    shape,
    stride: isContiguous({ shape, stride }) ? contiguousStride(shape) : stride,
    offset: from.offset + first * elementBytes[dtype],
    bytes: span * elementBytes[dtype],
  });
}

function stateDict(root: Pickled): Map<string, TensorLocation> {
  const inner = root instanceof Map ? (root.get('model') ?? root.get('state_dict')) : undefined;
  const dict = inner instanceof Map ? inner : root;
  const tensors = new Map<string, TensorLocation>();
  if (dict instanceof Map) {
    for (const [name, value] of dict) {
      if (typeof name === 'string' && value instanceof Tensor) tensors.set(name, value.location);
    }
  }
  if (tensors.size === 0) throw new PickleError('unsupported', 'it holds no dict of tensors');
  return tensors;
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= limits.checkpoint.dimensions && value.every(isSize);
const sameLength = (a: Pickled, b: Pickled): boolean =>
  (a as readonly unknown[]).length === (b as readonly unknown[]).length;

const resave =
  'Load it where it was made and save its state dict alone: torch.save({"model": model.state_dict()}, path).';
