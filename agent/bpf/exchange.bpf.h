/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Assembling an exchange: every station of a vantage stamps the same record,
 * kept with its connection, and one record leaves when the response is over. */
#ifndef HOPSCOPE_EXCHANGE_BPF_H
#define HOPSCOPE_EXCHANGE_BPF_H

#include "flow.bpf.h"

/* Each side defines, before it includes this file: HOP_VANTAGE, HOP_TURN (the
 * slot where the service's packets are first seen), HOP_SIDE_ENTRY (the slot
 * where requests enter that did not pass the first station), HOP_BY_SIDE(s)
 * (does this one?), and where it must
 * not report everything HOP_OWNED(record); and HOP_ARRIVED(flow): has the client
 * all of the response so far? */
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

/* ::ffff:a.b.c.d, as two words. */
static __always_inline void map_ipv4(__u64 *to, __be32 address)
{
	to[0] = 0;
	to[1] = (__u64)address << 32 | 0xffff0000;
}

static __always_inline void name_ends(struct hop_record *r, const struct flow_key *key)
{
	if (key->ends & ENDS_IPV4) {
		map_ipv4((__u64 *)r->client, key->words[0]);
		map_ipv4((__u64 *)r->server, key->words[0] >> 32);
	} else {
		__builtin_memcpy(r->client, key->words, 32);
	}
	r->client_port = bpf_ntohs(key->ends);
	r->server_port = key->ends >> 16;
}

/* @floor: no request of this connection begins before this sequence number. */
static __always_inline struct flow *open_flow(const struct segment *s, __u32 floor)
{
	struct flow *flow = find_flow(&s->key);

	if (!flow)
		flow = take_slot(&s->key);
	if (!flow)
		return NULL;
	forget(flow);
	flow->key = s->key;
	name_ends(&flow->record, &s->key);
	flow->marks = s->key.ends & ENDS_IPV4 ? HOP_IPV4 : 0;
	flow->record.vantage = HOP_VANTAGE;
	flow->floor = flow->request_end = floor;
	flow->touched_ns = bpf_ktime_get_ns();
	flow->established = HOP_VANTAGE == HOP_GUEST;
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
	r->flags = flags | flow->marks;
	r->head_len = 0;
	r->protocol = flow->protocol;
	r->connect_ns = flow->connect_ns;
	r->syn_retries = flow->syn_retries;
	flow->connect_ns = 0;
	flow->syn_retries = 0;
	flow->marks &= ~HOP_MIDSTREAM;
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
	return HOP_SIDE_ENTRY != NO_SLOT && flow->marks & HOP_LOCAL ? HOP_TURN : settings.exit_slot;
}

/* A FIN or RST without an open exchange ends the connection here and now, true;
 * with one the sweep does it, once the last stations have seen it. A client that
 * has said all (FIN) may still get its answer. */
static __always_inline bool on_close(struct flow *flow, const struct segment *s, bool by_service)
{
	if (phase_of(flow) == HOP_IDLE && !s->len) {
		free_flow(flow);
		return true;
	}
	flow->closed = true;
	if (phase_of(flow) == HOP_IDLE)
		return false;
	if (s->flags & TCP_RST)
		flow->record.flags |= HOP_RESET;
	if (s->flags & TCP_RST || by_service) {
		flow->given_up = true;
		enqueue(flow);
	}
	return false;
}

#endif
