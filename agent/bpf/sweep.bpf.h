/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* The end of an exchange: nothing in a stream says that a response is over,
 * so quiet does. The agent's timers run the two programs. */
#ifndef HOPSCOPE_SWEEP_BPF_H
#define HOPSCOPE_SWEEP_BPF_H

#include "exchange.bpf.h"

/* Is there nothing more to wait for? A response is over when it passed the
 * last station and stayed quiet; without that it gets the longer time. */
static __always_inline bool is_over(struct flow *flow, __u32 phase, __u64 quiet)
{
	if (phase == HOP_RESPONSE)
		return quiet > (flow->record.first[settings.exit_slot] ? settings.quiet_ns
								      : settings.stall_ns);
	if (phase == HOP_REQUEST)
		return quiet > settings.idle_ns || (flow->closed && quiet > settings.stall_ns);
	return false;
}

static __always_inline __u64 quiet_since(const struct flow *flow, __u64 now)
{
	return now > flow->touched_ns ? now - flow->touched_ns : 0;
}

static __always_inline void sweep_one(const struct flow_key *key, struct flow *flow, __u64 now)
{
	/* Read once: what is judged to be over is what is claimed. */
	__u32 state = *(volatile __u32 *)&flow->state;
	__u64 quiet = quiet_since(flow, now);

	if (is_over(flow, state & PHASE_MASK, quiet))
		finish(flow, state);
	if (phase_of(flow) == HOP_IDLE && (flow->closed || quiet > settings.idle_ns))
		bpf_map_delete_elem(&flows, key);
}

/* One awaiting connection: finish it, or leave it for the next sweep. False
 * when this sweep has been around. */
static __always_inline bool sweep_next(__u64 now)
{
	struct flow_key key;
	struct flow *flow;
	bool seen;

	if (bpf_map_pop_elem(&awaiting, &key))
		return false;
	flow = bpf_map_lookup_elem(&flows, &key);
	if (!flow || phase_of(flow) != HOP_RESPONSE)
		return true;
	seen = flow->swept_ns == now;
	flow->swept_ns = now;
	if (!seen)
		sweep_one(&key, flow, now);
	if (phase_of(flow) == HOP_RESPONSE)
		bpf_map_push_elem(&awaiting, &key, BPF_ANY);
	return !seen;
}

/* A loop that the verifier need not unroll, on kernels before bpf_loop (5.17):
 * the callback runs once an element of this array, until it says stop. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u32);
} sweep_turns SEC(".maps");

static long sweep_turn(void *map, const __u32 *turn, __u32 *unused, __u64 *now)
{
	return !sweep_next(*now);
}

/* Run by the agent's timer: emits the responses that went quiet. Not a syscall
 * program: those sleep, and kernels before 6.2 allow them no queue. */
SEC("raw_tp")
int sweep(void *ctx)
{
	__u64 now = bpf_ktime_get_ns();

	bpf_for_each_map_elem(&sweep_turns, sweep_turn, &now, 0);
	return 0;
}

static long walk_flow(void *map, const struct flow_key *key, struct flow *flow, void *ctx)
{
	sweep_one(key, flow, bpf_ktime_get_ns());
	return 0;
}

/* Every few seconds: all connections, for those that never got a response,
 * are idle for long, or did not fit into the queue. */
SEC("raw_tp")
int walk(void *ctx)
{
	bpf_for_each_map_elem(&flows, walk_flow, NULL, 0);
	return 0;
}

#endif
