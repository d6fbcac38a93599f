import type { AuditEstimate, AuditGroup, AuditReport, Interval } from '../../shared/protocol/audit';

/** What the answers come to: intervals as a chart, with the figures beside them. */
export function Report({ report }: { readonly report: AuditReport }) {
  const { all, labels, clipsLikeThese, clips, answered } = report;
  if (!all.mean) return <p class="waiting">Nothing was answered yet.</p>;
  const groups = labels.length > 1 ? [all, ...labels] : [all];
  const lowest = Math.min(...[clipsLikeThese, ...groups.map(({ mean }) => mean)].map((one) => one?.low ?? 1));
  const start = Math.min(0.9, Math.floor(lowest * 10) / 10);
  return (
    <section class="report" aria-label="Result">
      <h2>Mean IoU, with 95 % confidence intervals</h2>
      <div class="chart">
        {groups.map((group) => (
          <Row key={group.label ?? ''} name={group.label ?? 'All masks'} of={group.mean} start={start} />
        ))}
        {clipsLikeThese && all.mean && (
          <Row name="Clips like these" of={{ ...clipsLikeThese, value: all.mean.value }} start={start} />
        )}
        <div class="axis" aria-hidden="true">
          <span>{start.toFixed(1)}</span>
          <span>1.0</span>
        </div>
      </div>
      <table>
        <thead>
          <tr>
            <th>Label</th>
            <th>Masks</th>
            <th>Mean IoU</th>
            <th>Below 0.9</th>
            <th>Below 0.75</th>
            <th>Left out</th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <tr key={group.label ?? ''}>
              <th scope="row">{group.label ?? 'All'}</th>
              <td>{group.masks}</td>
              <td>{group.mean ? share(group.mean) : '–'}</td>
              <td>{group.below90 ? share(group.below90) : '–'}</td>
              <td>{group.below75 ? share(group.below75) : '–'}</td>
              <td>{leftOut(group)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="secondary">
        From {answered} {answered === 1 ? 'mask' : 'masks'} of {clips} {clips === 1 ? 'clip' : 'clips'}:{' '}
        {all.accepted} accepted, which counts as IoU 1, {all.corrected} corrected, {all.leftOut} left out. The
        intervals are for this dataset.
        {clipsLikeThese && ' For clips like these, whole clips are drawn again and again (bootstrap).'}
        {clipsLikeThese && clips < 10 && ' Of so few clips that interval is too narrow.'}
      </p>
      {all.bounds && (
        <p class="secondary">Whatever the masks left out are, the mean is from {range(all.bounds)}.</p>
      )}
    </section>
  );
}

function Row({
  name,
  of,
  start,
}: {
  readonly name: string;
  readonly of: AuditEstimate | undefined;
  readonly start: number;
}) {
  const at = (value: number): number => (100 * (Math.max(start, value) - start)) / (1 - start);
  return (
    <div class="row">
      <span class="row-name">{name}</span>
      <svg
        class="row-bar"
        viewBox="0 0 100 10"
        preserveAspectRatio="none"
        role="img"
        aria-label={of ? share(of) : ''}
      >
        <rect class="track" x="0" y="4.5" width="100" height="1" />
        {of && (
          <>
            <rect
              class="interval"
              x={at(of.low)}
              y="3"
              width={Math.max(0.3, at(of.high) - at(of.low))}
              height="4"
            />
            <rect class="value" x={Math.max(0, at(of.value) - 0.3)} y="1" width="0.6" height="8" />
          </>
        )}
      </svg>
      <span class="row-figure">{of ? range(of) : '–'}</span>
    </div>
  );
}

const range = ({ low, high }: Interval): string => `${low.toFixed(3)} to ${high.toFixed(3)}`;
const share = (estimate: AuditEstimate): string => `${estimate.value.toFixed(3)} (${range(estimate)})`;
const leftOut = ({ leftOutShare }: AuditGroup): string => (leftOutShare ? share(leftOutShare) : '0');
