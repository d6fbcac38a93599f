import { randomUUID } from 'node:crypto';
import type { DatasetApi } from './dataset/api';
import { installCudaSupport } from './health/cudaSupport';
import { doctor } from './health/doctor';
import { MaskletError } from '../shared/protocol/errors';
import type { LabelSets } from './labels/labelSets';
import type {
  DatasetProgress,
  IndexProgress,
  OverlayPicture,
  SummaryProgress,
} from '../shared/protocol/dataset';
import type { KernelProgress, KernelRequests } from '../shared/protocol/kernel';
import type { KernelSettings } from '../shared/protocol/settings';
import { PROTOCOL_VERSION } from './runtime/ipc';
import { frameImage } from './session/frameImage';
import type { Sessions } from './session/sessions';
import { version } from './runtime/version';
import type { WorkerClient } from './workers/rpc';

export interface KernelContext {
  readonly settings: KernelSettings;
  readonly sessions: Sessions;
  readonly datasets: WorkerClient<DatasetApi>;
  readonly labels: LabelSets;
  /** Longest stall of the main thread since this was last asked, in milliseconds. */
  longestStallMs(): number;
  readonly signal: AbortSignal;
  progress(value: KernelProgress[keyof KernelProgress]): void;
}

export type KernelHandlers = {
  [M in keyof KernelRequests]: (
    params: KernelRequests[M][0],
    context: KernelContext,
  ) => Promise<KernelRequests[M][1]>;
};

/** Every method of the kernel. */
export const handlers: KernelHandlers = {
  'kernel/hello': ({ protocol }) => {
    const asked: number = protocol;
    if (asked !== PROTOCOL_VERSION) {
      throw new MaskletError(
        'kernel/version-mismatch',
        `The kernel speaks protocol ${PROTOCOL_VERSION}, its client protocol ${asked}.`,
        { hint: 'Update both to the same version of Masklet and restart the kernel.' },
      );
    }
    return Promise.resolve({ protocol: PROTOCOL_VERSION, version, pid: process.pid });
  },
  'kernel/health': async ({ folder }, context) => {
    const { settings, sessions } = context;
    const { rss, heapUsed, external } = process.memoryUsage();
    return {
      version,
      pid: process.pid,
      uptimeSeconds: process.uptime(),
      longestStallMs: context.longestStallMs(),
      checks: await doctor(settings, sessions.store, folder),
      model: sessions.modelState,
      memory: { rss, heapUsed, external },
      sessions: sessions.count,
    };
  },
  'kernel/cleanup': async (_params, { sessions }) => ({
    freed: await sessions.suspendIdle(Number.MIN_VALUE),
  }),
  'video/info': ({ path, hash }, context) =>
    context.sessions.info(path, hash ?? false, context.signal, (value) => context.progress(value)),
  'session/open': async (params, context) =>
    (await context.sessions.open(params, context.signal, (value) => context.progress(value))).describe(),
  'session/setModel': ({ session, model }, { sessions }) =>
    sessions.use(session, () => sessions.setModel(session, model)),
  'models/list': (_params, { sessions }) => Promise.resolve(sessions.models.installed.list()),
  'models/download': ({ id }, context) =>
    context.sessions.models.installed.download(id, context.signal, (value) => context.progress(value)),
  'models/import': (params, { sessions, signal }) => sessions.models.installed.import(params, signal),
  'models/remove': ({ id }, { sessions }) => sessions.removeModel(id),
  'cuda/install': (params, context) =>
    installCudaSupport(params, context.settings.cudaDir, context.signal, (value) => context.progress(value)),
  'session/status': ({ session }, { sessions }) => Promise.resolve(sessions.get(session).status()),
  'session/save': ({ session }, { sessions }) => sessions.use(session, (s) => s.save()),
  'session/propagate': (params, context) =>
    context.sessions.use(params.session, (s) =>
      s.propagate(params, context.signal, (value) => context.progress(value)),
    ),
  'session/saveAs': ({ session, ...to }, { sessions }) => sessions.saveAs(session, to),
  'session/close': async ({ session }, { sessions, labels }) => {
    labels.forget(session);
    await sessions.close(session);
    return null;
  },
  'session/resolveConflicts': (params, { sessions }) =>
    sessions.use(params.session, (s) => s.resolveConflicts(params)),
  'session/conflictVersions': ({ session, conflict }, { sessions }) =>
    sessions.use(session, (s) => s.conflictVersions(conflict)),
  'session/snapshot': ({ session }, { sessions }) => Promise.resolve(sessions.get(session).snapshot()),
  'session/revert': ({ session }, { sessions }) => sessions.use(session, (s) => s.revert()),
  'session/restoreDiscarded': ({ session, edit }, { sessions }) =>
    sessions.use(session, (s) => s.restoreDiscarded(edit ?? randomUUID())),
  'history/undo': ({ session, edit }, { sessions }) => sessions.use(session, (s) => s.undo(edit)),
  'history/redo': ({ session, edit }, { sessions }) => sessions.use(session, (s) => s.redo(edit)),
  'annotations/move': ({ from, to }, { sessions }) => sessions.moveAnnotations(from, to),
  'annotations/find': (place, { sessions }) => sessions.findAnnotations(place),
  'annotations/forget': (place, { sessions }) => sessions.forgetAnnotations(place),
  'object/add': (params, { sessions }) => sessions.use(params.session, (s) => s.addObject(params)),
  'object/addPoints': (params, { sessions }) =>
    sessions.use(params.session, (s) => s.prompts.addPoints(params)),
  'object/addBox': (params, { sessions }) => sessions.use(params.session, (s) => s.prompts.addBox(params)),
  'object/addMask': (params, { sessions }) => sessions.use(params.session, (s) => s.prompts.addMask(params)),
  'object/refine': (params, { sessions }) => sessions.use(params.session, (s) => s.prompts.refine(params)),
  'object/setPrompt': (params, { sessions }) =>
    sessions.use(params.session, (s) => s.prompts.setPrompt(params)),
  'object/preview': (params, { sessions, signal }) =>
    sessions.use(params.session, (s) => s.prompts.preview(params, signal)),
  'object/curve': ({ session, object }, { sessions }) => Promise.resolve(sessions.get(session).curve(object)),
  'session/review': ({ session }, { sessions, signal }) => sessions.use(session, (s) => s.review(signal)),
  'mask/edit': (params, { sessions }) => sessions.use(params.session, (s) => s.manual.edit(params)),
  'mask/copy': (params, { sessions }) => sessions.use(params.session, (s) => s.manual.copy(params)),
  'mask/interpolate': (params, { sessions, signal }) =>
    sessions.use(params.session, (s) => s.manual.interpolate(params, signal)),
  'mask/remove': (params, { sessions }) => sessions.use(params.session, (s) => s.manual.remove(params)),
  'object/mark': (params, { sessions }) => sessions.use(params.session, (s) => s.manual.mark(params)),
  'object/setFrameAttributes': (params, { sessions }) =>
    sessions.use(params.session, (s) => s.manual.setFrameAttributes(params)),
  'labels/read': ({ session }, { sessions, labels }) => labels.read(sessions.get(session)),
  'labels/add': ({ session, classes }, { sessions, labels }) => labels.add(sessions.get(session), classes),
  'object/clearPrompts': (params, { sessions }) =>
    sessions.use(params.session, (s) => s.prompts.clearPrompts(params)),
  'object/update': (params, { sessions }) => sessions.use(params.session, (s) => s.updateObject(params)),
  'object/move': (params, { sessions }) => sessions.use(params.session, (s) => s.objects.move(params)),
  'object/duplicate': (params, { sessions }) =>
    sessions.use(params.session, (s) => s.objects.duplicate(params)),
  'object/merge': (params, { sessions }) => sessions.use(params.session, (s) => s.objects.merge(params)),
  'object/split': (params, { sessions }) => sessions.use(params.session, (s) => s.objects.split(params)),
  'object/remove': (params, { sessions }) => sessions.use(params.session, (s) => s.removeObject(params)),
  'object/verify': (params, { sessions }) => sessions.use(params.session, (s) => s.verify(params)),
  'frame/masks': ({ session, frame }, { sessions }) => sessions.use(session, (s) => s.masks(frame)),
  'frame/image': (params, { settings, sessions, signal }) =>
    sessions.use(params.session, async (s) =>
      frameImage(await s.frame(params.frame, signal), params, settings.maxFrameDimension),
    ),
  'dataset/export': (params, context) =>
    context.datasets.request('export', params, {
      signal: context.signal,
      untilAnswered: true,
      onProgress: (value) => context.progress(value as DatasetProgress),
    }),
  'dataset/roundtrip': (params, context) =>
    context.datasets.request('roundTrip', params, {
      signal: context.signal,
      untilAnswered: true,
      onProgress: (value) => context.progress(value as DatasetProgress),
    }),
  'session/import': (params, context) =>
    context.sessions.use(params.session, async (session) => {
      const { path, width, height, frameCount } = session.video;
      const { format, from, name, byName } = params;
      const video = { path, width, height, frameCount };
      const request = {
        format,
        from,
        video,
        ...(name === undefined ? {} : { name }),
        ...(byName === undefined ? {} : { byName }),
      };
      const imported = await context.datasets.request('readImport', request, { signal: context.signal });
      return await session.import(imported, params, (done, total) => context.progress({ done, total }));
    }),
  'sidecar/revisions': (params, { datasets, signal }) => datasets.request('revisions', params, { signal }),
  'sidecar/compare': (params, { datasets, signal }) => datasets.request('compare', params, { signal }),
  'sidecar/compareFrame': (params, { datasets, signal }) =>
    datasets.request('compareFrame', params, { signal }),
  'dataset/overlayPictures': (params, context) =>
    context.datasets.request('overlayPictures', params, {
      signal: context.signal,
      onProgress: (value) => context.progress(value as OverlayPicture),
    }),
  'dataset/check': (params, { datasets, signal }) => datasets.request('check', params, { signal }),
  'dataset/index': (params, context) =>
    context.datasets.request('index', params, {
      signal: context.signal,
      onProgress: (value) => context.progress(value as IndexProgress),
    }),
  'dataset/summary': (params, context) =>
    context.datasets.request('summary', params, {
      signal: context.signal,
      onProgress: (value) => context.progress(value as SummaryProgress),
    }),
  'dataset/picture': (params, { datasets, signal }) => datasets.request('picture', params, { signal }),
  'dataset/assignSplit': (params, { datasets, signal }) =>
    datasets.request('assignSplit', params, { signal }),
};
