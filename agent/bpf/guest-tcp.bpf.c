// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* tcp.rx: the segment reaches TCP. tcp.tx: TCP hands the segment to IP.
 * Rungs: fentry, kprobe; one function per address family. */

static __always_inline int handle_tcp_rx(const bool typed, struct sk_buff *skb)
{
	struct segment s = {};
	const void *network = FIELD(typed, skb, head) + FIELD(typed, skb, network_header);

	if (read_skb(typed, skb, network, true, false, &s))
		on_request(&s, TCP_RX);
	return 0;
}

/* The IP header does not exist yet: skb->data is the TCP header. */
static __always_inline int handle_tcp_tx(const bool typed, struct sock *sk, struct sk_buff *skb)
{
	struct flow_key key = {};
	struct flow *flow = flow_of_socket(typed, sk, &key);
	struct segment s = {};
	struct tcphdr tcp;

	if (!flow || phase_of(flow) != HOP_RESPONSE)
		return 0;
	if (bpf_probe_read_kernel(&tcp, sizeof(tcp), FIELD(typed, skb, data)))
		return 0;
	s.seq = bpf_ntohl(tcp.seq);
	s.len = FIELD(typed, skb, len) - tcp.doff * 4;
	if (s.len)
		stamp_response(flow, &s, TCP_TX);
	return 0;
}

SEC("fentry/tcp_v4_rcv")
int BPF_PROG(tcp4_rx_fentry, struct sk_buff *skb)
{
	return handle_tcp_rx(true, skb);
}

SEC("fentry/tcp_v6_rcv")
int BPF_PROG(tcp6_rx_fentry, struct sk_buff *skb)
{
	return handle_tcp_rx(true, skb);
}

SEC("kprobe/tcp_v4_rcv")
int BPF_KPROBE(tcp4_rx_kprobe, struct sk_buff *skb)
{
	return handle_tcp_rx(false, skb);
}

SEC("kprobe/tcp_v6_rcv")
int BPF_KPROBE(tcp6_rx_kprobe, struct sk_buff *skb)
{
	return handle_tcp_rx(false, skb);
}

SEC("fentry/ip_queue_xmit")
int BPF_PROG(tcp4_tx_fentry, struct sock *sk, struct sk_buff *skb)
{
	return handle_tcp_tx(true, sk, skb);
}

SEC("fentry/inet6_csk_xmit")
int BPF_PROG(tcp6_tx_fentry, struct sock *sk, struct sk_buff *skb)
{
	return handle_tcp_tx(true, sk, skb);
}

SEC("kprobe/ip_queue_xmit")
int BPF_KPROBE(tcp4_tx_kprobe, struct sock *sk, struct sk_buff *skb)
{
	return handle_tcp_tx(false, sk, skb);
}

SEC("kprobe/inet6_csk_xmit")
int BPF_KPROBE(tcp6_tx_kprobe, struct sock *sk, struct sk_buff *skb)
{
	return handle_tcp_tx(false, sk, skb);
}
