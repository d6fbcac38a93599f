const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // Attributes would lose these.
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};

/** What XML 1.0 cannot hold in any form: control characters, halves of pairs, two code points. */
// eslint-disable-next-line no-control-regex
const IMPOSSIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

/** Text for an attribute or element. `lossy`: something in it had to be replaced. */
export function escapeXml(value: string): { readonly text: string; readonly lossy: boolean } {
  const possible = value.replace(IMPOSSIBLE, '\ufffd');
  return {
    text: possible.replace(/[&<>"\n\r\t]/g, (character) => ENTITIES[character]),
    lossy: possible !== value,
  };
}
