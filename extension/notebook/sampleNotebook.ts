import type { NotebookFile, NotebookFileCell } from './notebookFile';

const markdown = (source: string): NotebookFileCell => ({
  kind: 'markup',
  language: 'markdown',
  source: source.trim(),
  extra: {},
});
const sql = (source: string): NotebookFileCell => ({
  kind: 'code',
  language: 'sql',
  source: source.trim(),
  extra: {},
});
const commands = (source: string): NotebookFileCell => ({
  kind: 'code',
  language: 'masklet',
  source: source.trim(),
  extra: {},
});

/** What `Masklet: New Curation Notebook` begins with: the questions that come first about any dataset. */
export const SAMPLE_NOTEBOOK: NotebookFile = {
  extra: {},
  cells: [
    markdown(`
# How good is this dataset?

SQL cells read the annotations of this folder, unsaved ones too, and never change them. The tables are \`videos\`, \`objects\`,
\`masks\`, \`prompts\`, \`suspicious\` and \`labels\`; completion and hover say what is in them. A click on a video, frame or
object in a result opens the editor there.`),
    markdown('## How many verified frames are there per label?'),
    sql(`
-- chart: bar x=label y=verified title="Verified masks per label"
SELECT label, sum(verified) AS verified, count(*) AS masks, count(DISTINCT video) AS videos
FROM masks
GROUP BY label
ORDER BY verified DESC`),
    markdown('## Which clips are least finished?'),
    sql(`
SELECT video, frames, objects, masks, verified,
  round(100.0 * verified / max(1, frames * objects), 1) AS percent_verified
FROM videos
ORDER BY percent_verified, video`),
    markdown('## How large are the objects of each label?'),
    sql(`
-- chart: histogram x=percent_of_frame color=label title="Area of the masks"
SELECT label, 100.0 * area / (width * height) AS percent_of_frame, video, frame, object
FROM masks
WHERE area > 0
ORDER BY random() -- of a large dataset, a fair part is drawn`),
    markdown(`
## Which spans should somebody look at?

The longest spans of frames whose masks look wrong, with their first frame.`),
    sql(`
-- pictures: count=12
SELECT video, object, label, first_frame AS frame, last_frame, span_frames, group_concat(DISTINCT reasons) AS reasons
FROM suspicious
GROUP BY video, object, first_frame
ORDER BY span_frames DESC
LIMIT 12`),
    markdown(`
## Commands

A command cell runs \`masklet\` in the folder of the notebook. Lines that begin with \`#\` are left out.`),
    commands(`
# verify clip.mp4 --frames 0:30
# propagate clip.mp4
# export . --format coco --out coco --frames verified
check .`),
  ],
};
