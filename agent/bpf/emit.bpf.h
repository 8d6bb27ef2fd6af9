/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Way out of the kernel: the ring, its batched wake-ups, and the counters. */
#ifndef HOPSCOPE_EMIT_BPF_H
#define HOPSCOPE_EMIT_BPF_H

#include "compat.bpf.h"
#include "record.h"
#include "settings.h"

/* Order is agent/counters.ts's; a test compares the two. */
enum hop_counter {
	HOP_BEGUN,	/* exchanges opened, and opened again by a response that went on */
	HOP_EMITTED,	/* records written to the ring */
	HOP_RING_FULL,	/* records lost: the ring had no room */
	HOP_FLOW_FULL,	/* connections not traced: no room for them */
	HOP_FOREIGN,	/* exchanges of this host's own services, not of a VM */
	HOP_HALF_OPEN,	/* connections whose client never answered the SYN-ACK */
	HOP_COUNTERS,
};

const volatile struct hop_settings settings = {};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} ring SEC(".maps");

/* Shared by the CPUs: an uncontended atomic add is cheaper than asking for
 * this CPU's copy, and records are rare beside packets. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HOP_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* Returns about how many there are now. */
static __always_inline __u64 count(__u32 which)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &which);

	if (!value)
		return 0;
	__sync_fetch_and_add(value, 1);
	return *value;
}

static __always_inline bool is_service_port(__u16 port)
{
	return settings.ports[port >> 3] & (1 << (port & 7));
}

static __always_inline bool is_present(__u32 slot)
{
	return settings.present & (1 << slot);
}

/* A wake-up per record costs as much as fifty stamps; the reader's timer takes
 * what stays below a batch. */
static __always_inline void emit(struct hop_record *reserved)
{
	bool batch = count(HOP_EMITTED) % settings.wake_records == 0;

	bpf_ringbuf_submit(reserved, batch ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

#endif
