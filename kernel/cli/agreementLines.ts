import type { BoxAgreement } from '../../shared/domain/annotations';

/** Lines of a report: how well masks fill their boxes, and where they do not. */
export function agreementLines(agreement: BoxAgreement | undefined): string[] {
  if (!agreement) return [];
  const { boxes, meanIou, low, lowest } = agreement;
  const worst = lowest.map(({ object, frame, iou }) => `frame ${frame} of ${object} (${iou.toFixed(2)})`);
  return [
    `  boxes      ${boxes} compared with their masks, mean IoU ${meanIou.toFixed(3)}`,
    ...(low === 0
      ? []
      : [`  suspicious ${low} with IoU below 0.5: ${worst.join(', ')}${low > lowest.length ? ', ...' : ''}`]),
  ];
}
