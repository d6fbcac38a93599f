import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { DatasetApi } from './dataset/api';
import { installCudaSupport } from './health/cudaSupport';
import { doctor } from './health/doctor';
import { importKind } from './import/api';
import { addNote, changeNote, readReview } from './notes/clipReview';
import { locate } from './storage/locations';
import { installFfmpeg } from './programs/fetchedFfmpeg';
import { MaskletError } from '../shared/protocol/errors';
import type { LabelSets } from './labels/labelSets';
import { forEveryEdit, type EditMethod, type Edits } from '../shared/edits';
import type { KernelEdits, KernelRequests, ProgressOf } from '../shared/protocol/kernel';
import type { FilePlace } from '../shared/protocol/session';
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
}

/** One request: what it works with, and how it says how far it is. */
export interface RequestContext<M> extends KernelContext {
  readonly progress: (value: ProgressOf<M>) => void;
}

export type KernelHandlers = {
  [M in keyof KernelRequests]: (
    params: KernelRequests[M][0],
    context: RequestContext<M>,
  ) => Promise<KernelRequests[M][1]>;
};

/** The edits of the table: each is carried out by its session. */
const edits = forEveryEdit<{
  [M in EditMethod]: (params: KernelEdits[M][0], context: RequestContext<M>) => Promise<Edits[M][1]>;
}>(
  (method) =>
    (
      params: KernelEdits[EditMethod][0],
      { sessions, datasets, signal, progress }: RequestContext<EditMethod>,
    ) =>
      sessions.use(params.session, (session) =>
        session.edit(method, params, {
          signal,
          progress,
          readImport: (
            { format, from, name, byName, firstFrame, crowd, as, every },
            { path, width, height, frameCount },
          ) => {
            const video = { path, width, height, frameCount };
            const kind = importKind({ format, as });
            const source = { format, from, name, byName, firstFrame, crowd, as: kind, every, video };
            return datasets.request('readImport', source, { signal });
          },
        }),
      ),
);

/** Every method of the kernel. */
export const handlers: KernelHandlers = {
  ...edits,
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
      // Node counts it in kilobytes.
      memory: { rss, peakRss: process.resourceUsage().maxRSS * 1024, heapUsed, external },
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
  'models/recommend': (_params, { sessions, signal }) => sessions.models.recommend(signal),
  'models/download': ({ id }, context) =>
    context.sessions.models.installed.download(id, context.signal, (value) => context.progress(value)),
  'models/import': (params, { sessions, signal }) => sessions.models.installed.import(params, signal),
  'models/remove': ({ id }, { sessions }) => sessions.removeModel(id),
  'providers/try': ({ model }, { sessions, signal }) => sessions.models.tryProviders(model, signal),
  'cuda/install': (params, context) =>
    installCudaSupport(params, context.settings.cudaDir, context.signal, (value) => context.progress(value)),
  'ffmpeg/install': (_params, context) =>
    installFfmpeg({
      ...(context.settings.ffmpegDir === undefined ? {} : { folder: context.settings.ffmpegDir }),
      signal: context.signal,
      onProgress: (value) => context.progress(value),
    }),
  'session/status': ({ session }, { sessions }) => Promise.resolve(sessions.get(session).status()),
  'session/save': ({ session }, { sessions, signal }) => sessions.use(session, (s) => s.save(signal)),
  'session/propagate': (params, context) =>
    context.sessions.use(params.session, (s) =>
      s.propagate(params, context.signal, (value) => context.progress(value)),
    ),
  'session/saveAs': ({ session, ...to }, { sessions }) => sessions.saveAs(session, to),
  'session/close': async ({ session, keepModel }, { sessions, labels }) => {
    labels.forget(session);
    await sessions.close(session, keepModel);
    return null;
  },
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
  'frame/encode': (params, { sessions, signal }) =>
    sessions.use(params.session, (s) => s.prompts.encode(params, signal)),
  'object/preview': (params, { sessions, signal }) =>
    sessions.use(params.session, (s) => {
      s.seen();
      return s.prompts.preview(params, signal);
    }),
  'object/curve': ({ session, object }, { sessions }) => Promise.resolve(sessions.get(session).curve(object)),
  'session/review': ({ session }, { sessions, signal }) => sessions.use(session, (s) => s.review(signal)),
  'labels/read': ({ session }, { sessions, labels }) => labels.read(sessions.get(session)),
  'labels/add': ({ session, classes }, { sessions, labels }) => labels.add(sessions.get(session), classes),
  'frame/propose': (params, { sessions, signal, progress }) =>
    sessions.use(params.session, (s) => s.propose(params, signal, progress)),
  'frame/masks': ({ session, frame }, { sessions }) => sessions.use(session, (s) => s.masks(frame)),
  'frame/image': (params, { settings, sessions, signal }) =>
    sessions.use(params.session, async (s) =>
      frameImage(await s.frame(params.frame, signal), params, settings.maxFrameDimension),
    ),
  'dataset/export': (params, context) =>
    context.datasets.request('export', params, {
      signal: context.signal,
      untilAnswered: true,
      onProgress: context.progress,
    }),
  'dataset/roundtrip': (params, context) =>
    context.datasets.request('roundTrip', params, {
      signal: context.signal,
      untilAnswered: true,
      onProgress: context.progress,
    }),
  'sidecar/revisions': (params, { datasets, signal }) => datasets.request('revisions', params, { signal }),
  'sidecar/compare': (params, { datasets, signal }) => datasets.request('compare', params, { signal }),
  'sidecar/compareFrame': (params, { datasets, signal }) =>
    datasets.request('compareFrame', params, { signal }),
  'dataset/overlayPictures': (params, context) =>
    context.datasets.request('overlayPictures', params, {
      signal: context.signal,
      onProgress: context.progress,
    }),
  'dataset/check': (params, { datasets, signal }) => datasets.request('check', params, { signal }),
  'dataset/index': (params, context) =>
    context.datasets.request('index', params, {
      signal: context.signal,
      onProgress: context.progress,
    }),
  'dataset/summary': (params, context) =>
    context.datasets.request('summary', params, {
      signal: context.signal,
      onProgress: context.progress,
    }),
  'dataset/picture': (params, { datasets, signal }) => datasets.request('picture', params, { signal }),
  'dataset/audit': (params, context) =>
    context.datasets.request('audit', params, { signal: context.signal, onProgress: context.progress }),
  'dataset/auditAnswer': (params, { datasets, signal }) =>
    datasets.request('auditAnswer', params, { signal }),
  'dataset/score': (params, { datasets, signal }) => datasets.request('score', params, { signal }),
  'review/read': (place, { settings }) => Promise.resolve(readReview(sidecarOf(place, settings))),
  'review/addNote': ({ note, ...place }, { settings }) => addNote(sidecarOf(place, settings), note),
  'review/changeNote': ({ change, ...place }, { settings }) =>
    Promise.resolve(changeNote(sidecarOf(place, settings), change)),
  'dataset/setReview': (params, { datasets, signal }) => datasets.request('setReview', params, { signal }),
  'dataset/labels': (params, { datasets, signal }) => datasets.request('labels', params, { signal }),
  'dataset/changeLabelSet': (params, { datasets, signal }) =>
    datasets.request('changeLabelSet', params, { signal }),
  'dataset/assignSplit': (params, { datasets, signal }) =>
    datasets.request('assignSplit', params, { signal }),
};

function sidecarOf({ path, workspaceRoot }: FilePlace, { dataDir }: Pick<KernelSettings, 'dataDir'>): string {
  return locate(resolve(path), {
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(workspaceRoot === undefined ? {} : { workspaceRoot }),
  }).sidecar;
}
