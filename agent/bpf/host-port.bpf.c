// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* port.rx and port.tx: the uplink's port on the switch (tc). */

SEC("tc")
int port_rx_tc(struct __sk_buff *skb)
{
	struct segment s = {};

	if (read_frame(skb, false, skb->len, skb->ifindex, true, false, &s))
		on_request(&s, PORT_RX);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int port_tx_tc(struct __sk_buff *skb)
{
	struct segment s = {};

	if (read_frame(skb, false, skb->len, skb->ifindex, false, false, &s))
		on_response(&s, PORT_TX);
	return TC_ACT_UNSPEC;
}
