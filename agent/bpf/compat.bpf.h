/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* The few kernel structures that the stations read, and every difference
 * between kernels. Only the named fields matter: CO-RE finds their offsets. */
#ifndef HOPSCOPE_COMPAT_BPF_H
#define HOPSCOPE_COMPAT_BPF_H

#include <linux/types.h>
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/in6.h>
#include <asm/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#define CORE __attribute__((preserve_access_index))
#define AF_INET 2
#define AF_INET6 10
#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd


struct ns_common { unsigned int inum; } CORE;
struct net { struct ns_common ns; } CORE;
typedef struct { struct net *net; } CORE possible_net_t;
struct net_device { int ifindex; possible_net_t nd_net; } CORE;

struct sock_common {
	__u64 skc_addrpair;	/* peer's address, own address */
	__u32 skc_portpair;	/* peer's port in network order, own port in host order */
	unsigned short skc_family;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
} CORE;
struct sock { struct sock_common __sk_common; } CORE;
struct tcp_sock { __u32 copied_seq; __u32 rcv_nxt; __u32 write_seq; } CORE;

struct sk_buff {
	struct sock *sk;
	unsigned char *head;
	unsigned char *data;
	unsigned int len;
	__u16 network_header;
	__be16 protocol;
	struct net_device *dev;
	__u8 redirected : 1;
} CORE;

struct sched_info { unsigned long pcount; unsigned long long run_delay; } CORE;
struct task_struct { struct sched_info sched_info; } CORE;

struct iovec { void *iov_base; unsigned long iov_len; } CORE;
/* iov became __iov and ubuf was added by 747b1f65d39a ("iov_iter: overlay
 * struct iovec and ubuf/len", 6.4) and fcb14cb1bdac (ITER_UBUF, 6.0);
 * iter_type was split from type by 8cd54c1c8480 (5.14). */
struct iov_iter {
	__u8 iter_type;
	unsigned long iov_offset;
	const struct iovec *iov;
} CORE;
struct iov_iter___ubuf { void *ubuf; } CORE;
struct iov_iter___overlay { const struct iovec *__iov; } CORE;
enum iter_type___ubuf { ITER_UBUF___ubuf = 0 };
struct msghdr { struct iov_iter msg_iter; } CORE;

/* A field of a kernel object: a plain load where the verifier knows the type
 * (tp_btf, fentry), a probe read where it does not (kprobe). `typed` is a
 * constant, so only one of the two remains. */
#define FIELD(typed, p, f) ((typed) ? (p)->f : BPF_CORE_READ((p), f))

/* How long the running task has waited for a CPU in all its life, ns. */
static __always_inline __u64 run_delay_of_task(const bool typed)
{
#ifndef HOP_OLD_KERNEL	/* bpf_get_current_task_btf came with 5.11 */
	if (typed)
		return bpf_get_current_task_btf()->sched_info.run_delay;
#endif
	return BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), sched_info.run_delay);
}

#ifdef HOP_OLD_KERNEL
/* Before 5.12 no atomic operation gives its old value back. A sweep that is
 * interrupted right here may emit a record twice; the server drops the second. */
static __always_inline __u32 compare_and_swap(__u32 *at, __u32 from, __u32 to)
{
	__u32 found = *(volatile __u32 *)at;

	if (found == from)
		*(volatile __u32 *)at = to;
	return found;
}

static __always_inline __u32 take_number(__u32 *next)
{
	return (*(volatile __u32 *)next)++;
}
#else
static __always_inline __u32 compare_and_swap(__u32 *at, __u32 from, __u32 to)
{
	return __sync_val_compare_and_swap(at, from, to);
}

static __always_inline __u32 take_number(__u32 *next)
{
	return __sync_fetch_and_add(next, 1);
}
#endif

static __always_inline bool iter_is_ubuf(const bool typed, struct iov_iter *iter)
{
	if (!bpf_core_enum_value_exists(enum iter_type___ubuf, ITER_UBUF___ubuf))
		return false;
	return FIELD(typed, iter, iter_type) ==
	       bpf_core_enum_value(enum iter_type___ubuf, ITER_UBUF___ubuf);
}

static __always_inline const struct iovec *iter_iov(const bool typed, struct iov_iter *iter)
{
	struct iov_iter___overlay *overlay = (void *)iter;

	if (bpf_core_field_exists(overlay->__iov))
		return FIELD(typed, overlay, __iov);
	return FIELD(typed, iter, iov);
}

/* 6.4 put the vector's pointer into a union, whose fields are plain numbers. */
static __always_inline void *vector_base(const bool typed, const struct iovec *iov)
{
	if (bpf_core_field_exists(((struct iov_iter___overlay *)0)->__iov))
		return BPF_CORE_READ(iov, iov_base);
	return FIELD(typed, iov, iov_base);
}

/* User address of the message's first byte; `done` bytes of it were consumed
 * already (0 on entry, the return value on exit of a receive). `ubuf` shares
 * its place with the iovec's pointer, on which the verifier allows no
 * arithmetic: it is always a probe read. */
static __always_inline const void *message_start(const bool typed, struct msghdr *msg,
						 unsigned long done)
{
	struct iov_iter *iter = &msg->msg_iter;
	unsigned long at = FIELD(typed, iter, iov_offset);
	const struct iovec *iov;

	if (iter_is_ubuf(typed, iter))
		return BPF_CORE_READ((struct iov_iter___ubuf *)iter, ubuf) + at - done;
	iov = iter_iov(typed, iter);
	if (at >= done)
		return vector_base(typed, iov) + at - done;
	/* The buffer was filled: the iterator stands on the next one. */
	iov = iter_iov(false, iter) - 1;
	return BPF_CORE_READ(iov, iov_base) + BPF_CORE_READ(iov, iov_len) - done;
}

#endif
