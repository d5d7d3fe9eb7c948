/** How much work a figure of the data is. */
export interface DataEffort {
  /** Size of the database, in MiB. */
  readonly mebibytes: number;
  readonly rounds: number;
}

/** Something that keeps or brings back a stack's data, and is measured on an engine. */
export interface DataFigure {
  readonly name: string;
  readonly title: string;
  readonly usual: DataEffort;
  /**
   * Makes what it needs, measures, and removes it again.
   * @returns lines of Markdown
   */
  readonly measure: (effort: DataEffort) => Promise<readonly string[]>;
}

/** An expression in SQL of about a kibibyte of text that compresses to half, made from `n`. */
export const kibibyte = "(select string_agg(md5(n::text || m), '') from generate_series(1, 30) m)";
