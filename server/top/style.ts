/** Emphasis for terminals that have it; what is emphasised also says so in words. */

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  /** Must not be overlooked. */
  strong(text: string): string;
  alarm(text: string): string;
  /** A line no wider than `columns`. */
  cut(line: string, columns: number): string;
}

const same = (text: string) => text;

export const plainStyle: Style = {
  ...{ bold: same, dim: same, strong: same, alarm: same },
  cut: (line, columns) => line.slice(0, columns).trimEnd(),
};

const wrap = (on: number, off: number) => (text: string) => `\x1b[${on}m${text}\x1b[${off}m`;

/** Select graphic rendition of ECMA-48. */
export const ansiStyle: Style = {
  bold: wrap(1, 22),
  dim: wrap(2, 22),
  strong: wrap(7, 27),
  alarm: wrap(31, 39),
  cut: (line, columns) => {
    let left = columns;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence takes no room
    return line.replace(/(\x1b\[\d+m)|[^\x1b]/gu, (one, sequence) => (sequence !== undefined || left-- > 0 ? one : ''));
  },
};
