import type { AuditEstimate, AuditGroup, AuditItem, AuditReport } from '../../shared/protocol/audit';
import type { Audit } from './auditFile';
import { bootstrapOverClips } from './clipBootstrap';
import { drawsForWidth, estimateMean, type DetailedEstimate } from './estimate';

/** What an item says of a measure: a value, that it does not count, or (undefined) that it is not of the group. */
type Reading = (item: AuditItem) => number | null;

/** The IoU that an answer stands for; null where it is left out. */
export function iouOf({ answer, iou }: AuditItem): number | null {
  if (answer === 'accepted') return 1;
  return answer === 'corrected' ? (iou ?? null) : null;
}

/** Estimates from what was answered so far. @param width that is wanted of the interval of the mean. */
export function reportOn(audit: Audit, width?: number): AuditReport {
  const answered = audit.items.filter(({ answer }) => answer !== undefined);
  const samples = audit.strata.map((): AuditItem[] => []);
  for (const item of answered) samples[item.stratum].push(item);
  const estimate = (read: Reading): DetailedEstimate | undefined =>
    estimateMean(
      audit.strata.map(({ masks }, n) => ({
        population: masks,
        values: samples[n].map((item) => read(item)),
      })),
    );
  const labels = [...new Set(audit.items.map(({ label }) => label))].sort();
  const mean = estimate(iouOf);
  const clips = new Set(answered.map(({ clip }) => clip)).size;
  const weighted = answered.flatMap((item) => {
    const value = iouOf(item);
    const weight = audit.strata[item.stratum].masks / samples[item.stratum].length;
    return value === null ? [] : [{ clip: item.clip, weight, value }];
  });
  const clipsLikeThese = bootstrapOverClips(weighted, audit.seed);
  return {
    all: groupOf(null, answered, estimate, total(audit)),
    labels: labels.map((label) => {
      const weights = audit.strata.map(() => ({ all: 0, label: 0 }));
      for (const item of audit.items) {
        weights[item.stratum].all++;
        if (item.label === label) weights[item.stratum].label++;
      }
      const masks = audit.strata.reduce((sum, stratum, n) => {
        const { all, label } = weights[n];
        return all === 0 ? sum : sum + (stratum.masks * label) / all;
      }, 0);
      return groupOf(label, answered, estimate, Math.round(masks));
    }),
    ...(clipsLikeThese ? { clipsLikeThese } : {}),
    clips,
    answered: answered.length,
    ...(width !== undefined && mean ? { width: { wanted: width, answers: drawsForWidth(mean, width) } } : {}),
  };
}

function total({ strata }: Audit): number {
  return strata.reduce((sum, { masks }) => sum + masks, 0);
}

function groupOf(
  label: string | null,
  answered: readonly AuditItem[],
  estimate: (read: Reading) => DetailedEstimate | undefined,
  masks: number,
): AuditGroup {
  const isIn = (item: AuditItem): boolean => label === null || item.label === label;
  const of = (read: Reading): AuditEstimate | undefined => {
    const found = estimate((item) => (isIn(item) ? read(item) : null));
    return found && { value: found.value, low: found.low, high: found.high };
  };
  const share =
    (limit: number): Reading =>
    (item) => {
      const iou = iouOf(item);
      return iou === null ? null : iou < limit ? 1 : 0;
    };
  const items = answered.filter(isIn);
  const count = (answer: AuditItem['answer']): number =>
    items.filter((item) => item.answer === answer).length;
  const leftOut = count('cannot-tell') + count('changed');
  const [mean, below90, below75] = [of(iouOf), of(share(0.9)), of(share(0.75))];
  const leftOutShare = leftOut > 0 ? of((item) => (iouOf(item) === null ? 1 : 0)) : undefined;
  const [worst, best] = leftOut > 0 ? [0, 1].map((value) => of((item) => iouOf(item) ?? value)) : [];
  return {
    label,
    masks,
    accepted: count('accepted'),
    corrected: count('corrected'),
    leftOut,
    ...(mean ? { mean } : {}),
    ...(below90 ? { below90 } : {}),
    ...(below75 ? { below75 } : {}),
    ...(leftOutShare ? { leftOutShare } : {}),
    ...(worst && best ? { bounds: { low: worst.low, high: best.high } } : {}),
  };
}
