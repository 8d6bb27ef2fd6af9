// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* tcp.rx: the segment reaches TCP. tcp.tx: TCP hands the segment to IP.
 * Rungs: fentry, kprobe; one function per address family. */

static __always_inline int handle_tcp_rx(const bool typed, struct sk_buff *skb)
{
	struct handoff *from = handoff_of(received, skb);
	struct segment s = {};
	struct flow *flow;

	if (take_over(from, skb, NULL, &s)) {
		flow = from->flow == NO_FLOW || !s.len ? NULL : flow_at(from->flow);
		if (flow)
			pass_request(flow, &s, TCP_RX);
		return 0;
	}
	if (read_skb(typed, skb, false, true, false, &s))
		on_request(&s, TCP_RX);
	return 0;
}

/* The IP header does not exist yet: skb->data is the TCP header. (What TCP
 * noted beside the packet is wiped just before.) */
static __always_inline int handle_tcp_tx(const bool typed, struct sock *sk, struct sk_buff *skb)
{
	struct flow *flow = flow_of_socket(typed, sk);
	struct segment s = {};
	struct tcphdr tcp;

	if (bpf_probe_read_kernel(&tcp, sizeof(tcp), FIELD(typed, skb, data)))
		return 0;
	s.flags = ((__u8 *)&tcp)[13];
	s.seq = bpf_ntohl(tcp.seq);
	s.len = FIELD(typed, skb, len) - tcp.doff * 4;
	if (flow && s.len)
		pass_response(flow, &s, TCP_TX);
	/* vnic.tx looks at the end of a connection itself. */
	if (!(s.flags & (TCP_FIN | TCP_SYN | TCP_RST)))
		hand_off(handoff_of(sent, skb), skb, sk, s.len ? flow : NULL, &s);
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
