import type { Label } from '../labels.ts';
import './labels.css';

/** Small marks, each with what it means. */
export function Labels({ of }: { of: readonly Label[] }) {
  return (
    <>
      {of.map(({ text, title, tone }) => (
        <span key={text} class={`label ${tone}`} title={title || undefined}>
          {text}
        </span>
      ))}
    </>
  );
}
