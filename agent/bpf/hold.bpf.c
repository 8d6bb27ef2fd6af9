// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Plants a known delay: what passes a hook is held for exactly `delay_ns`, by
 * waiting in place. For `hopscope lab plant`; no agent loads it. It shares no
 * line with the stations, so that no mistake can be in both. */
#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <stdbool.h>
#include <asm/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#define TC_ACT_UNSPEC (-1)
#define IPPROTO_TCP 6
#define MOST_ROUNDS (1 << 23)
#define MOST_BLOCKS 64

/* Written by lab/hold-loader.ts, which knows this layout. */
struct hold {
	__u64 delay_ns;
	__u64 from_ns;	/* this machine's CLOCK_MONOTONIC when block 0 begins */
	__u64 block_ns;
	__u64 blocks;	/* bit n: block n holds; behind block 63 nothing is held */
	__u64 comm[2];	/* the process whose system calls are held */
	__u32 syscall;
	__u32 port;	/* the service's */
};

#define MOST_HELD 1023

/* How long each was really held, by the same clock. */
struct held {
	__u64 count;
	__u64 ns[MOST_HELD];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hold);
} hold SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct held);
} held SEC(".maps");

static __always_inline bool is_on(const struct hold *h, __u64 now)
{
	__u64 block;

	if (!h->block_ns || now < h->from_ns)
		return false;
	block = (now - h->from_ns) / h->block_ns;
	return block < MOST_BLOCKS && (h->blocks >> block & 1);
}

static long is_over(__u64 round, void *until)
{
	return bpf_ktime_get_ns() >= *(__u64 *)until;
}

static __always_inline void wait_here(const struct hold *h, __u64 now)
{
	__u64 until = now + h->delay_ns;
	__u32 zero = 0;
	struct held *sum = bpf_map_lookup_elem(&held, &zero);
	__u64 slot;

	bpf_loop(MOST_ROUNDS, is_over, &until, 0);
	if (!sum)
		return;
	slot = __sync_fetch_and_add(&sum->count, 1);
	if (slot < MOST_HELD)
		sum->ns[slot] = bpf_ktime_get_ns() - now;
}

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

/* IPv4 with payload, to or from the service: a pure ACK passes. */
static __always_inline bool is_measured(const struct frame *f, const struct hold *h)
{
	if (f->eth.h_proto != bpf_htons(ETH_P_IP) || f->ip.ihl != 5 || f->ip.protocol != IPPROTO_TCP)
		return false;
	if (bpf_ntohs(f->tcp.source) != h->port && bpf_ntohs(f->tcp.dest) != h->port)
		return false;
	return bpf_ntohs(f->ip.tot_len) > (f->ip.ihl + f->tcp.doff) * 4;
}

SEC("tc")
int hold_packet(struct __sk_buff *skb)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 zero = 0;
	const struct hold *h = bpf_map_lookup_elem(&hold, &zero);
	struct frame f;

	if (h && is_on(h, now) && !bpf_skb_load_bytes(skb, 0, &f, sizeof(f)) && is_measured(&f, h))
		wait_here(h, now);
	return TC_ACT_UNSPEC;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(hold_syscall, struct pt_regs *regs, long id)
{
	__u32 zero = 0;
	const struct hold *h = bpf_map_lookup_elem(&hold, &zero);
	/* Kernel 6.1 leaves what is behind the name as it was. */
	__u64 comm[2] = {}, now;

	if (!h || id != h->syscall || bpf_get_current_comm(comm, sizeof(comm)))
		return 0;
	now = bpf_ktime_get_ns();
	if (comm[0] == h->comm[0] && comm[1] == h->comm[1] && is_on(h, now))
		wait_here(h, now);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
