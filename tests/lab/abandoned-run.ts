/** A run that is killed: makes a network and a process in it, says their names, then waits. */
import { startChild } from '../../lab/child.ts';
import { insideNamespace, makeNetwork } from '../../lab/network.ts';
import { RunState } from '../../lab/run-state.ts';

const [id, logFile] = process.argv.slice(2) as [string, string];
const state = new RunState(id);
const network = await makeNetwork(id, [true], state);
const child = startChild(insideNamespace(network.host, ['sleep', '1000']), { state, logFile });
console.log(JSON.stringify({ pid: child.pid, dir: state.dir }));
