import { render } from 'preact';
import { compare, keepAddress } from './compare-state.ts';
import { ComparePage } from './views/compare-page.tsx';

/** Two runs side by side, as the address says. */
export function startCompare(root: Element): void {
  document.title = 'Compare · Hopscope';
  keepAddress();
  void compare();
  render(<ComparePage />, root);
}
