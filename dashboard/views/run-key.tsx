import './run-key.css';

/** Which of two runs something is of: by its letter and its look, dashed or full, not by its colour alone. */
export function RunKey({ of }: { of: 'a' | 'b' }) {
  return <span class={`run-key is-${of}`}>{of.toUpperCase()}</span>;
}
