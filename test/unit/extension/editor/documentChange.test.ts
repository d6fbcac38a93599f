import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeBetween, keepingSame } from '../../../../extension/editor/documentChange';
import { withChange, withMasks } from '../../../../webview/editor/state/documentState';
import { without, withFrame, type Ranges } from '../../../../webview/editor/state/ranges';
import type { DocumentState } from '../../../../shared/protocol/editor';
import { documentState, maskView, objectRecord, objectStatus } from '../../../support/webviewFixtures';

const ids = ['a', 'b', 'c'];
const prompt = (object: string) => ({ object, frame: 3, points: [{ x: 1, y: 2, label: 1 as const }] });
/** What the kernel's rows may be at a time. */
const rows = fc
  .uniqueArray(fc.record({ id: fc.constantFrom(...ids), last: fc.nat(9), prompted: fc.boolean() }), {
    selector: ({ id }) => id,
  })
  .map((objects) => ({
    objects: objects.map(({ id }) => objectRecord(id, `label ${id}`, '#102030')),
    status: objects.map(({ id, last }) => objectStatus(id, { masked: [{ first: 0, last }] })),
    prompts: objects.filter(({ prompted }) => prompted).map(({ id }) => prompt(id)),
    marks: [],
    conflicts: [],
  }));
const step = fc.oneof(
  fc.record({ kind: fc.constant('snapshot' as const), rows }),
  fc.record({ kind: fc.constant('progress' as const), done: fc.option(fc.nat(9), { nil: undefined }) }),
  fc.record({ kind: fc.constant('masks' as const), id: fc.constantFrom(...ids), frame: fc.nat(50) }),
  fc.record({ kind: fc.constant('everywhere' as const) }),
);
const byObject = (a: { object: string }, b: { object: string }): number => (a.object < b.object ? -1 : 1);

describe('changes of a document', () => {
  it('one after the other, over JSON, give the page what the host has', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), rows, (steps, last) => {
        let host = documentState();
        let page = host;
        const touched = new Set<string>();
        const move = (next: DocumentState): void => {
          const change = changeBetween(host, next, touched);
          if (next.status !== host.status) touched.clear();
          host = next;
          if (change) page = withChange(page, JSON.parse(JSON.stringify(change)) as typeof change);
        };
        for (const one of [...steps, { kind: 'snapshot' as const, rows: last }]) {
          if (one.kind === 'snapshot')
            move({ ...host, ...keepingSame(host, one.rows), masksChanged: undefined });
          if (one.kind === 'everywhere') {
            move({ ...host, masksChanged: true });
            expect(page.masksChanged).toBe(true);
          }
          if (one.kind === 'progress') {
            const { done } = one;
            const propagation = {
              direction: 'forward',
              objects: ids,
              total: 9,
              computed: 0,
              cancelling: false,
            } as const;
            const { propagation: gone, ...rest } = host;
            move(done === undefined ? rest : { ...rest, propagation: { ...propagation, done } });
          }
          if (one.kind === 'masks' && page.objects.some(({ id }) => id === one.id)) {
            touched.add(one.id);
            page = withMasks(page, one.frame, [maskView(one.id, one.frame, [8, 6], [0, 0, 2, 2])]);
          }
        }
        const clean = ({ masksChanged, status, ...rest }: DocumentState) => ({
          ...rest,
          status: [...status].sort(byObject),
        });
        expect(clean(page)).toEqual(clean(host));
      }),
    );
  });

  it('name only what is different', () => {
    const host = documentState({
      objects: ids.map((id) => objectRecord(id, id, '#102030')),
      status: ids.map((id) => objectStatus(id)),
      prompts: [prompt('a')],
    });
    const again = keepingSame(host, structuredClone(host));
    expect(changeBetween(host, { ...host, ...again }, new Set())).toBeUndefined();
    const grown = structuredClone(host.status).map((status) =>
      status.object === 'b' ? objectStatus('b', { masked: [{ first: 0, last: 1 }] }) : status,
    );
    const next = { ...host, ...keepingSame(host, { ...structuredClone(host), status: grown }) };
    expect(changeBetween(host, next, new Set())).toEqual({ set: {}, unset: [], status: [grown[1]] });
    expect(changeBetween(host, { ...host, masksChanged: true }, new Set())).toMatchObject({
      masksChanged: true,
    });
  });

  it('leave what is not named as it is, by identity', () => {
    const page = documentState({
      objects: ids.map((id) => objectRecord(id, id, '#102030')),
      status: ids.map((id) => objectStatus(id)),
    });
    const changed = withChange(page, {
      set: {},
      unset: [],
      status: [objectStatus('b', { masked: [{ first: 1, last: 1 }] })],
    });
    expect(changed.objects).toBe(page.objects);
    expect(changed.status[0]).toBe(page.status[0]);
    expect(changed.status[1]).not.toBe(page.status[1]);
    expect(changed.status[2]).toBe(page.status[2]);
  });
});

describe('ranges', () => {
  it('without others hold the frames that a set would', () => {
    const frames = fc.array(fc.nat(30));
    fc.assert(
      fc.property(frames, frames, (a, b) => {
        const rangesOf = (list: number[]): Ranges =>
          list.reduce<Ranges>((ranges, frame) => withFrame(ranges, frame), []);
        const left = without(rangesOf(a), rangesOf(b)).flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, n) => first + n),
        );
        expect(left).toEqual([...new Set(a)].filter((frame) => !b.includes(frame)).sort((x, y) => x - y));
      }),
    );
  });
});
