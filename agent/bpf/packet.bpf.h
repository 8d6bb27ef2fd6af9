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

/* IPv4 or IPv6 header without options, and the TCP header after it. */
struct headers {
	union {
		struct iphdr v4;
		struct ipv6hdr v6;
	} ip;
	struct tcphdr tcp;
	__u32 total;	/* bytes from the IP header to the end of the packet */
};

/* ::ffff:a.b.c.d, as two words. */
static __always_inline void map_ipv4(__u64 *to, __be32 address)
{
	to[0] = 0;
	to[1] = (__u64)address << 32 | 0xffff0000;
}

/* Addresses by direction: the side of the service port is the server. */
static __always_inline void place_ends(struct segment *s, const struct headers *h, bool request)
{
	__u64 *source = request ? s->key.client_words : s->key.server_words;
	__u64 *target = request ? s->key.server_words : s->key.client_words;

	if (s->ipv4) {
		map_ipv4(source, h->ip.v4.saddr);
		map_ipv4(target, h->ip.v4.daddr);
	} else {
		__builtin_memcpy(source, &h->ip.v6.saddr, 16);
		__builtin_memcpy(target, &h->ip.v6.daddr, 16);
	}
	s->key.client_port = bpf_ntohs(request ? h->tcp.source : h->tcp.dest);
	s->key.server_port = bpf_ntohs(request ? h->tcp.dest : h->tcp.source);
}

/* Bytes of TCP payload. With TSO an IPv4 total length may be 0: then the
 * packet's own length counts; otherwise short frames carry padding. */
static __always_inline __u32 payload_bytes(const struct headers *h, bool ipv4)
{
	__u32 ip_bytes = ipv4 ? h->ip.v4.ihl * 4 : sizeof(struct ipv6hdr);
	__u32 total = ipv4 ? bpf_ntohs(h->ip.v4.tot_len)
			   : bpf_ntohs(h->ip.v6.payload_len) + sizeof(struct ipv6hdr);
	__u32 header_bytes = ip_bytes + h->tcp.doff * 4;

	if (total <= ip_bytes)
		total = h->total;
	return total > header_bytes ? total - header_bytes : 0;
}

/* true when the headers belong to a service port in the wanted direction. */
static __always_inline bool is_wanted(const struct headers *h, bool request)
{
	return is_service_port(bpf_ntohs(request ? h->tcp.dest : h->tcp.source));
}

/* A pure ACK moves no exchange; only the client's round trip wants it (`acks`),
 * or a window that it closes. False when the segment is of no interest. */
static __always_inline bool fill_segment(struct segment *s, const struct headers *h, bool ipv4,
					 bool request, bool acks, __u32 ifindex)
{
	s->len = payload_bytes(h, ipv4);
	s->flags = ((__u8 *)&h->tcp)[13];
	if (!acks && !s->len && h->tcp.window && !(s->flags & (TCP_FIN | TCP_SYN | TCP_RST)))
		return false;
	s->ipv4 = ipv4;
	s->window = h->tcp.window;
	place_ends(s, h, request);
	s->seq = bpf_ntohl(h->tcp.seq);
	s->ack = bpf_ntohl(h->tcp.ack_seq);
	s->ifindex = ifindex;
	return true;
}

static __always_inline bool is_vlan(__u16 protocol)
{
	return protocol == 0x8100 || protocol == 0x88a8;
}

/* Where the IP header of a received skb is. A tag that the NIC did not take
 * off is still in the data when the stack is entered. */
static __always_inline const void *received_network(const bool typed, struct sk_buff *skb)
{
	const void *data = FIELD(typed, skb, data);

	return is_vlan(bpf_ntohs(FIELD(typed, skb, protocol))) ? data + 4 : data;
}

/* The same from an skb of the stack: `network` is the address of the IP header.
 * 40 bytes hold an IPv6 header, or IPv4 and TCP without options. A tag in the
 * data hides the protocol; then the header's own version tells. */
static __always_inline bool read_skb(const bool typed, struct sk_buff *skb, const void *network,
				     bool request, bool acks, struct segment *s)
{
	struct { struct iphdr ip; struct tcphdr tcp; } both;
	struct headers h;
	__u16 protocol = bpf_ntohs(FIELD(typed, skb, protocol));
	bool tagged = is_vlan(protocol);
	__u32 ip_bytes = sizeof(struct ipv6hdr);
	bool ipv4;

	if (!tagged && protocol != ETH_P_IP && protocol != ETH_P_IPV6)
		return false;
	if (bpf_probe_read_kernel(&both, sizeof(both), network))
		return false;
	__builtin_memcpy(&h.ip, &both, sizeof(h.ip));
	h.tcp = both.tcp;
	ipv4 = tagged ? h.ip.v4.version == 4 : protocol == ETH_P_IP;
	if (!ipv4 && h.ip.v4.version != 6)
		return false;
	if (ipv4)
		ip_bytes = h.ip.v4.ihl * 4;
	if ((ipv4 ? h.ip.v4.protocol : h.ip.v6.nexthdr) != IPPROTO_TCP)
		return false;
	if (ip_bytes != sizeof(struct iphdr) &&
	    bpf_probe_read_kernel(&h.tcp, sizeof(h.tcp), network + ip_bytes))
		return false;
	if (!is_wanted(&h, request))
		return false;
	h.total = FIELD(typed, skb, len) - (__u32)(network - (const void *)FIELD(typed, skb, data));
	return fill_segment(s, &h, ipv4, request, acks, 0);
}

#endif
