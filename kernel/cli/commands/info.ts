import { resolve } from 'node:path';
import type { KernelSettings } from '../../../shared/protocol/settings';
import type { VideoInfo } from '../../../shared/domain/video';
import { progressBar } from '../progressBar';
import { showIndexing } from '../indexing';
import { printProblems, printResult } from '../output';
import { withKernel } from '../withKernel';

export interface InfoOptions {
  readonly json: boolean;
  readonly hash: boolean;
  readonly settings: Partial<KernelSettings>;
}

/** `masklet info VIDEO` */
export async function info(video: string, options: InfoOptions): Promise<void> {
  const result = await withKernel('masklet info', options.settings, async (kernel, signal) => {
    const bar = progressBar({ label: 'indexing', unit: 'frames' });
    try {
      return await kernel.request(
        'video/info',
        { path: resolve(video), hash: options.hash },
        { signal, onProgress: (value) => showIndexing(bar, value) },
      );
    } finally {
      bar.done();
    }
  });
  printProblems(
    result.warnings.map((message) => ({ code: 'video/truncated' as const, message, file: result.path })),
  );
  printResult(options.json, result, () => describe(result));
}

function describe(video: VideoInfo): string {
  const [numerator, denominator] = video.timeBase;
  const seconds = (pts: number): string => ((pts * numerator) / denominator).toFixed(3);
  const rate = video.frameCount < 2 ? 'one frame' : `${video.fps.toFixed(3)} frames/s`;
  return [
    video.path,
    `  frames     ${video.frameCount} (0 to ${video.frameCount - 1})`,
    `  size       ${video.width}x${video.height}${video.rotation ? `, rotated by ${video.rotation} degrees` : ''}`,
    `  time       ${seconds(video.firstPts)} s to ${seconds(video.lastPts)} s, ${rate}, ${video.variableRate ? 'variable' : 'constant'} rate`,
    `  PTS        ${video.firstPts} to ${video.lastPts}, time base ${numerator}/${denominator}`,
    `  codec      ${video.codec} in ${video.container}`,
    `  file       ${video.byteSize} bytes`,
    ...(video.sha256 ? [`  SHA-256    ${video.sha256}`] : []),
  ].join('\n');
}
