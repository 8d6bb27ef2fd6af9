// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* tap.tx and tap.rx: the switch's port to the VM (tc). The tap names the VM. */

SEC("tc")
int tap_tx_tc(struct __sk_buff *skb)
{
	struct segment s = {};
	struct flow *flow;

	if (!read_frame(skb, false, skb->len, skb->ifindex, true, false, &s))
		return TC_ACT_UNSPEC;
	s.ingress = skb->ingress_ifindex;
	flow = on_request(&s, TAP_TX);
	if (flow)
		flow->record.ifindex = s.ifindex;
	return TC_ACT_UNSPEC;
}

/* The status of a response that is about to begin: a 1xx goes before it. */
static __always_inline void peek_status(struct __sk_buff *skb, struct flow *flow, const struct segment *s)
{
	__u64 text[2] = {};
	__u32 status;

	if (!settings.capture_http || phase_of(flow) != HOP_REQUEST || s->len < STATUS_BYTES || !is_new(flow, s))
		return;
	if (bpf_skb_load_bytes(skb, s->payload_at, text, STATUS_BYTES))
		return;
	status = parse_status(text);
	flow->interim = is_interim(status);
	if (flow->interim)
		flow->record.flags |= HOP_INTERIM;
	else
		flow->record.status = status;
	if (status == 101) {
		flow->marks |= HOP_UPGRADED;
		flow->record.flags |= HOP_UPGRADED;
	}
}

static __always_inline void take_syn(struct flow *flow, const struct flow_key *key)
{
	struct first_syn *syn = bpf_map_lookup_elem(&syns, key);

	if (!syn) {
		flow->marks |= HOP_LOCAL;
		return;
	}
	flow->marks &= ~HOP_LOCAL;
	flow->syn_ns = syn->ns;
	flow->syn_retries = syn->count > 255 ? 255 : syn->count - 1;
	bpf_map_delete_elem(&syns, key);
}

SEC("tc")
int tap_rx_tc(struct __sk_buff *skb)
{
	struct segment s = {};
	struct flow *flow;

	if (!read_frame(skb, false, skb->len, skb->ifindex, false, false, &s))
		return TC_ACT_UNSPEC;
	flow = find_flow(&s.key);
	if (flow && s.len)
		peek_status(skb, flow, &s);
	flow = on_response(&s, TAP_RX);
	if (!flow)
		return TC_ACT_UNSPEC;
	flow->record.ifindex = s.ifindex;
	note_window(flow, &s);
	if (s.flags & TCP_SYN)
		take_syn(flow, &s.key);
	return TC_ACT_UNSPEC;
}
