// models/checkpoint/: reading .pt and .safetensors without running anything in them.
import { FileBytes } from './fileBytes';
import { readSafetensors } from './safetensors';
import type { Checkpoint, TensorLocation } from './tensor';
import { readTorchFile } from './torchFile';

/** What distributed training puts before every name. */
const wrapper = 'module.';

/**
 * Finds the tensors of a checkpoint, `.pt` or `.safetensors`, told apart by content. Only descriptions are read, so
 * that its size does not matter.
 * @throws ModelFileError `missing`, `corrupted` or `unsupported`, saying what to do.
 */
export function readCheckpoint(path: string): Promise<Checkpoint> {
  return FileBytes.use(path, async (file) => {
    const magic = await file.read(0, Math.min(9, file.size), 'its beginning');
    const tensors = unwrap(await readTensors(file, magic));
    return { file: path, tensors };
  });
}

function readTensors(file: FileBytes, magic: Buffer): Promise<Map<string, TensorLocation>> {
  if (magic.subarray(0, 4).toString('latin1') === 'PK\x03\x04') return readTorchFile(file);
  if (magic.length === 9 && magic[8] === 0x7b) return readSafetensors(file);
  if (magic[0] === 0x80) {
    throw file.unsupported(
      'it is a bare pickle, as PyTorch wrote before 1.6',
      'Load it with a newer PyTorch and save it again with torch.save.',
    );
  }
  throw file.unsupported(
    'it is neither a .pt nor a .safetensors file',
    'Give a checkpoint of SAM 2 as its project publishes it.',
  );
}

function unwrap(tensors: Map<string, TensorLocation>): Map<string, TensorLocation> {
  const names = [...tensors.keys()];
  if (names.length === 0 || !names.every((name) => name.startsWith(wrapper))) return tensors;
  return new Map([...tensors].map(([name, tensor]) => [name.slice(wrapper.length), tensor]));
}
