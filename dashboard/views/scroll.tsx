import type { ComponentChildren } from 'preact';
import './scroll.css';

/** Scrolls sideways where the page is narrow; reachable by keyboard, or what is cut off could not be read. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must take the focus (WCAG 2.1.1)
    <section class="scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
