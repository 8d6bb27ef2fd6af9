/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* From a socket to its connection's flow. `typed`: see FIELD in compat. */
#ifndef HOPSCOPE_GUEST_SOCKET_BPF_H
#define HOPSCOPE_GUEST_SOCKET_BPF_H

/* ::ffff:a.b.c.d: a socket of both families, and an IPv4 packet. */
static __always_inline bool is_mapped(const __u64 *address)
{
	return address[0] == 0 && (__u32)address[1] == 0xffff0000;
}

static __noinline struct flow *flow_of_ipv6(struct sock *sk, __u32 ports)
{
	struct flow_key key = { .ends = ports | ENDS_IPV6 };

	BPF_CORE_READ_INTO((struct in6_addr *)key.words, sk, __sk_common.skc_v6_daddr);
	BPF_CORE_READ_INTO((struct in6_addr *)(key.words + 2), sk, __sk_common.skc_v6_rcv_saddr);
	if (is_mapped(key.words))
		return find4(ports | ENDS_IPV4, key.words[1] >> 32 | (key.words[3] & ~0xffffffffULL));
	return find6(&key);
}

/* NULL unless the socket serves one of the ports and its connection is known. */
static __always_inline struct flow *flow_of_socket(const bool typed, struct sock *sk)
{
	__u32 ports = FIELD(typed, sk, __sk_common.skc_portpair);

	if (!is_service_port(ports >> 16))
		return NULL;
	if (FIELD(typed, sk, __sk_common.skc_family) != AF_INET)
		return flow_of_ipv6(sk, ports);
	return find4(ports | ENDS_IPV4, FIELD(typed, sk, __sk_common.skc_addrpair));
}

/* Has the service taken the request's first byte? */
static __always_inline bool has_read(const bool typed, struct sock *sk, const struct flow *flow)
{
	struct tcp_sock *tcp = typed ? bpf_skc_to_tcp_sock(sk) : (struct tcp_sock *)sk;

	return tcp && before(flow->record.request_seq, FIELD(typed, tcp, copied_seq));
}

#endif
