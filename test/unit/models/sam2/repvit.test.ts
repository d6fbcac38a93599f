import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OnnxSessions } from '../../../../kernel/engine/onnx/sessions';
import { readCheckpoint } from '../../../../models/checkpoint/readCheckpoint';
import type { Checkpoint } from '../../../../models/checkpoint/tensor';
import { GraphBuilder, type Value } from '../../../../models/onnx/graph';
import { writeData } from '../../../../models/sam2/build';
import { Layers, defaultEpsilon } from '../../../../models/sam2/layers';
import { repVit } from '../../../../models/sam2/repvit';
import { Weights } from '../../../../models/sam2/weights';
import { microEdgeTam, writeRandomCheckpoint } from '../../../support/randomCheckpoint';
import { relativeError } from '../../../support/relativeError';

let folder: string;
let checkpoint: Checkpoint;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'masklet-repvit-'));
  writeRandomCheckpoint(join(folder, 'checkpoint'), microEdgeTam);
  checkpoint = await readCheckpoint(join(folder, 'checkpoint'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const { imageSize, trunk } = microEdgeTam;

/** What `write` makes of a picture: the outputs of each stage. */
async function levels(name: string, write: (n: Layers, image: Value) => Value[]): Promise<Float32Array[]> {
  const weights = new Weights(checkpoint, { checkpoint: 'checkpoint', data: `${name}.bin` });
  const n = new Layers(new GraphBuilder(name), weights);
  const dims = [1, 3, imageSize, imageSize];
  write(n, n.g.input('image', 'float32', dims)).forEach((level, i) => {
    const size = imageSize / 2 ** (i + 2);
    n.g.output(`level${i}`, level, 'float32', [1, trunk.embedDims[i], size, size]);
  });
  writeFileSync(join(folder, `${name}.onnx`), n.g.build());
  await writeData(checkpoint, weights, join(folder, `${name}.bin`));
  const sessions = new OnnxSessions();
  const model = join(folder, `${name}.onnx`);
  const { handle } = await sessions.load({ model, name, providers: ['cpu'], threads: 1 });
  const data = Float32Array.from(
    { length: 3 * imageSize ** 2 },
    (_, i) => Math.sin(i / 7) + Math.cos(i / 1111),
  );
  const outputs = await sessions.run(handle, { image: { data, dims } });
  await sessions.release(handle);
  return trunk.embedDims.map((_, i) => outputs[`level${i}`].data as Float32Array);
}

/** RepViT as it is trained: a node for each convolution, normalisation and branch. */
function unfolded(n: Layers, image: Value): Value[] {
  const at = 'image_encoder.trunk.body';
  const conv = (name: string, x: Value, stride = 1): Value => {
    const [, perGroup, kernel] = n.shapeOf(`${name}.c.weight`);
    const [channels] = n.shapeOf(`${name}.c.weight`);
    const depthwise = perGroup === 1;
    const pad = (kernel - 1) / 2;
    const y = n.g.op('Conv', [x, n.parameter(`${name}.c.weight`)], {
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      group: depthwise ? channels : 1,
    });
    const parts = ['weight', 'bias', 'running_mean', 'running_var'];
    const norm = parts.map((part) => n.parameter(`${name}.bn.${part}`));
    return n.g.op('BatchNormalization', [y, ...norm], { epsilon: defaultEpsilon });
  };
  const mlp = (name: string, x: Value): Value =>
    n.add(x, conv(`${name}.conv2`, n.activate(conv(`${name}.conv1`, x), 'Gelu')));
  const block = (name: string, x: Value): Value => {
    let y = n.add(conv(`${name}.token_mixer.conv`, x), conv(`${name}.token_mixer.conv1`, x), x);
    if (checkpoint.tensors.has(`${name}.se.fc1.weight`)) {
      const average = n.g.op('GlobalAveragePool', [y]);
      const squeezed = n.activate(n.conv(average, `${name}.se.fc1`), 'Relu');
      y = n.mul(y, n.g.op('Sigmoid', [n.conv(squeezed, `${name}.se.fc2`)]));
    }
    return mlp(`${name}.channel_mixer`, y);
  };
  let x = conv(`${at}.stem.conv2`, n.activate(conv(`${at}.stem.conv1`, image, 2), 'Gelu'), 2);
  return trunk.stages.map((blocks, stage) => {
    const down = `${at}.stages_${stage}.downsample`;
    if (stage > 0) {
      const smaller = conv(`${down}.spatial_downsample`, block(`${down}.pre_block`, x), 2);
      x = mlp(`${down}.ffn`, conv(`${down}.channel_downsample`, smaller));
    }
    for (let i = 0; i < blocks; i++) x = block(`${at}.stages_${stage}.blocks.${i}`, x);
    return x;
  });
}

it('gives the same with batch normalisation and branches folded into its convolutions', async () => {
  const folded = await levels('folded', (n, image) => repVit(n, microEdgeTam, image));
  const wanted = await levels('unfolded', unfolded);
  expect(folded).toHaveLength(4);
  folded.forEach((values, i) => {
    expect(relativeError(values, wanted[i])).toBeLessThan(1e-5);
    expect(values.some((value) => Math.abs(value) > 0.1)).toBe(true);
  });
});
