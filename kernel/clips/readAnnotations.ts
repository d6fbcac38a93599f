import { existsSync } from 'node:fs';
import type { VideoInfo } from '../../shared/domain/video';
import type { FoundClip } from './findClips';
import type { ClipContent } from '../storage/api';
import type { Store } from '../storage/store';
import { undecodedVideo, videoOfSidecar } from './annotatedVideo';

/**
 * All annotations of a clip as the editor would find them, unsaved ones too; the video itself is not looked at.
 * @throws MaskletError `sidecar/*`, `storage/*`
 */
export function readAnnotations(
  { path, sidecar, databaseFolder }: FoundClip,
  store: Store,
): ClipContent & { readonly video: VideoInfo } {
  const known = existsSync(sidecar)
    ? undefined
    : store.knownClips(databaseFolder).find((clip) => clip.path === path);
  const video = known ? undecodedVideo(known) : videoOfSidecar({ path, sidecar, databaseFolder });
  const opened = store.open({
    ...{ video, databaseFolder, sidecar },
    readOnly: true,
    holder: 'Masklet',
    acceptChangedVideo: false,
  });
  store.close(opened.clip);
  return { ...opened, video };
}
