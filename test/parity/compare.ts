import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareComponents } from './components';
import { disagreements, readManifest, type Manifest } from './manifest';
import { clipImage, frameFeatures, loadModel } from './referenceModel';
import type { Report } from './report';
import { compareScenario } from './scenarios';
import { TensorFile } from './tensors';

/**
 * Compares everything in a folder of reference outputs: the components and scenarios of each model of its manifest.
 * @param onReport called with each component set and scenario as it is done.
 */
export async function compareFolder(
  folder: string,
  newReport: () => Report,
  onReport: (name: string, report: Report) => void,
): Promise<void> {
  const manifest = await readManifest(folder);
  const cacheFolder = await mkdtemp(join(tmpdir(), 'masklet-parity-'));
  try {
    for (const name of Object.keys(manifest.models)) {
      await compareModel(folder, name, manifest, cacheFolder, newReport, onReport);
    }
  } finally {
    await rm(cacheFolder, { recursive: true, force: true });
  }
}

async function compareModel(
  folder: string,
  name: string,
  manifest: Manifest,
  cacheFolder: string,
  newReport: () => Report,
  onReport: (name: string, report: Report) => void,
): Promise<void> {
  const wanted = manifest.models[name];
  const model = await loadModel(folder, wanted, cacheFolder);
  const clip = await TensorFile.open(join(folder, 'clip.safetensors'));
  const features = frameFeatures(model, clip);
  const different = disagreements(wanted.config, model.config);
  if (different.length > 0) {
    const report = newReport();
    for (const line of different) report.fail(line);
    onReport(`${name}: hyper-parameters`, report);
  }
  const components = join(folder, `${name}.components.safetensors`);
  if (existsSync(components)) {
    const report = newReport();
    const expected = await TensorFile.open(components);
    const image = await clipImage(model.config.imageSize, clip, 0);
    await compareComponents(model, expected, image, await features(0), report);
    onReport(`${name}: components`, report);
  }
  const frameCount = clip.shape('frames_rgb_u8')[0];
  for (const scenario of wanted.scenarios) {
    const report = newReport();
    const expected = await TensorFile.open(join(folder, `${scenario.name}.expected.safetensors`));
    await compareScenario(model, wanted, scenario, clip, expected, features, frameCount, report);
    onReport(scenario.name, report);
  }
}
