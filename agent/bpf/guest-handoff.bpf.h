/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What one station found out about a packet, for the next one on the same CPU:
 * vnic.rx for tcp.rx, tcp.tx for vnic.tx. Between the two nothing else passes
 * on that CPU unless the packet was queued; then the next one looks for itself. */
#ifndef HOPSCOPE_GUEST_HANDOFF_BPF_H
#define HOPSCOPE_GUEST_HANDOFF_BPF_H

#define HANDOFF_CPUS 256
#define NO_FLOW 0xffffffff

struct handoff {
	__u64 skb;	/* whose this is, 0 nobody's */
	__u64 sk;
	__u32 flow;	/* its slot; NO_FLOW: not of interest */
	__u32 seq;
	__u32 ack;
	__u32 len;
	__u32 flags;
	__u32 reserved[5];	/* a cache line for each CPU */
};

static struct handoff received[HANDOFF_CPUS];
static struct handoff sent[HANDOFF_CPUS];

/* NULL on the CPUs beyond the table. */
static __always_inline struct handoff *handoff_of_cpu(struct handoff *table)
{
	__u32 cpu = bpf_get_smp_processor_id();

	if (cpu >= HANDOFF_CPUS)
		return NULL;
	/* Verifiers before 6.2 lose the bound over a comparison of 32 bits. */
	barrier_var(cpu);
	return &table[cpu % HANDOFF_CPUS];
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
	to->ack = s->ack;
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
	s->ack = from->ack;
	s->len = from->len;
	s->flags = from->flags;
	return true;
}

#endif
