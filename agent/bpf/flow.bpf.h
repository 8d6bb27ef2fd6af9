/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* A connection as one vantage knows it, with the exchange that is open on it. */
#ifndef HOPSCOPE_FLOW_BPF_H
#define HOPSCOPE_FLOW_BPF_H

#include "emit.bpf.h"

enum hop_phase { HOP_IDLE, HOP_REQUEST, HOP_RESPONSE };
#define PHASE_MASK 3
#define GENERATION 4

struct flow_key {
	__u8 client[16];
	__u8 server[16];
	__u16 client_port;
	__u16 server_port;
};

struct flow {
	struct hop_record record;
	__u64 touched_ns;
	__u64 rtt_probe_ns;	/* when the segment awaiting this ACK left, 0 none */
	__u32 rtt_probe_ack;
	__u32 rtt_ns;
	__u32 request_end;	/* sequence number after the last request byte seen */
	__u32 response_end;	/* the same of the response */
	__u32 state;		/* generation of the exchange, and its phase below */
	__u32 closed;
	__u32 midstream;
	__u64 swept_ns;		/* the sweep that looked last */
};

/* A TCP segment as any station sees it; ports and numbers in host order. */
struct segment {
	struct flow_key key;
	__u32 seq;
	__u32 ack;
	__u32 len;
	__u32 ifindex;
	__u8 flags;
	bool ipv4;
};

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10
#define TC_ACT_UNSPEC (-1)

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct flow_key);
	__type(value, struct flow);
} flows SEC(".maps");

/* Only for building a new flow: it does not fit on the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct flow);
} blank SEC(".maps");

/* Connections whose response has begun, for the sweep: walking all flows
 * twenty times a second costs more than tracing them. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 16384);
	__type(value, struct flow_key);
} awaiting SEC(".maps");

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

#endif
