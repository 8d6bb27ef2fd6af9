// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* What cost.ts compares us with: the same seven functions, but one ring event
 * per station as it happens, with default wake-ups. No state, no HTTP. */
#include <linux/types.h>
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#define CORE __attribute__((preserve_access_index))
#define ETH_P_IP 0x0800
#define IPPROTO_TCP 6

struct net_device { int ifindex; } CORE;
struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
} CORE;
struct sock { struct sock_common __sk_common; } CORE;
struct tcp_sock { __u32 copied_seq; __u32 write_seq; } CORE;
struct sk_buff {
	unsigned char *head;
	unsigned char *data;
	unsigned int len;
	__u16 network_header;
	__be16 protocol;
} CORE;

enum station { VNIC_RX, TCP_RX, SOCK_READY, APP_READ, APP_WRITE, TCP_TX, VNIC_TX, STATIONS };

struct event {
	__u64 ns;
	__u32 station;
	__u32 seq;
	__be32 client;
	__be32 server;
	__u16 client_port;
	__u16 server_port;
	__u32 len;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} ring SEC(".maps");

/* Per CPU: events written, and the index after them events lost. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

const volatile __u16 service_port = 80;

static __always_inline void count(__u32 which)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &which);

	if (value)
		*value += 1;
}

static __always_inline void put(const struct event *event)
{
	struct event *out = bpf_ringbuf_reserve(&ring, sizeof(*out), 0);

	if (!out) {
		count(1);
		return;
	}
	*out = *event;
	out->ns = bpf_ktime_get_ns();
	bpf_ringbuf_submit(out, 0);
	count(0);
}

/* `ip`: where the packet's IPv4 header is. Segments without payload move no request. */
static __always_inline int packet(struct sk_buff *skb, const void *ip, enum station station, bool request)
{
	struct { struct iphdr ip; struct tcphdr tcp; } h;
	struct event event = { .station = station };
	__u32 headers, total;

	if (skb->protocol != bpf_htons(ETH_P_IP) || bpf_probe_read_kernel(&h, sizeof(h), ip))
		return 0;
	if (h.ip.protocol != IPPROTO_TCP || h.ip.ihl != 5)
		return 0;
	if ((request ? h.tcp.dest : h.tcp.source) != bpf_htons(service_port))
		return 0;
	headers = sizeof(h.ip) + h.tcp.doff * 4;
	total = bpf_ntohs(h.ip.tot_len);
	if (total == 0)
		total = skb->len - (__u32)((const unsigned char *)ip - skb->data);
	if (total <= headers)
		return 0;
	event.len = total - headers;
	event.seq = bpf_ntohl(h.tcp.seq);
	event.client = request ? h.ip.saddr : h.ip.daddr;
	event.server = request ? h.ip.daddr : h.ip.saddr;
	event.client_port = bpf_ntohs(request ? h.tcp.source : h.tcp.dest);
	event.server_port = service_port;
	put(&event);
	return 0;
}

static __always_inline int socket(struct sock *sk, enum station station, __u32 len)
{
	struct event event = { .station = station, .len = len };
	struct tcp_sock *tcp;

	if (sk->__sk_common.skc_num != service_port)
		return 0;
	tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp)
		return 0;
	event.seq = station == APP_WRITE ? tcp->write_seq : tcp->copied_seq;
	event.client = sk->__sk_common.skc_daddr;
	event.server = sk->__sk_common.skc_rcv_saddr;
	event.client_port = bpf_ntohs(sk->__sk_common.skc_dport);
	event.server_port = service_port;
	put(&event);
	return 0;
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(naive_vnic_rx, struct sk_buff *skb)
{
	return packet(skb, skb->data, VNIC_RX, true);
}

SEC("fentry/tcp_v4_rcv")
int BPF_PROG(naive_tcp_rx, struct sk_buff *skb)
{
	return packet(skb, skb->head + skb->network_header, TCP_RX, true);
}

SEC("fentry/sock_def_readable")
int BPF_PROG(naive_ready, struct sock *sk)
{
	return socket(sk, SOCK_READY, 0);
}

SEC("fexit/tcp_recvmsg")
int BPF_PROG(naive_read, struct sock *sk)
{
	__u64 got = 0;

	if (bpf_get_func_ret(ctx, &got) || (int)got <= 0)
		return 0;
	return socket(sk, APP_READ, got);
}

SEC("fentry/tcp_sendmsg")
int BPF_PROG(naive_write, struct sock *sk)
{
	return socket(sk, APP_WRITE, 0);
}

/* The IP header does not exist yet: the data begins with the TCP header. */
SEC("fentry/ip_queue_xmit")
int BPF_PROG(naive_tcp_tx, struct sock *sk, struct sk_buff *skb)
{
	struct event event = { .station = TCP_TX };
	struct tcphdr tcp;

	if (sk->__sk_common.skc_num != service_port)
		return 0;
	if (bpf_probe_read_kernel(&tcp, sizeof(tcp), skb->data))
		return 0;
	event.len = skb->len - tcp.doff * 4;
	if (event.len == 0)
		return 0;
	event.seq = bpf_ntohl(tcp.seq);
	event.client = sk->__sk_common.skc_daddr;
	event.server = sk->__sk_common.skc_rcv_saddr;
	event.client_port = bpf_ntohs(sk->__sk_common.skc_dport);
	event.server_port = service_port;
	put(&event);
	return 0;
}

SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(naive_vnic_tx, struct sk_buff *skb)
{
	return packet(skb, skb->head + skb->network_header, VNIC_TX, false);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
