// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* sock.ready: the request's first byte is queued and the reader is woken.
 * Rungs: fentry, kprobe. */

static __always_inline int handle_sock_ready(const bool typed, struct sock *sk)
{
	struct flow *flow = flow_of_socket(typed, sk);
	struct hop_record *r;

	if (!flow || phase_of(flow) != HOP_REQUEST)
		return 0;
	r = &flow->record;
	if (is_present(TCP_RX) ? r->first[TCP_RX] : r->first[VNIC_RX])
		stamp(flow, SOCK_READY, bpf_ktime_get_ns(), true);
	return 0;
}

SEC("fentry/sock_def_readable")
int BPF_PROG(sock_ready_fentry, struct sock *sk)
{
	return handle_sock_ready(true, sk);
}

SEC("kprobe/sock_def_readable")
int BPF_KPROBE(sock_ready_kprobe, struct sock *sk)
{
	return handle_sock_ready(false, sk);
}
