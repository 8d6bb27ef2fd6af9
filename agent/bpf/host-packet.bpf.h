/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Ethernet frames as tc and XDP see them: VLAN tags, IPv4, IPv6. */
#ifndef HOPSCOPE_HOST_PACKET_BPF_H
#define HOPSCOPE_HOST_PACKET_BPF_H

#define ETH_HLEN 14
#define VLAN_TAGS 2

static __always_inline long load_bytes(void *ctx, bool xdp, __u32 at, void *to, __u32 len)
{
	return xdp ? bpf_xdp_load_bytes(ctx, at, to, len) : bpf_skb_load_bytes(ctx, at, to, len);
}

/* Both headers come in one load unless there are IP options. */
static __always_inline bool read_ipv4(void *ctx, bool xdp, __u32 at, __u32 total, bool request, bool acks,
				      struct segment *s)
{
	struct packet p;

	if (load_bytes(ctx, xdp, at, &p, sizeof(p)))
		return false;
	if (p.ip.protocol != IPPROTO_TCP || (p.ip.frag_off & bpf_htons(0x1fff)))
		return false;
	if (p.ip.ihl > 5 && load_bytes(ctx, xdp, at + p.ip.ihl * 4, &p.tcp, sizeof(p.tcp)))
		return false;
	s->payload_at = at + (p.ip.ihl + p.tcp.doff) * 4;
	return fill_ipv4(s, &p.ip, &p.tcp, total - at, request, acks);
}

static __always_inline bool read_ipv6(void *ctx, bool xdp, __u32 at, __u32 total, bool request, bool acks,
				      struct segment *s)
{
	struct { struct ipv6hdr ip; struct tcphdr tcp; } p;

	if (load_bytes(ctx, xdp, at, &p, sizeof(p)) || p.ip.nexthdr != IPPROTO_TCP)
		return false;
	s->payload_at = at + sizeof(p.ip) + p.tcp.doff * 4;
	return fill_ipv6(s, &p.ip, &p.tcp, total - at, request, acks);
}

/* Parse the frame; false when it is not TCP of a service port. */
static __always_inline bool read_frame(void *ctx, bool xdp, __u32 total, __u32 ifindex,
				       bool request, bool acks, struct segment *s)
{
	__be16 protocol;
	__u32 at = ETH_HLEN;

	if (load_bytes(ctx, xdp, at - 2, &protocol, 2))
		return false;
	for (int tag = 0; tag < VLAN_TAGS && is_vlan(protocol); tag++) {
		at += 4;
		if (load_bytes(ctx, xdp, at - 2, &protocol, 2))
			return false;
	}
	s->ifindex = ifindex;
	if (protocol == bpf_htons(ETH_P_IP))
		return read_ipv4(ctx, xdp, at, total, request, acks, s);
	return protocol == bpf_htons(ETH_P_IPV6) && read_ipv6(ctx, xdp, at, total, request, acks, s);
}

#endif
