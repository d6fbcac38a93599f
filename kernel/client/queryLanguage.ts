/** What editors of SQL cells need to know of the language. */
export { significant, sqlTokens, unquoted, type SqlToken } from '../query/sqlTokens';
export { readingStatements } from '../query/statements';
export { VIEWS, type View, type ViewColumn } from '../query/views';
