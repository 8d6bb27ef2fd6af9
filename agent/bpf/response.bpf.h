/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Segments from the service: what answers, what goes on, what comes again. */
#ifndef HOPSCOPE_RESPONSE_BPF_H
#define HOPSCOPE_RESPONSE_BPF_H

#include "exchange.bpf.h"

/* The service answers: from here on the exchange waits for the response's end. */
static __always_inline void turn(struct flow *flow)
{
	flow->starting = true;
	set_phase(flow, HOP_RESPONSE);
	enqueue(flow);
}

/* The record has left, but its response goes on: it was a pause and no end. */
static __always_inline void turn_back(struct flow *flow)
{
	flow->record.flags |= HOP_CONTINUED;
	flow->state = ((flow->state & ~PHASE_MASK) + GENERATION) | HOP_RESPONSE;
	enqueue(flow);
	count(HOP_BEGUN);
}

/* Bytes that a segment has beyond the response as it was seen so far. */
static __always_inline bool is_new(const struct flow *flow, const struct segment *s)
{
	return !flow->response_end || before(flow->response_end, s->seq + s->len);
}

static __always_inline bool is_continued(const struct flow *flow, const struct segment *s)
{
	return flow->begun && flow->record.response_bytes && is_new(flow, s) &&
	       !(flow->marks & HOP_UPGRADED) && flow->protocol != HOP_HTTP2 && !is_tls_control(flow, s);
}

/* Do these bytes belong to the response of the open exchange? */
static __always_inline bool responds(struct flow *flow, const struct segment *s)
{
	if (phase_of(flow) == HOP_RESPONSE)
		return !flow->starting || is_new(flow, s);
	if (phase_of(flow) == HOP_IDLE) {
		if (!is_continued(flow, s))
			return false;
		turn_back(flow);
		return true;
	}
	if (!is_new(flow, s))
		return false;
	if (flow->interim) {
		flow->interim = false;
		flow->response_end = s->seq + s->len;
		return false;
	}
	turn(flow);
	return true;
}

/* At the first packet station of the response: is it there for the second time? */
static __always_inline void note_sent(struct flow *flow, const struct segment *s)
{
	__u32 end = s->seq + s->len;

	if (flow->sent_end && !before(flow->sent_end, end)) {
		flow->record.flags |= HOP_RETRANSMIT;
		flow->record.retransmits_out++;
	} else {
		flow->sent_end = end;
	}
}

/* A segment with bytes from the service at station `slot`. */
static __always_inline void pass_response(struct flow *flow, const struct segment *s, __u32 slot)
{
	struct hop_record *r = &flow->record;

	if (slot == HOP_TURN)
		note_sent(flow, s);
	if (!responds(flow, s))
		return;
	if (flow->starting) {
		flow->starting = false;
		r->response_seq = s->seq;
		flow->response_end = s->seq;
	}
	if (before(s->seq + s->len, r->response_seq + 1)) {
		/* The first byte was lost before it came here. */
		r->flags |= HOP_RETRANSMIT;
		return;
	}
	if (before(flow->response_end, s->seq + s->len)) {
		flow->response_end = s->seq + s->len;
		r->response_bytes = flow->response_end - r->response_seq;
		r->acked_ns = 0;
	}
	stamp(flow, slot, bpf_ktime_get_ns(), covers(s->seq, s->len, r->response_seq));
}

/* A SYN-ACK starts a connection on these ports, whatever was there before: a
 * client may take the port of a request that was never answered. */
static __always_inline struct flow *on_handshake(const struct segment *s)
{
	struct flow *old = find_flow(&s->key);

	if (old && phase_of(old) != HOP_IDLE)
		finish(old, old->state);
	return open_flow(s, s->ack);
}

/* A segment from the service at station `slot`. */
static __always_inline struct flow *on_response(const struct segment *s, __u32 slot)
{
	struct flow *flow;

	if ((s->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) && slot == HOP_TURN)
		return on_handshake(s);
	flow = find_flow(&s->key);
	if (!flow)
		return NULL;
	if (s->flags & (TCP_FIN | TCP_RST) && on_close(flow, s, true))
		return NULL;
	if (s->len)
		pass_response(flow, s, slot);
	return flow;
}

#endif
