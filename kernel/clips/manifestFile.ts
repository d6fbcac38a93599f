/** Every export has this file in its root: it says what the export was made from, and marks the folder as an export. */
export const MANIFEST_FILE = 'manifest.json';
