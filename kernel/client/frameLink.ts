import { MaskletError } from '../../shared/protocol/errors';
import type { FrameIndex } from '../../shared/domain/video';
import type { ObjectId } from '../../shared/domain/annotations';

/** The extension's id: the authority of links that VS Code hands to it. */
const EXTENSION_ID = 'masklet.masklet';
const OPEN = '/open';

/** A frame of a video, as a link names it. */
export interface FrameAddress {
  /** The video's full URI: `file:///...`, or `vscode-remote://<authority>/...` for a remote machine. */
  readonly uri: string;
  readonly frame?: FrameIndex;
  readonly object?: ObjectId;
}

/** The link that opens a frame, for example from a chat or an issue. @param scheme that of the VS Code it is for. */
export function formatLink(scheme: string, { uri, frame, object }: FrameAddress): string {
  const fields = [
    `uri=${encodeURIComponent(uri)}`,
    ...(frame === undefined ? [] : [`frame=${frame}`]),
    ...(object === undefined ? [] : [`object=${encodeURIComponent(object)}`]),
  ];
  return `${scheme}://${EXTENSION_ID}${OPEN}?${fields.join('&')}`;
}

/**
 * Reads a link as VS Code hands it over.
 * @param query decoded once, as `vscode.Uri` does; so the URI in it is still encoded, and holds no `&` of its own.
 * @throws MaskletError `input/invalid`
 */
export function parseLink(path: string, query: string): FrameAddress {
  if (path !== OPEN) throw bad(`Masklet has no links to "${path}"`);
  const fields = new Map(
    query.split('&').map((field) => {
      const at = field.indexOf('=');
      return at < 0 ? ([field, ''] as const) : ([field.slice(0, at), field.slice(at + 1)] as const);
    }),
  );
  const [uri, frame, object] = ['uri', 'frame', 'object'].map((name) => fields.get(name));
  if (!uri) throw bad('The link does not say which video it means');
  if (leadsUp(uri)) throw bad(`"${uri}" is not a plain address of a video`);
  if (frame !== undefined && !/^\d{1,9}$/.test(frame)) throw bad(`"${frame}" is not a frame number`);
  if (object !== undefined && !/^[\w-]{1,64}$/.test(object)) throw bad(`"${object}" is not an object id`);
  return {
    uri,
    ...(frame === undefined ? {} : { frame: Number(frame) }),
    ...(object === undefined ? {} : { object }),
  };
}

/** With `..` in it, an address may look like one in a folder that it leaves; those that we make have none. */
function leadsUp(uri: string): boolean {
  try {
    return decodeURIComponent(uri).split(/[\\/]/).includes('..');
  } catch {
    return true;
  }
}

function bad(message: string): MaskletError {
  return new MaskletError('input/invalid', `${message}.`, {
    hint: 'Links are made by "Masklet: Copy Link to Frame" and by `masklet open`.',
  });
}
