import { describe, expect, it } from 'vitest';
import { formatLink, parseLink } from '../../../../kernel/client/frameLink';
import { machineOf } from '../../../../extension/links/remoteAddress';

/** As `vscode.Uri` hands the parts of a link over: decoded once. */
function received(link: string): { path: string; query: string } {
  const [, path = '', query = ''] = /^[\w+.-]+:\/\/masklet\.masklet([^?]*)\?(.*)$/.exec(link) ?? [];
  return { path, query: decodeURIComponent(query) };
}

describe('links to frames', () => {
  it.each([
    { uri: 'file:///data/clip.mp4', frame: 12, object: 'fish-1' },
    { uri: 'file:///data/a%20b%26c%3Dd%25%23.mp4', frame: 0 },
    { uri: 'file:///c%3A/%E9%AF%89.mov' },
    { uri: 'vscode-remote://ssh-remote%2Bgpu-box/data/clip.mp4', object: 'a_b' },
    { uri: 'file:///literal%2541.mp4', frame: 999_999_999 },
    { uri: 'file:///data/a..b/..hidden.mp4' },
  ])('come back as they went: $uri', (address) => {
    const { path, query } = received(formatLink('vscode-insiders', address));
    expect(parseLink(path, query)).toEqual(address);
  });

  it.each([
    ['/delete', 'uri=file:///a.mp4', 'no links to "/delete"'],
    ['/open', '', 'which video'],
    ['/open', 'frame=3', 'which video'],
    ['/open', 'uri=', 'which video'],
    ['/open', 'uri=file:///a.mp4&frame=-1', '"-1" is not a frame number'],
    ['/open', 'uri=file:///a.mp4&frame=1e3', '"1e3" is not a frame number'],
    ['/open', 'uri=file:///a.mp4&frame=99999999999', 'is not a frame number'],
    ['/open', 'uri=file:///a.mp4&object=../x', '"../x" is not an object id'],
    ['/open', 'uri=file:///workspace/../../x.mp4', 'not a plain address'],
    ['/open', 'uri=file:///workspace/%2e%2E/x.mp4', 'not a plain address'],
    ['/open', 'uri=file:///c%3A/workspace/..%5C..%5Cx.mp4', 'not a plain address'],
    ['/open', 'uri=file:///workspace/%2E./%zz/x.mp4', 'not a plain address'],
    ['/open', 'uri=vscode-remote://ssh-remote%2Bbox/workspace/../x.mp4', 'not a plain address'],
  ])('say what is wrong: %s?%s', (path, query, message) => {
    expect(() => parseLink(path, query)).toThrow(message);
  });
});

describe('the machine in an address of a webview', () => {
  it.each([
    ['file+.vscode-resource.vscode-cdn.net', { scheme: 'file', authority: '' }],
    [
      'vscode-remote+ssh-002dremote-002bGPU-002dbox-002eexample.vscode-resource.vscode-cdn.net',
      { scheme: 'vscode-remote', authority: 'ssh-remote+GPU-box.example' },
    ],
    [
      'vscode-remote+localhost-003a8080.vscode-resource.vscode-cdn.net',
      { scheme: 'vscode-remote', authority: 'localhost:8080' },
    ],
    ['example.org', undefined],
  ])('is read from %s', (authority, machine) => {
    expect(machineOf(authority)).toEqual(machine);
  });
});
