/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Assembling an exchange: every station of a vantage stamps the same record,
 * kept with its connection, and one record leaves when the response is over. */
#ifndef HOPSCOPE_EXCHANGE_BPF_H
#define HOPSCOPE_EXCHANGE_BPF_H

#include "flow.bpf.h"

/* Each side defines, before it includes this file: HOP_VANTAGE, HOP_TURN (the
 * slot where the service's packets are first seen), HOP_SIDE_ENTRY (the slot
 * where requests enter that did not pass the first station), and where it must
 * not report everything HOP_OWNED(record). */
#define NO_SLOT 255

/* The exchange is over for whoever still finds it as it was. */
static __always_inline bool claim(struct flow *flow, __u32 state)
{
	return compare_and_swap(&flow->state, state, state & ~PHASE_MASK) == state;
}

/* Hand the record over. It is copied before it is claimed: the sweep can be
 * interrupted by the next request, which then has finished it already. */
static __noinline int finish(struct flow *flow, __u32 state)
{
	struct hop_record *out;

	if (!flow)
		return 0;
#ifdef HOP_OWNED
	if (!HOP_OWNED(&flow->record)) {
		if (claim(flow, state))
			count(HOP_FOREIGN);
		return 0;
	}
#endif
	out = bpf_ringbuf_reserve(&ring, sizeof(*out), 0);
	if (!out) {
		if (claim(flow, state))
			count(HOP_RING_FULL);
		return 0;
	}
	__builtin_memcpy(out, &flow->record, sizeof(*out));
	out->rtt_ns = flow->rtt_ns;
	if (flow->closed)
		out->flags |= HOP_CLOSED;
	if (claim(flow, state))
		emit(out);
	else
		bpf_ringbuf_discard(out, BPF_RB_NO_WAKEUP);
	return 0;
}

static __always_inline void forget(struct flow *flow)
{
	__builtin_memset(flow, 0, __builtin_offsetof(struct flow, state));
	flow->state &= ~PHASE_MASK;
}

/* @floor: no request of this connection begins before this sequence number. */
static __always_inline struct flow *open_flow(const struct segment *s, __u32 floor)
{
	struct flow *flow = find_flow(&s->key);

	if (!flow)
		flow = take_slot(home_of(&s->key));
	if (!flow)
		return NULL;
	forget(flow);
	__builtin_memcpy(flow->record.client, s->key.client, 16);
	__builtin_memcpy(flow->record.server, s->key.server, 16);
	flow->record.vantage = HOP_VANTAGE;
	flow->floor = flow->request_end = floor;
	flow->touched_ns = bpf_ktime_get_ns();
	flow->established = HOP_VANTAGE == HOP_GUEST;
	*(__u32 *)&flow->record.client_port = s->key.ports;
	return flow;
}

static __always_inline void restart(struct flow *flow, __u32 seq)
{
	struct hop_record *r = &flow->record;

	__builtin_memset(r->first, 0, sizeof(r->first) + sizeof(r->last));
	r->request_seq = seq;
}

static __always_inline void begin(struct flow *flow, const struct segment *s, __u32 flags)
{
	struct hop_record *r = &flow->record;

	restart(flow, s->seq);
	__builtin_memset(&r->response_seq, 0,
			 __builtin_offsetof(struct hop_record, vantage) -
				 __builtin_offsetof(struct hop_record, response_seq));
	r->flags = flags | (s->ipv4 ? HOP_IPV4 : 0) | (flow->midstream ? HOP_MIDSTREAM : 0) |
		   (flow->upgraded ? HOP_UPGRADED : 0) | (flow->local ? HOP_LOCAL : 0);
	r->head_len = 0;
	r->protocol = flow->protocol;
	r->connect_ns = flow->connect_ns;
	r->syn_retries = flow->syn_retries;
	flow->connect_ns = 0;
	flow->syn_retries = 0;
	flow->midstream = false;
	flow->starting = false;
	flow->begun = true;
	flow->floor = flow->request_end;
	flow->request_end = s->seq;
	flow->state = ((flow->state & ~PHASE_MASK) + GENERATION) | HOP_REQUEST;
	count(HOP_BEGUN);
}

static __always_inline void stamp(struct flow *flow, __u32 slot, __u64 now, bool is_first)
{
	struct hop_record *r = &flow->record;

	if (is_first && !r->first[slot])
		r->first[slot] = now;
	r->last[slot] = now;
	flow->touched_ns = now;
}

static __always_inline __u32 exit_of(const struct flow *flow)
{
	return HOP_SIDE_ENTRY != NO_SLOT && flow->local ? HOP_TURN : settings.exit_slot;
}

static __always_inline bool is_entry(const struct flow *flow, __u32 slot)
{
	return slot == settings.entry_slot || (slot == HOP_SIDE_ENTRY && flow->local);
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

/* Alerts, and the small frames by which HTTP/2 steers itself, are no requests
 * and no responses: the shortest request under TLS has 18 bytes and a record's
 * frame around them. */
static __always_inline bool is_tls_control(const struct flow *flow, const struct segment *s)
{
	return flow->protocol == HOP_TLS && s->len < TLS_SMALLEST;
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

/* A FIN or RST without an open exchange ends the connection here and now, true;
 * with one the sweep does it, once the last stations have seen it. */
static __always_inline bool on_close(struct flow *flow, const struct segment *s)
{
	if (phase_of(flow) == HOP_IDLE && !s->len) {
		free_flow(flow);
		return true;
	}
	flow->closed = true;
	if (s->flags & TCP_RST && phase_of(flow) != HOP_IDLE)
		flow->record.flags |= HOP_RESET;
	return false;
}

/* A segment towards the service at station `slot`, of a connection that is known. */
static __always_inline void pass_request(struct flow *flow, const struct segment *s, __u32 slot)
{
	if (slot == settings.entry_slot)
		flow->local = false;
	if (is_entry(flow, slot) && !enters(flow, s))
		return;
	if (phase_of(flow) == HOP_IDLE || before(s->seq, flow->record.request_seq))
		return;
	if (before(flow->request_end, s->seq + s->len))
		flow->request_end = s->seq + s->len;
	flow->record.request_bytes = flow->request_end - flow->record.request_seq;
	stamp(flow, slot, bpf_ktime_get_ns(), covers(s->seq, s->len, flow->record.request_seq));
}

static __always_inline struct flow *on_request(const struct segment *s, __u32 slot)
{
	struct flow *flow = find_flow(&s->key);

	if (!flow && s->len && (slot == settings.entry_slot || slot == HOP_SIDE_ENTRY)) {
		flow = open_flow(s, s->seq);
		if (flow) {
			flow->midstream = flow->established = true;
			flow->local = slot != settings.entry_slot;
		}
	}
	if (!flow)
		return NULL;
	if (s->flags & (TCP_FIN | TCP_RST) && on_close(flow, s))
		return NULL;
	if (s->len)
		pass_request(flow, s, slot);
	return flow;
}

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
	       !flow->upgraded && flow->protocol != HOP_HTTP2 && !is_tls_control(flow, s);
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
	if (s->flags & (TCP_FIN | TCP_RST) && on_close(flow, s))
		return NULL;
	if (s->len)
		pass_response(flow, s, slot);
	return flow;
}

#endif
