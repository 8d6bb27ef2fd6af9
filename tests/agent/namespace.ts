/**
 * Real network namespaces, made and removed by the test. A namespace is
 * entered by this process's own thread: sockets made inside belong to it for
 * good, whatever is entered later. One process can so be client, VM and host.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';

const CLONE_NEWNET = 0x40000000;
const setns = koffi.load('libc.so.6').func('int setns(int fd, int type)');

function enter(path: string): void {
  const fd = openSync(path, 'r');
  const status = setns(fd, CLONE_NEWNET) as number;
  closeSync(fd);
  if (status !== 0) throw new Error(`setns ${path}: error ${koffi.errno()}; these tests need root`);
}

let made = 0;
const left = new Set<Namespace>();

// Also when a test file fails before its own clean-up is known.
process.once('exit', () => {
  for (const namespace of left) namespace.remove();
});

export class Namespace {
  readonly name: string;

  constructor(label: string) {
    made += 1;
    this.name = `hoptest-${process.pid}-${made}-${label}`;
    execFileSync('ip', ['netns', 'add', this.name]);
    left.add(this);
    this.ip('link set lo up');
  }

  /** `ip` with these words, inside. */
  ip(words: string): string {
    return execFileSync('ip', ['-n', this.name, ...words.split(' ')], { encoding: 'utf8', stdio: 'pipe' });
  }

  /** The words that run a command inside. */
  command(...words: string[]): [string, string[]] {
    return ['ip', ['netns', 'exec', this.name, ...words]];
  }

  run(...words: string[]): string {
    const [program, args] = this.command(...words);
    return execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' });
  }

  /** Run `work` inside, to its end: it must not wait for anything. */
  inside<T>(work: () => T): T {
    const before = openSync('/proc/thread-self/ns/net', 'r');
    try {
      enter(`/run/netns/${this.name}`);
      return work();
    } finally {
      const status = setns(before, CLONE_NEWNET) as number;
      closeSync(before);
      if (status !== 0) process.abort(); // no test may go on in the wrong network
    }
  }

  /** Stay inside until the returned function is called. */
  stay(): () => void {
    const before = openSync('/proc/thread-self/ns/net', 'r');
    enter(`/run/netns/${this.name}`);
    return () => {
      setns(before, CLONE_NEWNET);
      closeSync(before);
    };
  }

  remove(): void {
    if (left.delete(this)) execFileSync('ip', ['netns', 'del', this.name]);
  }
}
