import { describe, expect, it } from 'vitest';
import { reportText, withoutNames } from '../../../../extension/commands/problemReport';

describe('a report of a problem', () => {
  it('has versions, what the doctor found and the log, and breaks out of nothing', () => {
    const text = reportText({
      versions: [['Masklet', '0.1.0']],
      checks: [{ name: 'ffmpeg', state: 'ok', detail: '7.0 | at\nhome' }],
      log: ['one', 'two ```'],
    });
    expect(text).toContain('- Masklet: 0.1.0');
    expect(text).toContain('| ffmpeg | ok | 7.0 \\| at home |');
    expect(text.match(/```/g)).toHaveLength(2);
  });

  it('says why the kernel does not answer', () => {
    const text = reportText({ versions: [], checks: undefined, failure: 'kernel/died: gone', log: [] });
    expect(text).toContain('kernel/died: gone');
  });
});

describe('names in a report', () => {
  it.each([
    'video/not-found: /data/patients/jane doe.mp4 was not found.',
    'video/unreadable: "jane doe.mp4" cannot be read (EACCES)',
    "ENOENT: no such file or directory, open '/data/patients/jane doe.mp4'",
    'Saved C:\\Users\\jane\\clips\\jane.mp4, 12 masks',
    'Saved \\\\server\\jane\\clip.mp4',
    'opened file:///data/jane%20doe.mp4',
    'opened vscode-remote://ssh-remote+jane/data/x',
    'jane-2024.MOV: 120 frames',
    'jane.mp4.masklet/video.json is newer',
    '7.0.2 at /home/jane/bin/ffmpeg (path)',
    '~/jane/clip.webm',
    'doe: the folder jane is read-only',
  ])('are left out of: %s', (line) => {
    expect(withoutNames(line, ['jane', 'jane doe.mp4', '/home/jane'])).not.toMatch(/jane|doe\.mp4|patients/i);
    // What is known by its form alone.
    const form = line.replaceAll('jane doe', 'janedoe');
    if (!line.startsWith('doe')) expect(withoutNames(form, [])).not.toMatch(/jane|patients/i);
  });

  it.each([
    'Model sam2-tiny-embedded: ready on cpu',
    '2026-11-28 10:00:01.123 [error] kernel/died: The kernel ended with signal SIGKILL.',
    '| onnxruntime | ok | 1.30.0 with provider cpu |',
    'storage/read-only: 3 of 4 and/or 5 MB/s',
  ])('nothing else is: %s', (line) => {
    expect(withoutNames(line, ['jane'])).toBe(line);
  });

  it('what else a line says stays', () => {
    expect(withoutNames('7.0.2 at /home/jane/bin/ffmpeg (path)', [])).toBe('7.0.2 at <name> (path)');
    expect(withoutNames('video/not-found: /a/b c.mp4: no such file', [])).toBe(
      'video/not-found: <name>: no such file',
    );
  });
});
