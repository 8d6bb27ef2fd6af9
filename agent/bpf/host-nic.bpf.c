// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* nic.rx and nic.tx, and what TCP tells about the client between them. */

/* First SYNs, until the SYN-ACK: bounded, and a flood pushes out its own. */
struct first_syn { __u64 ns; __u32 seq; __u32 count; };

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct flow_key);
	__type(value, struct first_syn);
} syns SEC(".maps");

static __always_inline void note_syn(const struct segment *s)
{
	struct first_syn *known = bpf_map_lookup_elem(&syns, &s->key);
	struct first_syn first = { .ns = bpf_ktime_get_ns(), .seq = s->seq, .count = 1 };

	if (known && known->seq == s->seq)
		known->count++;
	else
		bpf_map_update_elem(&syns, &s->key, &first, BPF_ANY);
}

/* A pure ACK of the awaited segment is a round-trip sample; a segment with
 * data may have waited for the client's own next request, so it is none. */
static __always_inline void take_rtt(struct flow *flow, const struct segment *s, __u64 now)
{
	__u64 sample;

	if (!flow->rtt_probe_ns || before(s->ack, flow->rtt_probe_ack))
		return;
	sample = now - flow->rtt_probe_ns;
	flow->rtt_probe_ns = 0;
	if (s->len || sample > 0xffffffff)
		return;
	if (!flow->rtt_ns || sample < flow->rtt_ns)
		flow->rtt_ns = sample;
}

static __always_inline void note_ack(struct flow *flow, const struct segment *s, __u64 now)
{
	struct hop_record *r = &flow->record;
	__u64 sent = r->last[NIC_TX];

	flow->established = true;
	if (!flow->client_acked || before(flow->client_acked, s->ack))
		flow->client_acked = s->ack;
	if (s->len || r->acked_ns || !sent || phase_of(flow) != HOP_RESPONSE || flow->starting)
		return;
	if (!before(s->ack, flow->response_end) && now - sent < 0xffffffff)
		r->acked_ns = now - sent;
}

static __always_inline void note_window(struct flow *flow, const struct segment *s)
{
	struct hop_record *r = &flow->record;

	if (!s->window && !(s->flags & (TCP_SYN | TCP_RST)) && phase_of(flow) != HOP_IDLE && r->zero_windows < 255)
		r->zero_windows++;
}

static __always_inline void await_ack(struct flow *flow, const struct segment *s)
{
	if (flow->rtt_probe_ns || (!s->len && !(s->flags & TCP_SYN)))
		return;
	flow->rtt_probe_ack = s->seq + s->len + (s->flags & TCP_SYN ? 1 : 0);
	flow->rtt_probe_ns = bpf_ktime_get_ns();
}

static __always_inline struct flow *handle_nic_rx(const struct segment *s)
{
	struct flow *flow;
	__u64 now;

	if (s->flags & TCP_SYN) {
		note_syn(s);
		return NULL;
	}
	flow = on_request(s, NIC_RX);
	if (!flow)
		return NULL;
	now = bpf_ktime_get_ns();
	take_rtt(flow, s, now);
	note_ack(flow, s, now);
	note_window(flow, s);
	return flow;
}

static __always_inline void handle_nic_tx(const struct segment *s)
{
	struct flow *flow = on_response(s, NIC_TX);

	if (!flow)
		return;
	if (s->flags & TCP_SYN && flow->syn_ns && !flow->connect_ns)
		flow->connect_ns = bpf_ktime_get_ns() - flow->syn_ns;
	await_ack(flow, s);
}

/* The protocol of a connection, and under TLS what its records tell. */
static __always_inline void peek_start(struct xdp_md *ctx, struct flow *flow, const struct segment *s)
{
	__u64 start;

	if (s->len < sizeof(start) || bpf_xdp_load_bytes(ctx, s->payload_at, &start, sizeof(start)))
		return;
	if (s->seq == flow->record.request_seq)
		note_start(flow, start);
	else
		note_control(flow, start);
}

SEC("xdp.frags")
int nic_rx_xdp(struct xdp_md *ctx)
{
	struct segment s = {};
	struct flow *flow;

	if (!read_frame(ctx, true, bpf_xdp_get_buff_len(ctx), ctx->ingress_ifindex, true, true, &s))
		return XDP_PASS;
	flow = handle_nic_rx(&s);
	if (flow && wants_start(flow))
		peek_start(ctx, flow, &s);
	return XDP_PASS;
}

static __always_inline bool is_uplink(struct net_device *dev)
{
	return dev->nd_net.net->ns.inum == settings.netns && is_uplink_index(dev->ifindex);
}

/* Where the driver takes no XDP: after GRO, so layers behind it shrink. */
SEC("tp_btf/netif_receive_skb")
int BPF_PROG(nic_rx_skb, struct sk_buff *skb)
{
	struct segment s = {};

	if (is_uplink(skb->dev) && read_skb(true, skb, true, true, true, &s))
		handle_nic_rx(&s);
	return 0;
}

SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(nic_tx_skb, struct sk_buff *skb, struct net_device *dev)
{
	struct segment s = {};

	if (is_uplink(dev) && read_skb(true, skb, false, false, false, &s))
		handle_nic_tx(&s);
	return 0;
}
