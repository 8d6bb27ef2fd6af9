/** What an operator sets and pages need to know. */

/** What the operator set for the pages. */
export interface Settings {
  /** Address of an exchange's trace in the user's own backend, with the words of {@link TRACE_WORDS} in braces; null where nobody set one. */
  traceUrl: string | null;
}

/** What an address of traces may say of an exchange: it began at `fromMs` and was over before `toMs`, ms since the epoch. */
export const TRACE_WORDS = ['run', 'vm', 'client', 'clientPort', 'server', 'serverPort', 'fromMs', 'toMs'] as const;
