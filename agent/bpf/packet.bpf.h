/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* From packet bytes to a segment; one parser for all packet stations. */
#ifndef HOPSCOPE_PACKET_BPF_H
#define HOPSCOPE_PACKET_BPF_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include "http.bpf.h"
#include "request.bpf.h"
#include "response.bpf.h"

#define IPPROTO_TCP 6

/* IPv4 without options and TCP; the same bytes hold an IPv6 header. */
struct packet {
	struct iphdr ip;
	struct tcphdr tcp;
};

/* The side of the service port is the server. */
static __always_inline __u16 server_port(const struct tcphdr *tcp, bool request)
{
	return bpf_ntohs(request ? tcp->dest : tcp->source);
}

static __always_inline __u64 ends_of(const struct tcphdr *tcp, bool request)
{
	return (request ? tcp->source : tcp->dest) | (__u32)server_port(tcp, request) << 16;
}

/* A pure ACK moves no exchange; only the client's round trip wants it (`acks`),
 * or a window that it closes. False when the segment is of no interest.
 * @bytes: of the segment, its header included */
static __always_inline bool fill_segment(struct segment *s, const struct tcphdr *tcp, __u32 bytes, bool acks)
{
	__u32 head = tcp->doff * 4;

	s->len = bytes > head ? bytes - head : 0;
	s->flags = ((__u8 *)tcp)[13];
	if (!acks && !s->len && tcp->window && !(s->flags & (TCP_FIN | TCP_SYN | TCP_RST)))
		return false;
	s->window = tcp->window;
	s->seq = bpf_ntohl(tcp->seq);
	s->ack = bpf_ntohl(tcp->ack_seq);
	return true;
}

/* @total: bytes from the IP header to the packet's end, for where TSO leaves
 * the header's own length 0; otherwise that one counts, for short frames carry
 * padding. */
static __always_inline bool fill_ipv4(struct segment *s, const struct iphdr *ip, const struct tcphdr *tcp,
				      __u32 total, bool request, bool acks)
{
	__u32 length = bpf_ntohs(ip->tot_len);

	if (length)
		total = length;
	if (!is_service_port(server_port(tcp, request)) || !fill_segment(s, tcp, total - ip->ihl * 4, acks))
		return false;
	s->key.ends = ends_of(tcp, request) | ENDS_IPV4;
	s->key.words[0] = request ? ip->saddr | (__u64)ip->daddr << 32 : ip->daddr | (__u64)ip->saddr << 32;
	return true;
}

static __always_inline bool fill_ipv6(struct segment *s, const struct ipv6hdr *ip, const struct tcphdr *tcp,
				      __u32 total, bool request, bool acks)
{
	__u32 length = bpf_ntohs(ip->payload_len);

	if (!length)
		length = total - sizeof(*ip);
	if (!is_service_port(server_port(tcp, request)) || !fill_segment(s, tcp, length, acks))
		return false;
	s->key.ends = ends_of(tcp, request) | ENDS_IPV6;
	__builtin_memcpy(s->key.words, request ? &ip->saddr : &ip->daddr, 16);
	__builtin_memcpy(s->key.words + 2, request ? &ip->daddr : &ip->saddr, 16);
	return true;
}

static __always_inline bool is_vlan(__be16 protocol)
{
	return protocol == bpf_htons(0x8100) || protocol == bpf_htons(0x88a8);
}

/* Where the IP header of an skb is. A tag that the NIC did not take off is
 * still in the data when the stack is entered (`received`). */
static __always_inline const void *network_of(const bool typed, struct sk_buff *skb, __be16 protocol, bool received)
{
	if (received)
		return FIELD(typed, skb, data) + (is_vlan(protocol) ? 4 : 0);
	return FIELD(typed, skb, head) + FIELD(typed, skb, network_header);
}

static __always_inline __u32 bytes_from(const bool typed, struct sk_buff *skb, const void *network)
{
	return FIELD(typed, skb, len) - (__u32)(network - (const void *)FIELD(typed, skb, data));
}

/* The same for what is not plain IPv4: a tag in the data hides the protocol,
 * then the header's own version tells. */
static __always_inline bool read_further(const bool typed, struct sk_buff *skb, const struct packet *p,
					 const void *network, bool request, bool acks, struct segment *s)
{
	bool ipv4 = p->ip.version == 4;
	const struct ipv6hdr *ipv6 = (const struct ipv6hdr *)p;
	__u32 ip_bytes = ipv4 ? p->ip.ihl * 4 : sizeof(struct ipv6hdr);
	__u32 total = bytes_from(typed, skb, network);
	struct tcphdr tcp;

	if (!ipv4 && p->ip.version != 6)
		return false;
	if ((ipv4 ? p->ip.protocol : ipv6->nexthdr) != IPPROTO_TCP)
		return false;
	if (bpf_probe_read_kernel(&tcp, sizeof(tcp), network + ip_bytes))
		return false;
	return ipv4 ? fill_ipv4(s, &p->ip, &tcp, total, request, acks)
		    : fill_ipv6(s, ipv6, &tcp, total, request, acks);
}

/* Half of what a server receives acknowledges and does nothing else: told from
 * four bytes (length of the header, flags, window), before anything is parsed.
 * Where it is no plain IPv4 and TCP the lengths do not fit, or nobody cares. */
#define LARGEST_PURE_ACK (20 + 60)

static __always_inline bool is_pure_ack(const bool typed, struct sk_buff *skb)
{
	__u32 len = FIELD(typed, skb, len);
	__u8 tcp[4];

	if (len > LARGEST_PURE_ACK || FIELD(typed, skb, protocol) != bpf_htons(ETH_P_IP))
		return false;
	if (bpf_probe_read_kernel(tcp, sizeof(tcp), FIELD(typed, skb, data) + sizeof(struct iphdr) + 12))
		return false;
	return tcp[1] == TCP_ACK && (tcp[2] | tcp[3]) && sizeof(struct iphdr) + (tcp[0] >> 4) * 4 == len;
}

/* Parse an skb of the stack; false when it is no segment of interest. */
static __always_inline bool read_skb(const bool typed, struct sk_buff *skb, bool received,
				     bool request, bool acks, struct segment *s)
{
	__be16 protocol = FIELD(typed, skb, protocol);
	const void *network;
	struct packet p;

	if (protocol != bpf_htons(ETH_P_IP) && protocol != bpf_htons(ETH_P_IPV6) && !is_vlan(protocol))
		return false;
	network = network_of(typed, skb, protocol, received);
	if (bpf_probe_read_kernel(&p, sizeof(p), network))
		return false;
	if (protocol != bpf_htons(ETH_P_IP) || p.ip.ihl != 5)
		return read_further(typed, skb, &p, network, request, acks, s);
	if (p.ip.protocol != IPPROTO_TCP)
		return false;
	return fill_ipv4(s, &p.ip, &p.tcp, p.ip.tot_len ? 0 : bytes_from(typed, skb, network), request, acks);
}

#endif
