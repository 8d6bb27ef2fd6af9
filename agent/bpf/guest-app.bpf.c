// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* app.read: recv returns request bytes. app.write: send is entered. Method,
 * path and status are read here, from the bytes that the service itself
 * passes, and nowhere else. Rungs: fexit/fentry, kretprobe/kprobe. */

#define STATUS_AT 9		/* "HTTP/1.1 200" */
#define STATUS_BYTES 12

/* "METHOD /path" up to the query, the second space or the line's end. The
 * text is zero behind its end, so that the verifier follows one flag only. */
static __always_inline void parse_head(struct hop_record *r, const char *text)
{
	bool in_path = false;
	__u32 i;

	for (i = 0; i < HOP_HEAD; i++) {
		char c = text[i];

		if (c == '?' || c == '#' || c < ' ' || (c == ' ' && in_path))
			break;
		if (c == ' ')
			in_path = true;
		else if (!in_path && (c < 'A' || c > 'Z'))
			return;
		r->head[i] = c;
	}
	if (in_path)
		r->head_len = i;
}

static __always_inline void read_head(const bool typed, struct hop_record *r, struct msghdr *msg,
				      __u32 got)
{
	char text[HOP_HEAD] = {};
	__u32 len = got < HOP_HEAD ? got : HOP_HEAD;

	if (!settings.capture_http || len == 0 || len > HOP_HEAD)
		return;
	if (!bpf_probe_read_user(text, len, message_start(typed, msg, got)))
		parse_head(r, text);
}

static __always_inline void read_status(const bool typed, struct hop_record *r, struct msghdr *msg)
{
	char text[STATUS_BYTES] = {};
	__u32 status = 0;

	if (!settings.capture_http || bpf_probe_read_user(text, sizeof(text), message_start(typed, msg, 0)))
		return;
	if (text[0] != 'H' || text[1] != 'T' || text[4] != '/' || text[8] != ' ')
		return;
	for (int i = STATUS_AT; i < STATUS_BYTES; i++)
		status = status * 10 + (text[i] - '0');
	r->status = status <= 999 ? status : 0;
}

static __always_inline int handle_app_read(const bool typed, struct sock *sk, struct msghdr *msg,
					   long got)
{
	struct flow_key key = {};
	struct positions at;
	struct flow *flow;
	bool is_first;

	if (got <= 0)
		return 0;
	flow = flow_of_socket(typed, sk, &key);
	if (!flow || phase_of(flow) != HOP_REQUEST || !read_positions(typed, sk, &at))
		return 0;
	if (!before(flow->record.request_seq, at.copied_seq))
		return 0;
	is_first = !flow->record.first[APP_READ];
	stamp(flow, APP_READ, bpf_ktime_get_ns(), is_first);
	if (!is_first)
		return 0;
	flow->record.task = bpf_get_current_pid_tgid() >> 32;
	read_head(typed, &flow->record, msg, got);
	return 0;
}

static __always_inline int handle_app_write(const bool typed, struct sock *sk, struct msghdr *msg)
{
	__u64 now = bpf_ktime_get_ns();
	struct flow_key key = {};
	struct flow *flow = flow_of_socket(typed, sk, &key);
	struct positions at;

	if (!flow || !read_positions(typed, sk, &at))
		return 0;
	if (phase_of(flow) == HOP_RESPONSE) {
		stamp(flow, APP_WRITE, now, false);
		return 0;
	}
	turn(flow, &key, at.write_seq);
	stamp(flow, APP_WRITE, now, true);
	read_status(typed, &flow->record, msg);
	return 0;
}

/* The return value by helper, not by position: the arguments before it
 * changed with ec095263a965 ("net: remove noblock parameter", 5.19). */
SEC("fexit/tcp_recvmsg")
int BPF_PROG(app_read_fexit, struct sock *sk, struct msghdr *msg)
{
	__u64 got = 0;

	if (bpf_get_func_ret(ctx, &got))
		return 0;
	return handle_app_read(true, sk, msg, (int)got);
}

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

	if (is_service_port(BPF_CORE_READ(sk, __sk_common.skc_num)))
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
