/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Assembling an exchange: every station of a vantage stamps the same record,
 * kept with its connection, and one record leaves when the response is over. */
#ifndef HOPSCOPE_EXCHANGE_BPF_H
#define HOPSCOPE_EXCHANGE_BPF_H

#include "flow.bpf.h"

/* Each side defines, before it includes this file: HOP_VANTAGE, HOP_HANDSHAKE
 * (the slot where a SYN-ACK opens a connection), and where it must not report
 * everything HOP_OWNED(record). */

/* The exchange is over for whoever still finds it as it was. */
static __always_inline bool claim(struct flow *flow, __u32 state)
{
	return __sync_val_compare_and_swap(&flow->state, state, state & ~PHASE_MASK) == state;
}

/* Hand the record over. It is copied before it is claimed: the sweep can be
 * interrupted by the next request, which then has finished it already. */
static __always_inline void finish(struct flow *flow, __u32 state)
{
	struct hop_record *out;

#ifdef HOP_OWNED
	if (!HOP_OWNED(&flow->record)) {
		if (claim(flow, state))
			count(HOP_FOREIGN);
		return;
	}
#endif
	out = bpf_ringbuf_reserve(&ring, sizeof(*out), 0);
	if (!out) {
		if (claim(flow, state))
			count(HOP_RING_FULL);
		return;
	}
	__builtin_memcpy(out, &flow->record, sizeof(*out));
	out->rtt_ns = flow->rtt_ns;
	if (flow->closed)
		out->flags |= HOP_CLOSED;
	if (claim(flow, state))
		emit(out);
	else
		bpf_ringbuf_discard(out, BPF_RB_NO_WAKEUP);
}

static __always_inline struct flow *open_flow(const struct segment *s, bool midstream)
{
	__u32 zero = 0;
	struct flow *fresh = bpf_map_lookup_elem(&blank, &zero);

	if (!fresh)
		return NULL;
	__builtin_memcpy(fresh->record.client, s->key.client, 16);
	__builtin_memcpy(fresh->record.server, s->key.server, 16);
	fresh->record.client_port = s->key.client_port;
	fresh->record.server_port = s->key.server_port;
	fresh->record.vantage = HOP_VANTAGE;
	fresh->midstream = midstream;
	fresh->touched_ns = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&flows, &s->key, fresh, BPF_ANY)) {
		count(HOP_FLOW_FULL);
		return NULL;
	}
	return bpf_map_lookup_elem(&flows, &s->key);
}

/* A SYN-ACK starts a connection on these ports, whatever was there before: a
 * client may take the port of a request that was never answered. */
static __always_inline struct flow *on_handshake(const struct segment *s)
{
	struct flow *old = bpf_map_lookup_elem(&flows, &s->key);

	if (old && phase_of(old) != HOP_IDLE)
		finish(old, old->state);
	return open_flow(s, false);
}

static __always_inline void begin(struct flow *flow, const struct segment *s)
{
	struct hop_record *r = &flow->record;

	__builtin_memset(r->first, 0, sizeof(r->first));
	__builtin_memset(r->last, 0, sizeof(r->last));
	r->request_seq = s->seq;
	r->response_seq = 0;
	r->request_bytes = 0;
	r->response_bytes = 0;
	r->ifindex = 0;
	r->flags = (s->ipv4 ? HOP_IPV4 : 0) | (flow->midstream ? HOP_MIDSTREAM : 0);
	r->task = 0;
	r->status = 0;
	r->head_len = 0;
	flow->request_end = s->seq;
	flow->midstream = false;
	flow->state = ((flow->state & ~PHASE_MASK) + GENERATION) | HOP_REQUEST;
	count(HOP_BEGUN);
}

static __always_inline void stamp(struct flow *flow, __u32 slot, __u64 now, bool is_first)
{
	struct hop_record *r = &flow->record;

	if (is_first) {
		if (!r->first[slot])
			r->first[slot] = now;
		else
			r->flags |= HOP_RETRANSMIT;
	}
	r->last[slot] = now;
	flow->touched_ns = now;
}

/* New bytes at the entry station: do they open the next exchange? */
static __always_inline bool enters(struct flow *flow, const struct segment *s)
{
	if (phase_of(flow) == HOP_REQUEST)
		return true;
	if (flow->record.request_seq && !before(flow->request_end, s->seq + s->len)) {
		flow->record.flags |= HOP_RETRANSMIT;
		return false;
	}
	if (phase_of(flow) == HOP_RESPONSE) {
		if (!flow->record.first[settings.exit_slot])
			flow->record.flags |= HOP_OVERLAP;
		finish(flow, flow->state);
	}
	begin(flow, s);
	return true;
}

/* A FIN or RST without an open exchange ends the connection here and now, true;
 * with one the sweep does it, once the last stations have seen it. */
static __always_inline bool on_close(struct flow *flow, const struct segment *s)
{
	flow->closed = true;
	if (phase_of(flow) == HOP_IDLE && !s->len) {
		bpf_map_delete_elem(&flows, &s->key);
		return true;
	}
	if (s->flags & TCP_RST && phase_of(flow) != HOP_IDLE)
		flow->record.flags |= HOP_RESET;
	return false;
}

/* A segment towards the service at station `slot`. */
static __always_inline struct flow *on_request(const struct segment *s, __u32 slot)
{
	struct flow *flow = bpf_map_lookup_elem(&flows, &s->key);
	__u64 now = bpf_ktime_get_ns();

	if (!flow && s->len && slot == settings.entry_slot)
		flow = open_flow(s, true);
	if (!flow)
		return NULL;
	if (s->flags & (TCP_FIN | TCP_RST) && on_close(flow, s))
		return NULL;
	if (!s->len)
		return flow;
	if (slot == settings.entry_slot && !enters(flow, s))
		return flow;
	if (phase_of(flow) == HOP_IDLE || before(s->seq, flow->record.request_seq))
		return flow;
	if (before(flow->request_end, s->seq + s->len)) {
		flow->request_end = s->seq + s->len;
		flow->record.request_bytes = flow->request_end - flow->record.request_seq;
	}
	stamp(flow, slot, now, covers(s->seq, s->len, flow->record.request_seq));
	return flow;
}

/* The first response byte fixes where the response starts. A full queue is no
 * loss: the walk over all flows finds the connection a little later. */
static __always_inline void turn(struct flow *flow, const struct flow_key *key, __u32 seq)
{
	flow->record.response_seq = seq;
	set_phase(flow, HOP_RESPONSE);
	bpf_map_push_elem(&awaiting, key, BPF_ANY);
}

static __always_inline void stamp_response(struct flow *flow, const struct segment *s,
					   __u32 slot)
{
	struct hop_record *r = &flow->record;
	__u32 end = s->seq + s->len - r->response_seq;

	if (before(s->seq + s->len, r->response_seq + 1))
		return;
	if (end > r->response_bytes) {
		r->response_bytes = end;
		flow->response_end = s->seq + s->len;
	}
	stamp(flow, slot, bpf_ktime_get_ns(), covers(s->seq, s->len, r->response_seq));
}

/* A retransmission of the response before: it must not answer this request. */
static __always_inline bool is_old_response(const struct flow *flow, const struct segment *s)
{
	return flow->response_end && !before(flow->response_end, s->seq + s->len);
}

/* A segment from the service at station `slot`. */
static __always_inline struct flow *on_response(const struct segment *s, __u32 slot)
{
	struct flow *flow;

	if ((s->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) && slot == HOP_HANDSHAKE)
		return on_handshake(s);
	flow = bpf_map_lookup_elem(&flows, &s->key);
	if (!flow)
		return NULL;
	if (s->flags & (TCP_FIN | TCP_RST) && on_close(flow, s))
		return NULL;
	if (!s->len)
		return flow;
	if (phase_of(flow) == HOP_REQUEST && !is_old_response(flow, s))
		turn(flow, &s->key, s->seq);
	if (phase_of(flow) == HOP_RESPONSE)
		stamp_response(flow, s, slot);
	return flow;
}

#endif
