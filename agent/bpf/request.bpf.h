/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Segments towards the service: which ones begin an exchange. */
#ifndef HOPSCOPE_REQUEST_BPF_H
#define HOPSCOPE_REQUEST_BPF_H

#include "exchange.bpf.h"

static __always_inline bool is_entry(const struct flow *flow, __u32 slot)
{
	return slot == settings.entry_slot || (slot == HOP_SIDE_ENTRY && flow->marks & HOP_LOCAL);
}

static __always_inline bool count_again(struct flow *flow)
{
	flow->record.flags |= HOP_RETRANSMIT;
	flow->record.retransmits_in++;
	return false;
}

/* A segment of the open request that comes again, or before the one that came
 * first: then the request begins where this one does. */
static __always_inline bool goes_on(struct flow *flow, const struct segment *s)
{
	if (before(s->seq, flow->record.request_seq)) {
		if (before(s->seq, flow->floor))
			return count_again(flow);
		restart(flow, s->seq);
	} else if (!before(flow->request_end, s->seq + s->len)) {
		count_again(flow);
	}
	return true;
}

/* New bytes at the entry station: do they open the next exchange? */
static __always_inline bool enters(struct flow *flow, const struct segment *s)
{
	__u32 overlap = 0;

	if (phase_of(flow) == HOP_REQUEST)
		return goes_on(flow, s);
	if (!before(flow->request_end, s->seq + s->len))
		return count_again(flow);
	if (is_tls_control(flow, s))
		return false;
	if (phase_of(flow) == HOP_RESPONSE) {
		if (!flow->record.first[exit_of(flow)])
			overlap = HOP_OVERLAP;
		flow->record.flags |= overlap;
		finish(flow, flow->state);
	}
	begin(flow, s, overlap);
	return true;
}

/* A segment towards the service at station `slot`, of a connection that is known. */
static __always_inline void pass_request(struct flow *flow, const struct segment *s, __u32 slot)
{
	if (HOP_SIDE_ENTRY != NO_SLOT && slot == settings.entry_slot)
		flow->marks &= ~HOP_LOCAL;
	if (is_entry(flow, slot) && !enters(flow, s))
		return;
	if (phase_of(flow) == HOP_IDLE || before(s->seq, flow->record.request_seq))
		return;
	if (before(flow->request_end, s->seq + s->len))
		flow->request_end = s->seq + s->len;
	flow->record.request_bytes = flow->request_end - flow->record.request_seq;
	stamp(flow, slot, bpf_ktime_get_ns(), covers(s->seq, s->len, flow->record.request_seq));
}

/* A segment towards the service at station `slot`; `flow` is what is known of
 * its connection, NULL for nothing yet. */
static __always_inline struct flow *pass(struct flow *flow, const struct segment *s, __u32 slot)
{
	if (!flow && s->len &&
	    (slot == settings.entry_slot || (slot == HOP_SIDE_ENTRY && HOP_BY_SIDE(s)))) {
		flow = open_flow(s, s->seq);
		if (flow) {
			flow->established = true;
			flow->marks |= HOP_MIDSTREAM | (slot != settings.entry_slot ? HOP_LOCAL : 0);
		}
	}
	if (!flow)
		return NULL;
	if (s->flags & (TCP_FIN | TCP_RST) && on_close(flow, s, false))
		return NULL;
	if (s->len)
		pass_request(flow, s, slot);
	return flow;
}

static __always_inline struct flow *on_request(const struct segment *s, __u32 slot)
{
	return pass(find_flow(&s->key), s, slot);
}

#endif
