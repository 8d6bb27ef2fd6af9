// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Plants a known delay: what passes a hook is held for exactly `delay_ns`, by
 * waiting in place; or a known loss of packets. For `hopscope lab plant`; no agent loads it. It shares no
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
#define TC_ACT_SHOT 2
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
	__u32 until_next;	/* a call is timed until the process makes its next one */
	__u32 loss_permille;	/* a packet is dropped instead of held, so often */
};

#define MOST_TIMES 511

/* How long it really took, by the same clock: entry 0 in clean blocks (of
 * system calls only), entry 1 in planted ones. */
struct spent {
	__u64 count;
	__u64 ns[MOST_TIMES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hold);
} hold SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct spent);
} spent SEC(".maps");

/* The system call that is under way. */
struct call {
	__u64 start_ns;
	__u32 pid;
	__u32 planted;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct call);
} running SEC(".maps");

enum block { OUTSIDE, CLEAN, PLANTED };

static __always_inline enum block block_at(const struct hold *h, __u64 now)
{
	__u64 block;

	if (!h->block_ns || now < h->from_ns)
		return OUTSIDE;
	block = (now - h->from_ns) / h->block_ns;
	if (block >= MOST_BLOCKS)
		return OUTSIDE;
	return h->blocks >> block & 1 ? PLANTED : CLEAN;
}

static long is_over(__u64 round, void *until)
{
	return bpf_ktime_get_ns() >= *(__u64 *)until;
}

static __always_inline void wait_here(const struct hold *h, __u64 now)
{
	__u64 until = now + h->delay_ns;

	bpf_loop(MOST_ROUNDS, is_over, &until, 0);
}

static __always_inline void note(__u32 planted, __u64 since)
{
	struct spent *sum = bpf_map_lookup_elem(&spent, &planted);
	__u64 slot;

	if (!sum)
		return;
	slot = __sync_fetch_and_add(&sum->count, 1);
	if (slot < MOST_TIMES)
		sum->ns[slot] = bpf_ktime_get_ns() - since;
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

	if (!h || block_at(h, now) != PLANTED)
		return TC_ACT_UNSPEC;
	if (bpf_skb_load_bytes(skb, 0, &f, sizeof(f)) || !is_measured(&f, h))
		return TC_ACT_UNSPEC;
	if (h->loss_permille) {
		if (bpf_get_prandom_u32() % 1000 >= h->loss_permille)
			return TC_ACT_UNSPEC;
		note(1, now);
		return TC_ACT_SHOT;
	}
	wait_here(h, now);
	note(1, now);
	return TC_ACT_UNSPEC;
}

/* Who waits in place keeps others from the CPU, and they may go first as soon
 * as it is over: that belongs to the delay, so the whole call is timed. */
static __always_inline void end_call(struct call *call)
{
	if (!call->start_ns || call->pid != (__u32)bpf_get_current_pid_tgid())
		return;
	note(call->planted, call->start_ns);
	call->start_ns = 0;
}

/* Before the service's system call: its reader comes late to its socket, or it
 * takes its time to answer. */
SEC("tp_btf/sys_enter")
int BPF_PROG(hold_call, struct pt_regs *regs, long id)
{
	__u32 zero = 0;
	const struct hold *h = bpf_map_lookup_elem(&hold, &zero);
	struct call *call = bpf_map_lookup_elem(&running, &zero);
	/* Kernel 6.1 leaves what is behind the name as it was. */
	__u64 comm[2] = {}, now;
	enum block block;

	if (!h || !call)
		return 0;
	if (h->until_next)
		end_call(call);
	if (id != h->syscall || bpf_get_current_comm(comm, sizeof(comm)))
		return 0;
	now = bpf_ktime_get_ns();
	block = block_at(h, now);
	if (comm[0] != h->comm[0] || comm[1] != h->comm[1] || block == OUTSIDE)
		return 0;
	call->pid = bpf_get_current_pid_tgid();
	call->planted = block == PLANTED;
	call->start_ns = now;
	if (block == PLANTED)
		wait_here(h, now);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(hold_call_end, struct pt_regs *regs, long result)
{
	__u32 zero = 0;
	const struct hold *h = bpf_map_lookup_elem(&hold, &zero);
	struct call *call = bpf_map_lookup_elem(&running, &zero);

	if (h && call && !h->until_next)
		end_call(call);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
