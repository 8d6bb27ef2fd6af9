import { signal } from '@preact/signals';
import type { TargetedEvent, TargetedKeyboardEvent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type Command, commands } from '../commands.ts';
import { paletteOpen, singleKeys } from '../keyboard.ts';
import './palette.css';

const sought = signal('');
const chosen = signal(0);

/** Every command with its keys, found by typing: the list of keys and the palette in one. */
export function Palette() {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = paletteOpen.value;
  useEffect(() => {
    if (!isOpen) return;
    sought.value = '';
    chosen.value = 0;
    dialog.current?.showModal();
  }, [isOpen]);
  const close = () => {
    paletteOpen.value = false;
  };
  return (
    <>
      <button type="button" class="control button" title="Commands and keys: ?" onClick={open}>
        Keys <kbd>?</kbd>
      </button>
      <dialog ref={dialog} class="palette" aria-labelledby="palette-title" onClose={close}>
        {isOpen && <Commands leave={() => dialog.current?.close()} />}
      </dialog>
    </>
  );
}

function open(): void {
  paletteOpen.value = true;
}

function found(): Command[] {
  const words = sought.value.toLowerCase().split(/\s+/).filter(Boolean);
  return commands.value.filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)));
}

function Commands({ leave }: { leave: () => void }) {
  const all = found();
  const at = Math.min(chosen.value, all.length - 1);
  const run = (command: Command | undefined) => {
    if (command === undefined) return;
    leave();
    command.run();
  };
  const press = (event: TargetedKeyboardEvent<HTMLInputElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter') run(all[at]);
    else if (step !== undefined) chosen.value = (at + step + all.length) % Math.max(1, all.length);
    else return;
    event.preventDefault();
  };
  const seek = (event: TargetedEvent<HTMLInputElement>) => {
    sought.value = event.currentTarget.value;
    chosen.value = 0;
  };
  return (
    <>
      <h2 id="palette-title">Commands and keys</h2>
      <input
        class="control"
        type="text"
        role="combobox"
        aria-label="Find a command"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={all.length > 0 ? `command-${at}` : undefined}
        placeholder="type to find, Enter to run, Esc to leave"
        onInput={seek}
        onKeyDown={press}
      />
      <div id="palette-list" role="listbox" aria-label="Commands">
        {all.map(({ title, keys }, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the focus and the keys
          <div
            key={title}
            id={`command-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === at}
            onClick={() => run(all[i])}
          >
            {title} <Keys keys={keys} />
          </div>
        ))}
      </div>
      {all.length === 0 && <p class="fine">No such command.</p>}
      <label class="fine">
        <input type="checkbox" checked={singleKeys.value} onChange={toggleKeys} /> single keys run commands (Ctrl K
        always opens this)
      </label>
    </>
  );
}

function toggleKeys(event: TargetedEvent<HTMLInputElement>): void {
  singleKeys.value = event.currentTarget.checked;
}

const SIGNS: Record<string, string> = { ArrowRight: '→', ArrowLeft: '←', Escape: 'Esc' };

function Keys({ keys }: { keys: string }) {
  if (keys === '') return null;
  return (
    <span class="keys">
      {keys.split(' ').map((key) => (
        <kbd key={key}>{SIGNS[key] ?? key}</kbd>
      ))}
    </span>
  );
}
