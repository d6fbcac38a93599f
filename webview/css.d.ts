declare module '*.css' {
  /** Where the bundle takes it as text. */
  const text: string;
  export default text;
}
