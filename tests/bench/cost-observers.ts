/** Who may watch Nginx in the guest, how each is switched on and off, and what it says it lost. */
import { type CostLab, GUEST_FOLDER } from './cost-lab.ts';
import type { NaiveState } from './cost-naive.ts';

export const OBSERVERS = ['nothing', 'nothing again', 'hopscope', 'naive', 'tcpdump', 'bpftrace'] as const;
export type ObserverName = (typeof OBSERVERS)[number];

const SWITCH_LIMIT_MS = 900_000;
const NAIVE_STATE = '/tmp/naive.json';
const AGENT_COMMAND = '/tmp/agent.command';

/** Waits for `condition` (a shell test), in steps that cost the guest little. */
function until(condition: string): string {
  return `until ${condition}; do sleep 0.1; done`;
}

/** What each tells about its own losses when it ends. */
const LOSSES: Partial<Record<ObserverName, string>> = {
  tcpdump: `sed -n 's/ packets dropped by kernel//p' /tmp/tcpdump.log`,
  bpftrace: `awk '/^Lost/ { n += $2 } END { print n + 0 }' /tmp/bpftrace.log /tmp/bpftrace.out`,
};

export class Observers {
  readonly #lab: CostLab;
  #on: ObserverName = 'hopscope';
  /** Process ids in the guest; 0 where it does not run. */
  readonly pids: Record<ObserverName, number> = {
    nothing: 0,
    'nothing again': 0,
    hopscope: 0,
    naive: 0,
    tcpdump: 0,
    bpftrace: 0,
  };

  /** Packets or lines, by those who say so. */
  readonly lost: Partial<Record<ObserverName, number>> = {};

  private constructor(lab: CostLab) {
    this.#lab = lab;
  }

  /** Takes the agent out of the lab's hands, so that it may be off; leaves nothing switched on. */
  static async prepare(lab: CostLab): Promise<Observers> {
    const observers = new Observers(lab);
    await observers.#adoptAgent();
    await observers.switchTo('nothing');
    observers.pids.naive = await observers.#start(
      `node ${GUEST_FOLDER}/cost-guest.mjs naive ${GUEST_FOLDER}/naive.bpf.o ${NAIVE_STATE}`,
      'naive',
      `[ -s ${NAIVE_STATE} ]`,
    );
    return observers;
  }

  async switchTo(name: ObserverName): Promise<void> {
    if (name !== this.#on) {
      await this.#off(this.#on);
      await this.#turnOn(name);
    }
    this.#on = name;
  }

  /** With other flags than the lab's, e.g. a ring of its own size. Hopscope must be off. */
  async startAgent(moreFlags = ''): Promise<void> {
    const command = `nice -n 10 $(cat ${AGENT_COMMAND}) ${moreFlags}`;
    const connected = `grep -q ' connected: ' /tmp/agent.log`;
    // On a busy machine a guest can be slower than the server's patience: then once more, thrice at most.
    const started = () => this.#start(command, 'agent', connected);
    this.pids.hopscope = await started().catch(started).catch(started);
    this.#on = 'hopscope';
  }

  async naiveState(): Promise<NaiveState> {
    return JSON.parse(await this.#lab.guest(`cat ${NAIVE_STATE}`));
  }

  /** Its shell in the guest would start it again, or tell the lab that it ended: that goes first. */
  async #adoptAgent(): Promise<void> {
    const found = await this.#lab.guest(`
      for pid in $(pidof node); do
        grep -q agent.mjs /proc/$pid/cmdline || continue
        tr '\\0' ' ' < /proc/$pid/cmdline > ${AGENT_COMMAND}
        kill -9 $(sed 's/.*) . \\([0-9]*\\) .*/\\1/' /proc/$pid/stat)
        echo $pid
      done`);
    this.pids.hopscope = Number(found);
    if (!this.pids.hopscope) throw new Error(`no agent runs in the guest: ${found}`);
  }

  async #turnOn(name: ObserverName): Promise<void> {
    if (name === 'hopscope') await this.startAgent();
    else if (name === 'naive') await this.#orderNaive('HUP', true);
    else if (name === 'tcpdump') {
      const command = 'tcpdump -i eth0 -w /tmp/tcpdump.pcap -U tcp port 80';
      this.pids.tcpdump = await this.#start(command, 'tcpdump', `grep -q listening /tmp/tcpdump.log`);
    } else if (name === 'bpftrace') {
      const command = `bpftrace -o /tmp/bpftrace.out ${GUEST_FOLDER}/cost.bt`;
      this.pids.bpftrace = await this.#start(command, 'bpftrace', this.#attachedBy('bpftrace'));
    }
  }

  /** Its last program is attached when its links are all there. */
  #attachedBy(name: string): string {
    return `[ "$(cat /proc/$(cat /tmp/${name}.pid)/fdinfo/* 2>/dev/null | grep -c '^prog_id')" -ge 12 ]`;
  }

  async #off(name: ObserverName): Promise<void> {
    if (name === 'naive') return this.#orderNaive('USR2', false);
    const pid = this.pids[name];
    if (pid === 0) return;
    const signal = name === 'hopscope' ? 'TERM' : 'INT';
    await this.#lab.guest(`kill -${signal} ${pid}; ${until(`[ ! -e /proc/${pid} ]`)}`, SWITCH_LIMIT_MS);
    this.pids[name] = 0;
    const lost = LOSSES[name];
    if (lost) this.lost[name] = (this.lost[name] ?? 0) + Number(await this.#lab.guest(lost));
    await this.#lab.guest('rm -f /tmp/tcpdump.pcap /tmp/bpftrace.out');
  }

  async #orderNaive(signal: string, attached: boolean): Promise<void> {
    const done = until(`grep -q '"attached":${attached}' ${NAIVE_STATE}`);
    await this.#lab.guest(`kill -${signal} ${this.pids.naive}; ${done}`, SWITCH_LIMIT_MS);
  }

  /** Starts `command` in the background and waits for `ready`. @returns its process id */
  async #start(command: string, name: string, ready: string): Promise<number> {
    const script = `
      rm -f /tmp/${name}.log
      setsid sh -c 'echo $$ > /tmp/${name}.pid; exec ${command}' > /tmp/${name}.log 2>&1 &
      ${until('[ -s /tmp/NAME.pid ]').replace('NAME', name)}
      until ${ready}; do
        [ -e /proc/$(cat /tmp/${name}.pid) ] || { cat /tmp/${name}.log; exit 1; }
        sleep 0.2
      done
      cat /tmp/${name}.pid; rm /tmp/${name}.pid`;
    return Number(await this.#lab.guest(script, SWITCH_LIMIT_MS));
  }
}
