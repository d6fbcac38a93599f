import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../kernel/runtime/paths';

const root = packageRoot();
const { contributes } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  contributes: {
    commands: { command: string }[];
    walkthroughs: {
      steps: { id: string; description: string; media: { image: string; altText: string } }[];
    }[];
  };
};
const steps = contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps);

describe('the walkthrough in Get Started', () => {
  it('goes from opening a video to saving', () => {
    expect(steps.map(({ id }) => id)).toEqual(['open', 'click', 'propagate', 'correct']);
  });

  it.each(steps)('$id: has its picture, with words for it, and links to commands that there are', (step) => {
    expect(existsSync(join(root, step.media.image))).toBe(true);
    expect(step.media.altText).not.toBe('');
    const own = contributes.commands.map(({ command }) => command);
    for (const [, command] of step.description.matchAll(/\(command:([\w.]+)\)/g))
      if (command.startsWith('masklet.')) expect(own).toContain(command);
  });
});

describe('the pictures in the README', () => {
  const images = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/!\[([^\]]+)\]\(([^)]+)\)/g)];
  it('are two of the editor, and are there', () => {
    expect(images.length).toBeGreaterThanOrEqual(2);
    for (const [, , path] of images) expect(existsSync(join(root, path))).toBe(true);
  });
});
