import type { BoxAgreement } from '../../shared/domain/annotations';

/** One sentence: how well masks fill their boxes. */
export function agreementInWords({ boxes, meanIou, low }: BoxAgreement): string {
  const bad = low === 0 ? '' : `; ${low} have an IoU below 0.5 and are suspicious`;
  return `${boxes} boxes compared with their masks: mean IoU ${meanIou.toFixed(2)}${bad}.`;
}
