/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What one station found out about a packet, for the next one on the same CPU:
 * vnic.rx for tcp.rx, tcp.tx for vnic.tx. A few packets can be between the two:
 * GRO hands them on in lists. Who does not find its packet looks for itself. */
#ifndef HOPSCOPE_GUEST_HANDOFF_BPF_H
#define HOPSCOPE_GUEST_HANDOFF_BPF_H

#define HANDOFF_CPUS 256
#define HANDOFF_PLACES 8	/* of each CPU; GRO's lists have up to eight packets */
#define NO_FLOW 0xffffffff

struct handoff {
	__u64 skb;	/* whose this is, 0 nobody's */
	__u64 sk;
	__u32 flow;	/* its slot; NO_FLOW: not of interest */
	__u32 seq;
	__u32 len;
	__u32 flags;
};

static struct handoff received[HANDOFF_CPUS * HANDOFF_PLACES];
static struct handoff sent[HANDOFF_CPUS * HANDOFF_PLACES];

/* A packet's place, by its address: buffers allocated in a row, of 256 bytes
 * each, do not share one. NULL on the CPUs beyond the table. */
static __always_inline struct handoff *handoff_of(struct handoff *table, const void *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u32 place;

	if (cpu >= HANDOFF_CPUS)
		return NULL;
	place = cpu * HANDOFF_PLACES + ((__u64)skb >> 8) % HANDOFF_PLACES;
	/* Verifiers before 6.2 lose the bound over a comparison of 32 bits. */
	barrier_var(place);
	return &table[place % (HANDOFF_CPUS * HANDOFF_PLACES)];
}

static __always_inline void hand_off(struct handoff *to, const void *skb, const void *sk,
				     const struct flow *flow, const struct segment *s)
{
	if (!to)
		return;
	to->skb = (__u64)skb;
	to->sk = (__u64)sk;
	to->flow = flow ? flow->slot : NO_FLOW;
	to->seq = s->seq;
	to->len = s->len;
	to->flags = s->flags;
}

/* Good for one packet, once: its address may be another packet's next time. */
static __always_inline bool take_over(struct handoff *from, const void *skb, const void *sk,
				      struct segment *s)
{
	if (!from || from->skb != (__u64)skb || from->sk != (__u64)sk)
		return false;
	from->skb = 0;
	s->seq = from->seq;
	s->len = from->len;
	s->flags = from->flags;
	return true;
}

#endif
