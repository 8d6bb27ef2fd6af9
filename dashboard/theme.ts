/** The colours that a viewer chose, or those of the system; kept by the browser. */
import { computed, effect, signal } from '@preact/signals';
import { keep, kept } from './kept.ts';

export const THEMES = ['system', 'light', 'dark', 'contrast'] as const;
export type Theme = (typeof THEMES)[number];

const dark = matchMedia('(prefers-color-scheme: dark)');
const contrast = matchMedia('(prefers-contrast: more)');

/** What was chosen here. */
export const theme = signal<Theme>(THEMES.find((name) => name === kept('theme')) ?? 'system');
const system = signal(systemTheme());
/** What is shown. */
export const shownTheme = computed(() => (theme.value === 'system' ? system.value : theme.value));

function systemTheme(): Exclude<Theme, 'system'> {
  if (contrast.matches) return 'contrast';
  return dark.matches ? 'dark' : 'light';
}

/** For as long as the page is open. */
export function followTheme(): void {
  for (const query of [dark, contrast]) {
    query.addEventListener('change', () => {
      system.value = systemTheme();
    });
  }
  effect(() => {
    document.documentElement.dataset.theme = shownTheme.value;
  });
  theme.subscribe((name) => keep('theme', name));
}
