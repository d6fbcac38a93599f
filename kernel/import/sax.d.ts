/** What is used of the package `sax`, which brings no types. */
declare module 'sax' {
  interface Parser {
    onopentag: (node: { name: string; attributes: Readonly<Record<string, string>> }) => void;
    ontext: (text: string) => void;
    onclosetag: (name: string) => void;
    ondoctype: (doctype: string) => void;
    onerror: (error: Error) => void;
    readonly line: number;
    write(text: string): Parser;
    close(): Parser;
  }
  const sax: {
    /** Characters of one name, text or attribute value. */
    MAX_BUFFER_LENGTH: number;
    parser(strict: boolean, options?: { readonly strictEntities?: boolean }): Parser;
  };
  export default sax;
}
