// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* tap.tx and tap.rx: the switch's port to the VM (tc). The tap names the VM. */

SEC("tc")
int tap_tx_tc(struct __sk_buff *skb)
{
	struct segment s = {};
	struct flow *flow;

	if (!read_frame(skb, false, skb->len, skb->ifindex, true, false, &s))
		return TC_ACT_UNSPEC;
	flow = on_request(&s, TAP_TX);
	if (flow)
		flow->record.ifindex = s.ifindex;
	return TC_ACT_UNSPEC;
}

SEC("tc")
int tap_rx_tc(struct __sk_buff *skb)
{
	struct segment s = {};
	struct flow *flow;

	if (!read_frame(skb, false, skb->len, skb->ifindex, false, false, &s))
		return TC_ACT_UNSPEC;
	flow = on_response(&s, TAP_RX);
	if (flow)
		flow->record.ifindex = s.ifindex;
	return TC_ACT_UNSPEC;
}
