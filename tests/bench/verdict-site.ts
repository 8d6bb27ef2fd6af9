/**
 * Where breaches are planted: a booted lab under steady load. It runs with real-time priority, so that what else the
 * machine does starves nobody; QEMU alone is made an ordinary program while it is to be starved.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type Lab, type LabPlan, withLab } from '../../lab/booted-lab.ts';
import { runCommand } from '../../lab/command.ts';
import { runInGuest } from '../../lab/guest-shell.ts';
import { vmsOf } from '../../lab/lab-vm.ts';
import { LoadProcess } from '../../lab/load-process.ts';
import type { Ending } from '../../lab/session.ts';
import { freePort } from '../vm/lab-run.ts';

const OBJECTIVES = join(import.meta.dirname, 'verdict-objectives.yaml');
const NIC = 'virtio-net-pci';
const RATE = 25;
const CONNECTIONS = 8;
/** Through Nginx to the app behind it, which takes its time. */
const PATH = '/app/sleep/2';
const REAL_TIME = ['--all-tasks', '--rr', '--pid', '1'];
const ORDINARY = ['--all-tasks', '--other', '--pid', '0'];

export class Site {
  readonly lab: Lab;
  readonly signal: AbortSignal;
  readonly #isRealTime: boolean;

  private constructor(lab: Lab, signal: AbortSignal, isRealTime: boolean) {
    this.lab = lab;
    this.signal = signal;
    this.#isRealTime = isRealTime;
  }

  /** Boots, drives the steady load, and resolves with what `use` gives. */
  static async with<T>({ stop }: Ending, use: (site: Site) => Promise<T>): Promise<T> {
    const isRealTime = spawnSync('chrt', [...REAL_TIME, String(process.pid)]).status === 0;
    if (!isRealTime) console.error('real-time priority is not allowed here: what else the machine does will show');
    const plan: LabPlan = {
      ...{ vms: vmsOf(1, [NIC]), accel: 'auto', kernel: '6.1', image: 'standard', port: await freePort() },
      ...{ uplink: 'channel', servicePorts: [80], skipProbes: '', app: true, shell: true, artifacts: null },
      objectives: OBJECTIVES,
    };
    return withLab(plan, stop, async (lab) => {
      const site = new Site(lab, stop.signal, isRealTime);
      const load = site.load(RATE, null, 'steady');
      const failed = load.ended.then((): never => {
        throw new Error('the steady load ended');
      });
      try {
        return await Promise.race([use(site), failed]);
      } finally {
        failed.catch(() => undefined);
        load.stop();
      }
    });
  }

  /** The first guest's QEMU. */
  get qemu(): number {
    return this.lab.guests[0]!.child.pid;
  }

  /** @param durationS null: until it is stopped */
  load(rate: number, durationS: number | null, name: string): { ended: Promise<unknown>; stop: () => void } {
    const load = new LoadProcess(this.lab, `-${name}`);
    const plan = { host: this.lab.vms[0]!.address, port: 80, path: PATH, rate, durationS, connections: CONNECTIONS };
    const ended = load.run(plan, () => undefined, this.signal).finally(() => load.end());
    return { ended, stop: () => load.finish() };
  }

  /** Runs a script in the guest; a failing one is an error. */
  async inGuest(script: string): Promise<void> {
    const { code, stdout } = await runInGuest(this.lab.network.host, `set -e\n${script}`, 60_000);
    if (code !== 0) throw new Error(`in the guest: ${stdout}\n${script}`);
  }

  /** While `plant` lasts, QEMU has no priority over others. */
  async asOrdinary(plant: () => Promise<void>): Promise<void> {
    if (this.#isRealTime) await runCommand('chrt', [...ORDINARY, String(this.qemu)]);
    try {
      await plant();
    } finally {
      if (this.#isRealTime) await runCommand('chrt', [...REAL_TIME, String(this.qemu)]);
    }
  }
}
