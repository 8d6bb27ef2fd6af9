// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* vnic.rx: the driver hands the segment to the stack. vnic.tx: the stack
 * hands it to the driver. Rungs: tp_btf, raw tracepoint. */

#define LOOPBACK_IFINDEX 1

/* A shaper in the guest feeds packets to the stack a second time. */
static __always_inline bool is_redirected(const bool typed, struct sk_buff *skb)
{
	return bpf_core_field_exists(skb->redirected) && BPF_CORE_READ_BITFIELD_PROBED(skb, redirected);
}

static __always_inline struct flow *receive(const bool typed, struct sk_buff *skb, struct segment *s)
{
	__u32 ifindex = typed ? skb->dev->ifindex : BPF_CORE_READ(skb, dev, ifindex);
	struct flow *flow;

	if (ifindex == LOOPBACK_IFINDEX || is_pure_ack(typed, skb))
		return NULL;
	if (!read_skb(typed, skb, true, true, false, s))
		return NULL;
	flow = find_flow(&s->key);
	if (flow && phase_of(flow) == HOP_REQUEST && flow->record.first[VNIC_RX] && is_redirected(typed, skb))
		return flow;
	flow = pass(flow, s, VNIC_RX);
	if (flow)
		flow->record.ifindex = ifindex;
	return flow;
}

static __always_inline int handle_vnic_rx(const bool typed, struct sk_buff *skb)
{
	struct segment s = {};
	struct flow *flow = receive(typed, skb, &s);

	hand_off(handoff_of(received, skb), skb, NULL, flow, &s);
	return 0;
}

/* A VLAN or a bridge over the vNIC hands the packet on: the vNIC's own counts. */
static __always_inline bool leaves_by(const struct flow *flow, __u32 ifindex)
{
	return !flow->record.ifindex || flow->record.ifindex == ifindex;
}

static __always_inline int handle_vnic_tx(const bool typed, struct sk_buff *skb, struct net_device *dev)
{
	struct handoff *from = handoff_of(sent, skb);
	struct segment s = {};
	struct flow *flow;

	if (take_over(from, skb, FIELD(typed, skb, sk), &s)) {
		flow = from->flow == NO_FLOW ? NULL : flow_at(from->flow);
		if (!flow)
			return 0;
		if (leaves_by(flow, FIELD(typed, dev, ifindex)))
			pass_response(flow, &s, VNIC_TX);
		else
			from->skb = (__u64)skb;
		return 0;
	}
	if (!read_skb(typed, skb, false, false, false, &s))
		return 0;
	flow = find_flow(&s.key);
	if (!flow || leaves_by(flow, FIELD(typed, dev, ifindex)))
		on_response(&s, VNIC_TX);
	return 0;
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(vnic_rx_btf, struct sk_buff *skb)
{
	return handle_vnic_rx(true, skb);
}

SEC("raw_tp/netif_receive_skb")
int BPF_PROG(vnic_rx_raw, struct sk_buff *skb)
{
	return handle_vnic_rx(false, skb);
}

SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(vnic_tx_btf, struct sk_buff *skb, struct net_device *dev)
{
	return handle_vnic_tx(true, skb, dev);
}

SEC("raw_tp/net_dev_start_xmit")
int BPF_PROG(vnic_tx_raw, struct sk_buff *skb, struct net_device *dev)
{
	return handle_vnic_tx(false, skb, dev);
}
