/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Way out of the kernel: the ring, its batched wake-ups, and the counters. */
#ifndef HOPSCOPE_EMIT_BPF_H
#define HOPSCOPE_EMIT_BPF_H

#include "compat.bpf.h"
#include "record.h"
#include "settings.h"

/* Order is agent/counters.ts's; a test compares the two. */
enum hop_counter {
	HOP_BEGUN,	/* exchanges opened */
	HOP_EMITTED,	/* records written to the ring */
	HOP_RING_FULL,	/* records lost: the ring had no room */
	HOP_FLOW_FULL,	/* exchanges lost: no room for their connection */
	HOP_FOREIGN,	/* exchanges of this host's own services, not of a VM */
	HOP_COUNTERS,
};

const volatile struct hop_settings settings = {};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HOP_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

static __always_inline void count(__u32 which)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &which);

	if (value)
		*value += 1;
}

static __always_inline bool is_service_port(__u16 port)
{
	return settings.ports[port >> 3] & (1 << (port & 7));
}

/* One wake-up as the ring passes the threshold: a wake-up per record costs
 * as much as fifty stamps. The reader's timer takes what stays below it. */
static __always_inline void emit(struct hop_record *reserved)
{
	__u64 held = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	bool passes = held >= settings.wake_bytes &&
		      held < settings.wake_bytes + sizeof(*reserved) + 8;

	bpf_ringbuf_submit(reserved, passes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
	count(HOP_EMITTED);
}

#endif
