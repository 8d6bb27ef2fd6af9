/** The flags that say who is told of alerts. */
import { parseReceiver, type Receiver, type ReceiverKind } from './receiver.ts';

export type ReceiverFlag = 'notify' | 'alertmanager';

const KINDS: Record<ReceiverFlag, ReceiverKind> = { notify: 'webhook', alertmanager: 'alertmanager' };

/**
 * @param isSeen whether a flag was typed where others can read it
 * @returns a fault never has an address in it
 */
export function receiversOf(
  flags: Record<ReceiverFlag, string[]> & { objectives?: string },
  isSeen: (flag: ReceiverFlag) => boolean,
): { receivers: readonly Receiver[]; fault: string | null } {
  const receivers: Receiver[] = [];
  for (const flag of ['notify', 'alertmanager'] as const) {
    for (const text of flags[flag]) {
      const result = parseReceiver(KINDS[flag], text, isSeen(flag));
      if (!result.ok) return { receivers, fault: `--${flag}: ${result.fault}` };
      receivers.push(result.receiver);
    }
  }
  // The environment may be there for every server of a machine.
  const isAsked = (['notify', 'alertmanager'] as const).some((flag) => flags[flag].length > 0 && isSeen(flag));
  const isIdle = isAsked && flags.objectives === undefined;
  const fault = isIdle ? 'There is nothing to tell of without objectives: give --objectives FILE.' : null;
  return { receivers, fault };
}
