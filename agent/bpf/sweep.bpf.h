/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* The end of an exchange: nothing in a stream says that a response is over,
 * so quiet does. The agent's timer runs the program. */
#ifndef HOPSCOPE_SWEEP_BPF_H
#define HOPSCOPE_SWEEP_BPF_H

#include "exchange.bpf.h"

/* Connections looked at in one sweep: awaiting ones, and any. */
#define SWEEP_AWAITING 1024
#define SWEEP_ANY 16

/* Where the walk over all connections stands. */
static __u32 walked;

/* Is the response out of the last station, and not on its way a second time? */
static __always_inline bool is_out(const struct flow *flow)
{
	return flow->record.first[exit_of(flow)] && HOP_ARRIVED(flow);
}

/* Is there nothing more to wait for? A response is over when it is out and
 * stayed quiet; until then it gets the longer time. */
static __always_inline bool is_over(struct flow *flow, __u32 phase, __u64 quiet)
{
	if (phase == HOP_RESPONSE)
		return quiet > (is_out(flow) ? settings.quiet_ns : settings.stall_ns);
	if (phase == HOP_REQUEST)
		return quiet > settings.idle_ns || (flow->given_up && quiet > settings.stall_ns);
	return false;
}

static __always_inline void sweep_flow(struct flow *flow, __u64 now)
{
	/* Read once: what is judged to be over is what is claimed. */
	__u32 state = *(volatile __u32 *)&flow->state;
	__u64 quiet = now > flow->touched_ns ? now - flow->touched_ns : 0;

	if (is_over(flow, state & PHASE_MASK, quiet))
		finish(flow, state);
	if (phase_of(flow) == HOP_IDLE && quiet > settings.quiet_ns &&
	    (flow->closed || quiet > settings.idle_ns)) {
		if (!flow->established && !(flow->marks & HOP_LOCAL))
			count(HOP_HALF_OPEN);
		free_flow(flow);
	}
}

/* The next awaiting connection: finish it, or leave it for the next sweep. 0
 * when there is none, or this sweep has been around. A function of its own, so
 * that the verifier follows it once and not once a turn. */
__attribute__((noinline)) int sweep_awaiting(__u64 now)
{
	struct flow *flow;
	bool seen;

	if (awaiting_read == awaiting_next)
		return 0;
	flow = flow_at(awaiting[awaiting_read++ % AWAITING]);
	if (!flow)
		return 1;
	flow->queued = false;
	if (phase_of(flow) == HOP_IDLE)
		return 1;
	seen = flow->swept_ns == now;
	flow->swept_ns = now;
	if (!seen)
		sweep_flow(flow, now);
	if (phase_of(flow) != HOP_IDLE)
		enqueue(flow);
	return !seen;
}

/* Any connection: those that never get a response, are idle for long, or did
 * not fit into the queue. */
__attribute__((noinline)) int sweep_any(__u64 now)
{
	struct flow *flow = flow_at(walked++ & settings.flow_mask);

	if (!flow || !flow->taken)
		return 0;
	sweep_flow(flow, now);
	if (phase_of(flow) == HOP_IDLE)
		flow->queued = false;
	return 0;
}

/* A raw tracepoint's program that only a test run ever runs. */
SEC("raw_tp")
int sweep(void *ctx)
{
	__u64 now = bpf_ktime_get_ns();

	for (int i = 0; i < SWEEP_AWAITING && sweep_awaiting(now); i++)
		;
	for (int i = 0; i < SWEEP_ANY; i++)
		sweep_any(now);
	return 0;
}

#endif
