import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { formatLink } from '../../client/frameLink';
import { WINDOW_SOCKET, WINDOW_TOKEN, askWindow } from '../../client/windowSocket';
import { MaskletError } from '../../../shared/protocol/errors';
import { parseFrame } from '../arguments';
import { printResult } from '../output';

export interface OpenCommandOptions {
  readonly json: boolean;
  readonly frame?: string;
  readonly object?: string;
  readonly link?: boolean;
  readonly scheme: string;
  readonly remote?: string;
}

/** `masklet open VIDEO`: shows a frame in the window that this terminal belongs to; elsewhere prints the link to it. */
export async function open(video: string, options: OpenCommandOptions): Promise<void> {
  const path = resolve(video);
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile() && !found?.isDirectory()) {
    throw new MaskletError('video/not-found', `${path} is neither a file nor a folder.`, { file: path });
  }
  const place = {
    ...(options.frame === undefined ? {} : { frame: parseFrame(options.frame) }),
    ...(options.object === undefined ? {} : { object: options.object }),
  };
  const socket = process.env[WINDOW_SOCKET];
  const token = process.env[WINDOW_TOKEN];
  const wantsLink = options.link ?? options.remote !== undefined;
  if (!wantsLink && socket && token) {
    if (await askWindow(socket, { token, path, ...place })) {
      printResult(options.json, { opened: path }, () => `Opened ${path}.`);
      return;
    }
    process.stderr.write('masklet: the window of this terminal was closed; here is the link\n');
  }
  const file = pathToFileURL(path).href;
  const uri =
    options.remote === undefined ? file : file.replace(/^file:\/\//, `vscode-remote://${options.remote}`);
  const link = formatLink(options.scheme, { uri, ...place });
  printResult(options.json, { link }, () => link);
}
