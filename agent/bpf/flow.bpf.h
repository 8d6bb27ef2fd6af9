/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* A connection as one vantage knows it, with the exchange that is open on it. */
#ifndef HOPSCOPE_FLOW_BPF_H
#define HOPSCOPE_FLOW_BPF_H

#include "emit.bpf.h"

enum hop_phase { HOP_IDLE, HOP_REQUEST, HOP_RESPONSE };
#define PHASE_MASK 3
#define GENERATION 4

/* The same bytes as in the record, also as words to compare. */
struct flow_key {
	union { __u8 client[16]; __u64 client_words[2]; };
	union { __u8 server[16]; __u64 server_words[2]; };
	union { struct { __u16 client_port, server_port; }; __u32 ports; };
};

struct flow {
	struct hop_record record;
	__u64 touched_ns;
	__u64 swept_ns;		/* the sweep that looked last */
	__u64 syn_ns;		/* host: the connection's first SYN, 0 unknown */
	__u64 rtt_probe_ns;	/* when the segment awaiting this ACK left, 0 none */
	__u32 rtt_probe_ack;
	__u32 rtt_ns;
	__u32 connect_ns;	/* waits for the first exchange, as do the SYN retries */
	__u32 floor;		/* where the exchange before this one ended */
	__u32 request_end;	/* sequence number after the last request byte seen */
	__u32 response_end;	/* the same of the response */
	__u32 sent_end;		/* the same at the vantage's first response station */
	__u32 client_acked;	/* host: highest acknowledgement at nic.rx, 0 none */
	__u8 syn_retries;
	__u8 protocol;
	bool closed;
	bool given_up;		/* no response comes any more */
	bool midstream;
	bool upgraded;
	bool multiplexed;	/* HTTP/2 under TLS */
	bool local;		/* host: its packets do not pass the uplink */
	bool established;	/* host: the client has answered the SYN-ACK */
	bool begun;		/* it had an exchange */
	bool starting;		/* the service writes; the first byte is not on its way yet */
	bool interim;		/* the next response segment is a 1xx */
	bool queued;		/* in `awaiting` */
	/* What outlives the connection, for the next one in this slot. */
	__u32 state;		/* generation of the exchange, and its phase below */
	__u32 slot;
	__u32 taken;
};

/* A TCP segment as any station sees it; ports and numbers in host order. */
struct segment {
	struct flow_key key;
	__u32 seq;
	__u32 ack;
	__u32 len;
	__u32 ifindex;
	__u32 payload_at;	/* offset in the frame; host only */
	__u32 ingress;		/* where the host got it, at tap.tx; 0: from itself */
	__u16 window;
	__u8 flags;
	bool ipv4;
};

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10
#define TC_ACT_UNSPEC (-1)
/* Entries that a connection may take, from its home on. */
#define BUCKET 8

/* An array under a hash of our own: looking up is inlined and calls nothing,
 * where a hash map calls three functions; under emulation that is half of a
 * station's cost. Full buckets are counted (flow.full). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct flow);
} flows SEC(".maps");

/* Slots of connections whose response has begun or will not come, for the sweep: a ring with many
 * writers and one reader. What it has no room for, or what is read a moment
 * before it is written, the walk over all connections finds later. */
#define AWAITING 16384
static __u32 awaiting[AWAITING];
static __u32 awaiting_next;	/* where the next one is written */
static __u32 awaiting_read;

static __always_inline bool before(__u32 a, __u32 b)
{
	return (__s32)(a - b) < 0;
}

static __always_inline bool covers(__u32 seq, __u32 len, __u32 byte)
{
	return !before(byte, seq) && before(byte, seq + len);
}

static __always_inline __u32 phase_of(const struct flow *flow)
{
	return flow->state & PHASE_MASK;
}

static __always_inline void set_phase(struct flow *flow, __u32 phase)
{
	flow->state = (flow->state & ~PHASE_MASK) | phase;
}

static __always_inline struct flow *flow_at(__u32 slot)
{
	return bpf_map_lookup_elem(&flows, &slot);
}

/* A free slot's server port is 0, which no key has. */
static __always_inline bool is_of(struct flow *flow, const struct flow_key *key)
{
	struct hop_record *r = &flow->record;

	return *(__u32 *)&r->client_port == key->ports &&
	       ((__u64 *)r->client)[1] == key->client_words[1] &&
	       ((__u64 *)r->server)[1] == key->server_words[1] &&
	       ((__u64 *)r->client)[0] == key->client_words[0] &&
	       ((__u64 *)r->server)[0] == key->server_words[0];
}

/* First slot of the key's bucket. Fibonacci hashing: Knuth, TAOCP 3, 6.4. */
static __always_inline __u32 home_of(const struct flow_key *key)
{
	__u64 mix = key->client_words[1] ^ key->ports ^ settings.seed;

	mix ^= key->client_words[0] * 31 + key->server_words[1] * 29;
	mix *= 0x9e3779b97f4a7c15ULL;
	return (mix >> 32) & settings.flow_mask & ~(BUCKET - 1);
}

/* Where a key may be besides its home: the rest of that bucket, then another
 * one. With two buckets to choose from a table is nearly full before one
 * connection finds no room (Azar et al., Balanced Allocations, 1994). */
static __always_inline __u32 place_of(const struct flow_key *key, __u32 home, __u32 i)
{
	__u32 other = (home ^ (key->ports * 0x9e3779b1U >> 12)) & settings.flow_mask & ~(BUCKET - 1);

	return i < BUCKET ? home + i : other + i - BUCKET;
}

/* Unrolled: verifiers before 6.2 take no loop that is entered by falling into it. */
static __noinline struct flow *find_further(const struct flow_key *key, __u32 home)
{
#pragma unroll
	for (__u32 i = 1; i < 2 * BUCKET; i++) {
		struct flow *flow = flow_at(place_of(key, home, i));

		if (flow && is_of(flow, key))
			return flow;
	}
	return NULL;
}

static __always_inline struct flow *find_flow(const struct flow_key *key)
{
	__u32 home = home_of(key);
	struct flow *flow = flow_at(home);

	if (flow && is_of(flow, key))
		return flow;
	return find_further(key, home);
}

/* A free slot for the key, now ours; NULL and counted where there is none. */
static __noinline struct flow *take_slot(const struct flow_key *key)
{
	__u32 home = home_of(key);

#pragma unroll
	for (__u32 i = 0; i < 2 * BUCKET; i++) {
		__u32 slot = place_of(key, home, i);
		struct flow *flow = flow_at(slot);

		if (flow && !flow->taken && compare_and_swap(&flow->taken, 0, 1) == 0) {
			flow->slot = slot;
			return flow;
		}
	}
	count(HOP_FLOW_FULL);
	return NULL;
}

static __always_inline void free_flow(struct flow *flow)
{
	*(__u32 *)&flow->record.client_port = 0;
	flow->taken = 0;
}

static __always_inline void enqueue(struct flow *flow)
{
	if (flow->queued || awaiting_next - awaiting_read >= AWAITING)
		return;
	awaiting[take_number(&awaiting_next) % AWAITING] = flow->slot;
	flow->queued = true;
}

#endif
