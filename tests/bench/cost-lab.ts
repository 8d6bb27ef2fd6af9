/** A real guest for the cost benchmark: booted by `hopscope up --shell`, with the bench's own programs put into it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { stateDir } from '../../lab/run-state.ts';
import { LabRun } from '../vm/lab-run.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Beside the agent's bundle, where koffi is found. */
export const GUEST_FOLDER = '/run/hopscope/agent';
const BOOT_LIMIT_MS = 400_000;

export class CostLab {
  readonly run: LabRun;

  private constructor(run: LabRun) {
    this.run = run;
  }

  /** Resolves when requests are joined and the bench's files are in the guest. */
  static async start(...flags: string[]): Promise<CostLab> {
    const lab = new CostLab(await LabRun.start('--shell', ...flags));
    try {
      await lab.run.joined(1, BOOT_LIMIT_MS);
      await lab.#put();
    } catch (error) {
      await lab.stop();
      throw error;
    }
    return lab;
  }

  /** Runs a shell script in the guest; throws with its output unless it ends with 0. */
  async guest(script: string, limitMs?: number): Promise<string> {
    const { code, stdout } = await this.run.guest(script, limitMs);
    if (code !== 0) throw new Error(`in the guest, exit code ${code}:\n${script}\n${stdout}`);
    return stdout;
  }

  get hostNamespace(): string {
    return this.run.hostNamespace;
  }

  get clientNamespace(): string {
    return this.run.clientNamespace;
  }

  /** From here on the server's summary counts anew. */
  async newRun(name: string): Promise<void> {
    const id = /^hopscope-(.*)-host$/.exec(this.hostNamespace)![1]!;
    const token = readFileSync(join(stateDir(), id, 'token'), 'utf8');
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${this.run.url}/api/runs`, { method: 'POST', headers, body: JSON.stringify({ name }) });
    if (!answer.ok) throw new Error(`no new run: ${answer.status} ${await answer.text()}`);
  }

  async stop(): Promise<void> {
    await this.run.stop();
  }

  async #put(): Promise<void> {
    for (const [name, bytes] of Object.entries(await guestFiles())) {
      await this.guest(`echo ${bytes.toString('base64')} | base64 -d > ${GUEST_FOLDER}/${name}`);
    }
  }
}

async function guestFiles(): Promise<Record<string, Buffer>> {
  const folder = mkdtempSync(join(tmpdir(), 'hopscope-cost-'));
  try {
    await bundle(folder);
    compileNaive(join(folder, 'naive.bpf.o'));
    const made = ['cost-guest.mjs', 'naive.bpf.o'].map((name) => [name, readFileSync(join(folder, name))]);
    return { ...Object.fromEntries(made), 'cost.bt': readFileSync(join(import.meta.dirname, 'cost.bt')) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compileNaive(output: string): void {
  const machine = ['-D__TARGET_ARCH_x86', '-I/usr/include/x86_64-linux-gnu'];
  const flags = ['-g', '-O2', '-Wall', '-target', 'bpf', '-mcpu=v3', ...machine];
  execFileSync('clang', [...flags, '-c', join(import.meta.dirname, 'naive.bpf.c'), '-o', output], { stdio: 'inherit' });
}

async function bundle(folder: string): Promise<void> {
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'warn',
    ssr: { noExternal: true, external: ['koffi'] },
    build: {
      ssr: join(import.meta.dirname, 'cost-guest.ts'),
      outDir: folder,
      emptyOutDir: false,
      target: 'node22',
      minify: false,
      rollupOptions: { output: { entryFileNames: 'cost-guest.mjs' } },
    },
  });
}
