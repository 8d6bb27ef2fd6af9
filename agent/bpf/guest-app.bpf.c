// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* app.read: recv returns request bytes. app.write: send is entered. Method,
 * path and status are read here, from the bytes that the service itself
 * passes, and nowhere else. Rungs: fexit/fentry, kretprobe/kprobe. */

#define WORKERS 64

/* How long a worker had waited for a CPU in all its life, when it was last
 * seen. Workers that share a place are told apart by their id, and have no
 * delay then. */
struct worker {
	__u64 run_delay;
	__u64 pid;
};

static struct worker workers[WORKERS];

/* The delay since the worker was seen last, into the record if there is one.
 * sched_info is kept by the scheduler itself: no probe at its switches needed. */
static __always_inline void note_run_delay(const bool typed, __u32 pid, struct hop_record *r)
{
	struct worker *worker = &workers[pid % WORKERS];
	__u64 now = run_delay_of_task(typed);
	__u64 delay = now - worker->run_delay;

	if (r && worker->pid == pid) {
		r->run_delay_ns = delay < 0xffffffff ? delay : 0xffffffff;
		r->flags |= HOP_RAN;
	}
	worker->pid = pid;
	worker->run_delay = now;
}

static __always_inline void read_head(const bool typed, struct flow *flow, struct msghdr *msg,
				      __u64 got)
{
	const void *start = message_start(typed, msg, got);
	__u64 text[HEAD_WORDS] = {};
	__u64 len = got < HOP_HEAD ? got : HOP_HEAD;

	/* Last before the call, and all 64 bits: verifiers before 6.2 forget other bounds. */
	barrier_var(len);
	if (len == 0 || len > HOP_HEAD || bpf_probe_read_user(text, len, start))
		return;
	if (wants_start(flow))
		note_start(flow, text[0]);
	if (settings.capture_http && flow->protocol == HOP_HTTP1)
		parse_head(&flow->record, text);
}

static __always_inline __u32 read_status(const bool typed, struct msghdr *msg)
{
	__u64 text[2] = {};

	if (!settings.capture_http || bpf_probe_read_user(text, STATUS_BYTES, message_start(typed, msg, 0)))
		return 0;
	return parse_status(text);
}

static __always_inline int handle_app_read(const bool typed, struct sock *sk, struct msghdr *msg,
					   long got)
{
	struct flow *flow;
	__u64 now, ids;

	if (got <= 0)
		return 0;
	flow = flow_of_socket(typed, sk);
	if (!flow || phase_of(flow) != HOP_REQUEST)
		return 0;
	now = bpf_ktime_get_ns();
	if (flow->record.first[APP_READ]) {
		stamp(flow, APP_READ, now, false);
		return 0;
	}
	if (!has_read(typed, sk, flow))
		return 0;
	stamp(flow, APP_READ, now, true);
	ids = bpf_get_current_pid_tgid();
	flow->record.task = ids >> 32;
	note_run_delay(typed, ids, &flow->record);
	read_head(typed, flow, msg, got);
	return 0;
}

/* Under TLS what is written before the request was read does not answer it:
 * a session ticket (RFC 8446, 4.6.1). */
static __always_inline bool is_ticket(const struct flow *flow)
{
	return flow->protocol == HOP_TLS && !flow->record.first[APP_READ];
}

/* A 1xx is no answer yet; a second head is the answer to a second request. */
static __always_inline int handle_app_write(const bool typed, struct sock *sk, struct msghdr *msg)
{
	__u64 now = bpf_ktime_get_ns();
	struct flow *flow = flow_of_socket(typed, sk);
	bool is_first;
	__u32 status;

	if (!flow || phase_of(flow) == HOP_IDLE)
		return 0;
	status = flow->protocol == HOP_HTTP1 ? read_status(typed, msg) : 0;
	is_first = phase_of(flow) == HOP_REQUEST;
	if (is_first && is_ticket(flow)) {
		flow->interim = true;
		return 0;
	}
	if (is_first && is_interim(status)) {
		flow->interim = true;
		flow->record.flags |= HOP_INTERIM;
		return 0;
	}
	if (is_first)
		turn(flow);
	stamp(flow, APP_WRITE, now, is_first);
	if (is_first)
		note_run_delay(typed, bpf_get_current_pid_tgid(), NULL);
	if (!status || is_interim(status))
		return 0;
	if (flow->record.responses++)
		flow->record.flags |= HOP_PIPELINED;
	else
		flow->record.status = status;
	if (status == 101) {
		flow->marks |= HOP_UPGRADED;
		flow->record.flags |= HOP_UPGRADED;
	}
	return 0;
}

#ifdef HOP_OLD_KERNEL
/* Before 5.17 the return value stands behind the arguments, of which 5.19
 * took one away: ec095263a965 ("net: remove noblock parameter"). */
SEC("fexit/tcp_recvmsg")
int app_read_fexit(unsigned long long *ctx)
{
	return handle_app_read(true, (struct sock *)ctx[0], (struct msghdr *)ctx[1], (int)ctx[6]);
}
#else
SEC("fexit/tcp_recvmsg")
int BPF_PROG(app_read_fexit, struct sock *sk, struct msghdr *msg)
{
	__u64 got = 0;

	if (bpf_get_func_ret(ctx, &got))
		return 0;
	return handle_app_read(true, sk, msg, (int)got);
}
#endif

struct receive { struct sock *sk; struct msghdr *msg; };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct receive);
} receives SEC(".maps");

SEC("kprobe/tcp_recvmsg")
int BPF_KPROBE(app_read_kprobe, struct sock *sk, struct msghdr *msg)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct receive receive = { .sk = sk, .msg = msg };

	if (is_service_port(BPF_CORE_READ(sk, __sk_common.skc_portpair) >> 16))
		bpf_map_update_elem(&receives, &thread, &receive, BPF_ANY);
	return 0;
}

SEC("kretprobe/tcp_recvmsg")
int BPF_KRETPROBE(app_read_kretprobe, int got)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct receive *receive = bpf_map_lookup_elem(&receives, &thread);

	if (!receive)
		return 0;
	handle_app_read(false, receive->sk, receive->msg, got);
	bpf_map_delete_elem(&receives, &thread);
	return 0;
}

SEC("fentry/tcp_sendmsg")
int BPF_PROG(app_write_fentry, struct sock *sk, struct msghdr *msg)
{
	return handle_app_write(true, sk, msg);
}

SEC("kprobe/tcp_sendmsg")
int BPF_KPROBE(app_write_kprobe, struct sock *sk, struct msghdr *msg)
{
	return handle_app_write(false, sk, msg);
}
