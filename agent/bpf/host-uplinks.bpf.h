/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* The host's own NICs, as the agent names them. */
#ifndef HOPSCOPE_HOST_UPLINKS_BPF_H
#define HOPSCOPE_HOST_UPLINKS_BPF_H

#include "compat.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} uplinks SEC(".maps");

static __always_inline bool is_uplink_index(__u32 ifindex)
{
	return bpf_map_lookup_elem(&uplinks, &ifindex);
}

#endif
