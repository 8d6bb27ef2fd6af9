/** Keys that run commands, wherever the focus is, but for fields that take text. */
import { signal } from '@preact/signals';
import { commands } from './commands.ts';
import { keep, kept } from './kept.ts';
import { nextKey } from './key-sequence.ts';

/** A second key counts as one sequence with the first for so long. */
const SEQUENCE_MS = 1_000;

/** Whether the palette is shown. */
export const paletteOpen = signal(false);
/** Single characters can be turned off: speech input types them by accident (WCAG 2.1.4). */
export const singleKeys = signal(kept('keys') !== 'off');

/** For as long as the page is open. */
export function followKeys(): void {
  let pressed = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  addEventListener('keydown', (event) => {
    if (isPalette(event)) {
      event.preventDefault();
      paletteOpen.value = true;
      return;
    }
    if (isInDialog() || isTyping(event) || isTaken(event)) return;
    if (!singleKeys.value && isCharacter(event)) return;
    clearTimeout(timer);
    const { command, kept: begun } = nextKey(pressed, event.key, commands.value);
    pressed = begun;
    timer = setTimeout(() => {
      pressed = '';
    }, SEQUENCE_MS);
    if (command === null) return;
    event.preventDefault();
    command.run();
  });
  singleKeys.subscribe((on) => keep('keys', on ? 'on' : 'off'));
}

/** A dialog keeps its keys. */
function isInDialog(): boolean {
  return document.querySelector('dialog[open]') !== null;
}

function isPalette(event: KeyboardEvent): boolean {
  if ((event.ctrlKey || event.metaKey) && event.key === 'k') return true;
  return event.key === '?' && singleKeys.value && !isTyping(event);
}

const isCharacter = ({ key }: KeyboardEvent): boolean => key.length === 1;

/** Where arrow keys and their like mean something already, they go on meaning it. */
function isTaken(event: KeyboardEvent): boolean {
  if (isCharacter(event)) return false;
  return event.target instanceof Element && event.target.closest('input, select, textarea, dialog, .scroll') !== null;
}

function isTyping({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return true;
  return (
    target instanceof HTMLElement && target.matches('input:not([type="radio"]), textarea, select, [contenteditable]')
  );
}
