import { escapeHtml, staticPage } from '../html';
import { agreementInWords } from './agreementInWords';
import type { EarlierMasks, ImportResult } from '../../shared/protocol/dataset';

/** What an import would do for one of many clips, or why it would do nothing. */
export interface ClipPreview {
  readonly name: string;
  readonly outcome: { readonly result: ImportResult } | { readonly why: string };
}

/** What an import would do, as a page that runs nothing and loads nothing. @param source format and place. */
export function importPreviewHtml(source: string, result: ImportResult): string {
  return page(
    `<h2>${result[result.as]} ${result.as} on ${result.frames} frames</h2>
    <p>${escapeHtml(source)}</p>
    ${details(result)}`,
  );
}

/** The same for several clips: one after the other. */
export function importManyPreviewHtml(source: string, clips: readonly ClipPreview[]): string {
  const results = clips.flatMap(({ outcome }) => ('result' in outcome ? [outcome.result] : []));
  const parts = results.reduce((sum, result) => sum + result[result.as], 0);
  return page(
    `<h2>${parts} ${results.at(0)?.as ?? 'masks'} for ${results.length} of ${clips.length} clips</h2>
    <p>${escapeHtml(source)}</p>
    ${clips.map(section).join('\n')}`,
  );
}

function section({ name, outcome }: ClipPreview): string {
  if ('why' in outcome) return `<h2>${escapeHtml(name)}: nothing</h2><p>${escapeHtml(outcome.why)}</p>`;
  const { result } = outcome;
  return `<h2>${escapeHtml(name)}: ${result[result.as]} ${result.as} on ${result.frames} frames</h2>${details(result)}`;
}

function details(result: ImportResult): string {
  const { as, objects, counting, notes, skipped, replaced, kept, preview, agreement } = result;
  const earlier = ({ label, masks: count, frame }: EarlierMasks): string =>
    `${count} ${as} of "${label}", the first on frame ${frame}`;
  const picture =
    preview &&
    `<figure><img alt="Frame ${preview.frame} with its ${as}" width="${preview.width}" height="${preview.height}" ` +
      `src="data:image/jpeg;base64,${Buffer.from(preview.picture).toString('base64')}">` +
      `<figcaption>Frame ${preview.frame}, the first with ${as}</figcaption></figure>`;
  return `${picture ?? ''}
    ${list(
      'Objects',
      objects.map(
        (object) => `${object.label}: ${object[as]} ${as}${object.known ? ', already in this clip' : ''}`,
      ),
    )}
    ${list('How frames were counted', counting === '' ? [] : [counting])}
    ${list('Boxes and the masks that are here', agreement ? [agreementInWords(agreement)] : [])}
    ${list('Notes', notes)}
    ${list(
      'Skipped',
      skipped.map(({ reason, count, example }) => `${count} ${reason} (for example ${example})`),
    )}
    ${list('Would be replaced', replaced.map(earlier))}
    ${list('Kept, because they were here before', kept.map(earlier))}`;
}

function page(body: string): string {
  return staticPage({
    title: 'Import Preview',
    allows: "img-src data:; style-src 'unsafe-inline'",
    style: 'img { max-width: 100%; height: auto; } figure { margin: 0 0 1em; }',
    body,
  });
}

function list(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `<h3>${escapeHtml(title)}</h3><ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`;
}
