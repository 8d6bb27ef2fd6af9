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

/* IPv4: both headers come in one load unless there are IP options. */
static __always_inline bool load_ipv4(void *ctx, bool xdp, __u32 at, struct headers *h)
{
	struct { struct iphdr ip; struct tcphdr tcp; } both;

	if (load_bytes(ctx, xdp, at, &both, sizeof(both)))
		return false;
	if (both.ip.protocol != IPPROTO_TCP || (both.ip.frag_off & bpf_htons(0x1fff)))
		return false;
	h->ip.v4 = both.ip;
	h->tcp = both.tcp;
	if (both.ip.ihl > 5)
		return !load_bytes(ctx, xdp, at + both.ip.ihl * 4, &h->tcp, sizeof(h->tcp));
	return true;
}

static __always_inline bool load_ipv6(void *ctx, bool xdp, __u32 at, struct headers *h)
{
	struct { struct ipv6hdr ip; struct tcphdr tcp; } both;

	if (load_bytes(ctx, xdp, at, &both, sizeof(both)) || both.ip.nexthdr != IPPROTO_TCP)
		return false;
	h->ip.v6 = both.ip;
	h->tcp = both.tcp;
	return true;
}

/* Parse the frame; false when it is not TCP of a service port. */
static __always_inline bool read_frame(void *ctx, bool xdp, __u32 total, __u32 ifindex,
				       bool request, bool acks, struct segment *s)
{
	struct headers h;
	__be16 protocol;
	__u32 at = ETH_HLEN;
	bool ipv4;

	if (load_bytes(ctx, xdp, at - 2, &protocol, 2))
		return false;
	for (int tag = 0; tag < VLAN_TAGS && is_vlan(bpf_ntohs(protocol)); tag++) {
		at += 4;
		if (load_bytes(ctx, xdp, at - 2, &protocol, 2))
			return false;
	}
	ipv4 = protocol == bpf_htons(ETH_P_IP);
	if (ipv4 ? !load_ipv4(ctx, xdp, at, &h)
		 : protocol != bpf_htons(ETH_P_IPV6) || !load_ipv6(ctx, xdp, at, &h))
		return false;
	if (!is_wanted(&h, request))
		return false;
	h.total = total - at;
	s->payload_at = at + (ipv4 ? h.ip.v4.ihl * 4 : sizeof(struct ipv6hdr)) + h.tcp.doff * 4;
	return fill_segment(s, &h, ipv4, request, acks, ifindex);
}

#endif
