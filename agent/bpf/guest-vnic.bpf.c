// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* vnic.rx: the driver hands the segment to the stack. vnic.tx: the stack
 * hands it to the driver. Rungs: tp_btf, raw tracepoint. */

#define LOOPBACK_IFINDEX 1

static __always_inline int handle_vnic_rx(const bool typed, struct sk_buff *skb)
{
	struct segment s = {};
	struct flow *flow;
	__u32 ifindex = typed ? skb->dev->ifindex : BPF_CORE_READ(skb, dev, ifindex);

	if (ifindex == LOOPBACK_IFINDEX)
		return 0;
	if (!read_skb(typed, skb, received_network(typed, skb), true, false, &s))
		return 0;
	flow = on_request(&s, VNIC_RX);
	if (flow)
		flow->record.ifindex = ifindex;
	return 0;
}

static __always_inline int handle_vnic_tx(const bool typed, struct sk_buff *skb)
{
	struct segment s = {};
	const void *network = FIELD(typed, skb, head) + FIELD(typed, skb, network_header);

	if (read_skb(typed, skb, network, false, false, &s))
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
	return handle_vnic_tx(true, skb);
}

SEC("raw_tp/net_dev_start_xmit")
int BPF_PROG(vnic_tx_raw, struct sk_buff *skb, struct net_device *dev)
{
	return handle_vnic_tx(false, skb);
}
