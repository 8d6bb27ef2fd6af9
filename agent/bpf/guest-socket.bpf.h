/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* From a socket to its connection's flow. `typed`: see FIELD in compat. */
#ifndef HOPSCOPE_GUEST_SOCKET_BPF_H
#define HOPSCOPE_GUEST_SOCKET_BPF_H

static __always_inline void socket_addresses(const bool typed, struct sock *sk, struct flow_key *key)
{
	if (FIELD(typed, sk, __sk_common.skc_family) == AF_INET) {
		map_ipv4(key->client, FIELD(typed, sk, __sk_common.skc_daddr));
		map_ipv4(key->server, FIELD(typed, sk, __sk_common.skc_rcv_saddr));
		return;
	}
	BPF_CORE_READ_INTO((struct in6_addr *)key->client, sk, __sk_common.skc_v6_daddr);
	BPF_CORE_READ_INTO((struct in6_addr *)key->server, sk, __sk_common.skc_v6_rcv_saddr);
}

/* NULL unless the socket serves one of the ports and has an exchange to stamp. */
static __always_inline struct flow *flow_of_socket(const bool typed, struct sock *sk,
						   struct flow_key *key)
{
	struct flow *flow;

	key->server_port = FIELD(typed, sk, __sk_common.skc_num);
	if (!is_service_port(key->server_port))
		return NULL;
	key->client_port = bpf_ntohs(FIELD(typed, sk, __sk_common.skc_dport));
	socket_addresses(typed, sk, key);
	flow = bpf_map_lookup_elem(&flows, key);
	return flow && phase_of(flow) != HOP_IDLE ? flow : NULL;
}

struct positions { __u32 copied_seq; __u32 rcv_nxt; __u32 write_seq; };

static __always_inline bool read_positions(const bool typed, struct sock *sk, struct positions *at)
{
	struct tcp_sock *tcp = typed ? bpf_skc_to_tcp_sock(sk) : (struct tcp_sock *)sk;

	if (!tcp)
		return false;
	at->copied_seq = FIELD(typed, tcp, copied_seq);
	at->rcv_nxt = FIELD(typed, tcp, rcv_nxt);
	at->write_seq = FIELD(typed, tcp, write_seq);
	return true;
}

#endif
