/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* A connection as one vantage knows it, with the exchange that is open on it. */
#ifndef HOPSCOPE_FLOW_BPF_H
#define HOPSCOPE_FLOW_BPF_H

#include "emit.bpf.h"

enum hop_phase { HOP_IDLE, HOP_REQUEST, HOP_RESPONSE };
#define PHASE_MASK 3
#define GENERATION 4

/* A connection's ends as a socket keeps them, so that neither a packet nor a
 * socket is translated to find it. */
struct flow_key {
	__u64 ends;	/* client's port (network order), server's port (host order), then what follows */
	__u64 words[4];	/* IPv4: client and server in the first; IPv6: client, server */
};

#define ENDS_IPV4 (1ULL << 32)
#define ENDS_IPV6 (2ULL << 32)

struct flow {
	struct hop_record record;
	struct flow_key key;	/* `ends` is 0 in a free slot */
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
	__u32 marks;		/* flags of every exchange to come; MARKS lists them */
	__u8 syn_retries;
	__u8 protocol;
	bool closed;
	bool given_up;		/* no response comes any more */
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

/* What a connection can be marked with: IPv4; attached in its middle (its next
 * exchange only); left HTTP/1; HTTP/2 under TLS; host: does not pass the uplink. */
#define MARKS (HOP_IPV4 | HOP_MIDSTREAM | HOP_UPGRADED | HOP_OVERLAP | HOP_LOCAL)

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

/* First slot of a bucket. Fibonacci hashing: Knuth, TAOCP 3, 6.4. */
static __always_inline __u32 home_of(__u64 mix)
{
	return ((mix ^ settings.seed) * 0x9e3779b97f4a7c15ULL >> 40) & settings.flow_mask & ~(BUCKET - 1);
}

static __always_inline __u32 home4(__u64 ends, __u64 pair)
{
	return home_of(pair ^ ends);
}

static __always_inline __u32 home6(const struct flow_key *key)
{
	return home_of(key->words[1] ^ key->ends ^ (key->words[0] * 31 + key->words[3] * 29));
}

/* Where a key may be besides its home: the rest of that bucket, then another
 * one. With two buckets to choose from a table is nearly full before one
 * connection finds no room (Azar et al., Balanced Allocations, 1994). */
static __always_inline __u32 place_of(__u64 ends, __u32 home, __u32 i)
{
	__u32 other = (home ^ ((__u32)ends * 0x9e3779b1U >> 12)) & settings.flow_mask & ~(BUCKET - 1);

	return i < BUCKET ? home + i : other + i - BUCKET;
}

static __always_inline bool is_of4(const struct flow *flow, __u64 ends, __u64 pair)
{
	return flow->key.ends == ends && flow->key.words[0] == pair;
}

static __always_inline bool is_of6(const struct flow *flow, const struct flow_key *key)
{
	return flow->key.ends == key->ends && flow->key.words[1] == key->words[1] &&
	       flow->key.words[3] == key->words[3] && flow->key.words[0] == key->words[0] &&
	       flow->key.words[2] == key->words[2];
}

/* Unrolled: verifiers before 6.2 take no loop that is entered by falling into it. */
static __noinline struct flow *find4_further(__u64 ends, __u64 pair, __u32 home)
{
#pragma unroll
	for (__u32 i = 1; i < 2 * BUCKET; i++) {
		struct flow *flow = flow_at(place_of(ends, home, i));

		if (flow && is_of4(flow, ends, pair))
			return flow;
	}
	return NULL;
}

static __always_inline struct flow *find4(__u64 ends, __u64 pair)
{
	__u32 home = home4(ends, pair);
	struct flow *flow = flow_at(home);

	if (flow && is_of4(flow, ends, pair))
		return flow;
	return find4_further(ends, pair, home);
}

static __noinline struct flow *find6(const struct flow_key *key)
{
	__u32 home = home6(key);

#pragma unroll
	for (__u32 i = 0; i < 2 * BUCKET; i++) {
		struct flow *flow = flow_at(place_of(key->ends, home, i));

		if (flow && is_of6(flow, key))
			return flow;
	}
	return NULL;
}

static __always_inline struct flow *find_flow(const struct flow_key *key)
{
	return key->ends & ENDS_IPV4 ? find4(key->ends, key->words[0]) : find6(key);
}

/* A free slot for the key, now ours; NULL and counted where there is none. */
static __noinline struct flow *take_slot(const struct flow_key *key)
{
	__u32 home = key->ends & ENDS_IPV4 ? home4(key->ends, key->words[0]) : home6(key);

#pragma unroll
	for (__u32 i = 0; i < 2 * BUCKET; i++) {
		__u32 slot = place_of(key->ends, home, i);
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
	flow->key.ends = 0;
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
