// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* sock.ready: the request's first byte is queued and the reader is woken.
 * Rungs: fentry, kprobe. */

static __always_inline int handle_sock_ready(const bool typed, struct sock *sk)
{
	struct flow_key key = {};
	struct flow *flow = flow_of_socket(typed, sk, &key);
	struct positions at;

	if (!flow || phase_of(flow) != HOP_REQUEST || !read_positions(typed, sk, &at))
		return 0;
	if (before(flow->record.request_seq, at.rcv_nxt))
		stamp(flow, SOCK_READY, bpf_ktime_get_ns(), !flow->record.first[SOCK_READY]);
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
