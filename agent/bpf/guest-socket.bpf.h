/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* From a socket to its connection's flow. `typed`: see FIELD in compat. */
#ifndef HOPSCOPE_GUEST_SOCKET_BPF_H
#define HOPSCOPE_GUEST_SOCKET_BPF_H

static __always_inline void socket_addresses(const bool typed, struct sock *sk, struct flow_key *key)
{
	if (FIELD(typed, sk, __sk_common.skc_family) == AF_INET) {
		map_ipv4(key->client_words, FIELD(typed, sk, __sk_common.skc_daddr));
		map_ipv4(key->server_words, FIELD(typed, sk, __sk_common.skc_rcv_saddr));
		return;
	}
	BPF_CORE_READ_INTO((struct in6_addr *)key->client, sk, __sk_common.skc_v6_daddr);
	BPF_CORE_READ_INTO((struct in6_addr *)key->server, sk, __sk_common.skc_v6_rcv_saddr);
}

/* NULL unless the socket serves one of the ports and its connection is known. */
static __always_inline struct flow *flow_of_socket(const bool typed, struct sock *sk)
{
	struct flow_key key;

	key.server_port = FIELD(typed, sk, __sk_common.skc_num);
	if (!is_service_port(key.server_port))
		return NULL;
	key.client_port = bpf_ntohs(FIELD(typed, sk, __sk_common.skc_dport));
	socket_addresses(typed, sk, &key);
	return find_flow(&key);
}

/* Has the service taken the request's first byte? */
static __always_inline bool has_read(const bool typed, struct sock *sk, const struct flow *flow)
{
	struct tcp_sock *tcp = typed ? bpf_skc_to_tcp_sock(sk) : (struct tcp_sock *)sk;

	return tcp && before(flow->record.request_seq, FIELD(typed, tcp, copied_seq));
}

#endif
