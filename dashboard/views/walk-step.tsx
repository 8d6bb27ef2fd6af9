import { boundSentence, exactDuration, formatDuration, join, share } from '../format.ts';
import { PLACE_NAMES, spanOf } from '../layer-facts.ts';
import { current, step, steps } from '../path-state.ts';
import { summary } from '../run-choice.ts';
import { layerOf, STEP_IDS, type Step, type StepId, stepAfter } from '../walk.ts';
import { STEP_WORDS } from '../walk-words.ts';
import { BoundedNum, Duration, Num } from './num.tsx';
import './request-facts.css';
import './walk-step.css';

/** Where the walk is: how long it took, what happens there, and what usually makes it slow. */
export function WalkStep() {
  const one = current.value;
  return (
    <section class="panel" id="step" aria-labelledby="step-title" aria-live="polite">
      {one === null ? <Before /> : <Told key={one.id} step={one} />}
    </section>
  );
}

function Before() {
  const longest = steps.value.reduce<Step | null>((a, b) => ((b.share ?? 0) > (a?.share ?? 0) ? b : a), null);
  return (
    <div class="before">
      <h2 id="step-title">Walk with this request</h2>
      <p>
        It comes from a client, passes the physical machine, a switch made of software and a network card that does not
        exist, before a server in a virtual machine reads it; the answer goes all the way back. {STEP_IDS.length} steps,
        each with the time that this request really took there.
        {longest !== null && ` Most of its time went into ${longest.id}: ${join(share(longest.share))}.`}
      </p>
      <p>
        <button
          type="button"
          class="control button first start"
          onClick={() => {
            step.value = STEP_IDS[0]!;
          }}
        >
          ▶ Start
        </button>{' '}
        <small>
          or the arrow keys: → on, ← back, Esc ends. Width of the lines above: share of the run’s mean, live.
        </small>
      </p>
    </div>
  );
}

const WAYS = { in: 'on the way in', turn: 'the turning point', out: 'on the way back' } as const;

function Told({ step: one }: { step: Step }) {
  const words = STEP_WORDS[one.id];
  const at = STEP_IDS.indexOf(one.id);
  return (
    <>
      <div class="step-head">
        <p class="fine">
          Step {at + 1} of {STEP_IDS.length} · {PLACE_NAMES[one.place]} · {WAYS[one.direction]}
        </p>
        <h2 id="step-title">{words.title}</h2>
        <Turns at={at} />
      </div>
      <div class="step-body">
        <Times step={one} />
        <div>
          <h3>What happens here</h3>
          <p class="happens">
            {words.happens} {ofThisVm(one.id)}
          </p>
        </div>
        <div>
          <h3>What usually makes it slow</h3>
          <ul>
            {words.slow.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
          <p class="fine look">Where to look: {words.look.join(' · ')}</p>
        </div>
      </div>
    </>
  );
}

/** What is told in general has a name here. */
function ofThisVm(id: StepId): string {
  const guest = summary.value.value?.provenance.guest;
  if (!id.startsWith('vnic') || !guest?.nicModel) return '';
  const approach = guest.nicApproach === undefined ? '' : `: ${APPROACHES[guest.nicApproach] ?? guest.nicApproach}`;
  return `This VM’s card is ${guest.nicModel}${approach}.`;
}

const APPROACHES: Record<string, string> = {
  paravirtual: 'its driver knows that it is not real',
  full: 'it is emulated in full',
  'hardware-accelerated': 'hardware takes a part of the work',
};

function Turns({ at }: { at: number }) {
  const turn = (by: number) => () => {
    step.value = stepAfter(step.value, by);
  };
  return (
    <span class="turns">
      <button type="button" class="control button" disabled={at === 0} onClick={turn(-1)}>
        ← Back
      </button>
      <button type="button" class="control button first" disabled={at === STEP_IDS.length - 1} onClick={turn(1)}>
        Next →
      </button>
      <button
        type="button"
        class="control button"
        onClick={() => {
          step.value = null;
        }}
      >
        End
      </button>
    </span>
  );
}

/** This request beside the run, which may go on. */
function Times({ step: one }: { step: Step }) {
  const run = summary.value.value?.layers.find(({ layer }) => layer === layerOf(one.id));
  return (
    <div class="times">
      <p class="big" data-step-time title={exactDuration(one.ns) || undefined}>
        {one.isEstimate && one.ns !== null && '≈ '}
        {one.ns === null ? <span class="warn">▲ not measured</span> : <BoundedNum ns={one.ns} boundNs={one.boundNs} />}
      </p>
      <p class="fine">{sureness(one)}</p>
      <dl class="facts">
        <div>
          <dt>Begins at</dt>
          <dd>{one.fromNs === null ? '–' : <Duration ns={one.fromNs} />}</dd>
        </div>
        <div>
          <dt>Share of this request</dt>
          <dd>
            <Num of={share(one.share)} />
          </dd>
        </div>
        <div title="what the width of its line is made of">
          <dt>Run’s mean of it</dt>
          <dd data-run-mean>
            <Duration ns={run?.mean} />
          </dd>
        </div>
        <div>
          <dt>Run’s median of it</dt>
          <dd>
            <Duration ns={run?.p50} />
          </dd>
        </div>
        <div>
          <dt>Run’s p99 of it</dt>
          <dd>
            <Duration ns={run?.p99} />
          </dd>
        </div>
        <div>
          <dt>From → to</dt>
          <dd>{spanOf(layerOf(one.id))}</dd>
        </div>
      </dl>
    </div>
  );
}

function sureness({ ns, boundNs, isEstimate, missing }: Step): string {
  if (ns === null && missing.length > 0) return `no ${missing.join(', ')}: it was not stamped for this request`;
  if (ns === null)
    return isEstimate ? 'this connection did not show it' : 'no clock between host and guest at that moment';
  if (isEstimate) return 'estimated from the client’s TCP packets at the host; not a part of end to end';
  if (boundNs === 0) return `exact, one clock told both ends: ${exactDuration(ns)}`;
  const both = boundNs === null ? '' : ` In and out together need no clock.`;
  return `${boundSentence(ns, boundNs)}.${both} Proven error of the clock between host and VM: ${formatDuration(boundNs)}.`;
}
