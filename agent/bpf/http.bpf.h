/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* The little of HTTP and TLS that is read: which protocol a connection speaks,
 * method and path, a status. Eight bytes at a time: a loop over bytes costs
 * more than everything else that a station does. */
#ifndef HOPSCOPE_HTTP_BPF_H
#define HOPSCOPE_HTTP_BPF_H

#include "flow.bpf.h"

#define EACH(byte) (0x0101010101010101ULL * (byte))
#define HIGH_BITS EACH(0x80)
#define HEAD_WORDS (HOP_HEAD / 8)
#define STATUS_BYTES 12		/* "HTTP/1.1 200" */
#define HTTP1_START 0x002e312f50545448ULL	/* "HTTP/1." as a little-endian word */
#define HTTP2_START 0x20495250			/* "PRI " of the preface, RFC 9113 3.4 */

/* TLS record types, RFC 8446 5.1; the version's first byte is 3 in all of them. */
#define TLS_CHANGE_CIPHER 0x14
#define TLS_HANDSHAKE 0x16
#define TLS_DATA 0x17
#define TLS_SMALLEST 40		/* bytes of a segment that can hold a request */

/* The high bit of each byte of `word` that is zero: the lowest one set is exact
 * (Warren, Hacker's Delight, 6-1). */
static __always_inline __u64 zero_bytes(__u64 word)
{
	return (word - EACH(1)) & ~word & HIGH_BITS;
}

/* The same of bytes that end a path: control characters and space, ? and #. */
static __always_inline __u64 path_ends(__u64 word)
{
	return ((word - EACH(0x21)) & ~word & HIGH_BITS) | zero_bytes(word ^ EACH('?')) |
	       zero_bytes(word ^ EACH('#'));
}

/* All bits below the byte whose high bit is the lowest one of `marks`. */
static __always_inline __u64 below(__u64 marks)
{
	return ((marks & -marks) >> 7) - 1;
}

/* How many bytes those are. */
static __always_inline __u32 bytes_below(__u64 marks)
{
	return (((marks & -marks) >> 7) * 0x0001020304050607ULL) >> 56;
}

/* "METHOD /path" up to the query, the second space or the line's end. The text
 * is zero behind its end. Methods of more than seven letters keep no head. */
static __always_inline void parse_head(struct hop_record *r, const __u64 *text)
{
	__u64 *head = (__u64 *)r->head;
	__u64 space = zero_bytes(text[0] ^ EACH(' '));
	__u64 method;

	if (!space)
		return;
	method = below(space) << 8 | 0xff;
#pragma unroll
	for (__u32 i = 0; i < HEAD_WORDS; i++) {
		__u64 word = text[i];
		__u64 ends = path_ends(i ? word : (word & ~method) | (EACH('/') & method));

		head[i] = ends ? word & below(ends) : word;
		r->head_len = 8 * i + (ends ? bytes_below(ends) : 8);
		if (ends)
			return;
	}
}

/* Status of a text that is an HTTP/1 response head, else 0. */
static __always_inline __u32 parse_status(const __u64 *text)
{
	__u32 rest = text[1];
	__u32 status;

	if ((text[0] & 0x00ffffffffffffffULL) != HTTP1_START || (rest & 0xff) != ' ')
		return 0;
	status = ((rest >> 8 & 0xff) - '0') * 100 + ((rest >> 16 & 0xff) - '0') * 10 + (rest >> 24) - '0';
	return status < 1000 ? status : 0;
}

/* 101 is a final answer: it ends HTTP on the connection. */
static __always_inline bool is_interim(__u32 status)
{
	return status >= 100 && status < 200 && status != 101;
}

static __always_inline bool is_letter(__u8 c)
{
	return c >= 'A' && c <= 'Z';
}

static __always_inline __u32 protocol_of(__u32 start)
{
	__u8 first = start, second = start >> 8;

	if (start == HTTP2_START)
		return HOP_HTTP2;
	if (first >= TLS_CHANGE_CIPHER && first <= TLS_DATA && second == 3)
		return HOP_TLS;
	return is_letter(first) && is_letter(second) ? HOP_HTTP1 : HOP_OTHER;
}

/* Alerts, and the small frames by which HTTP/2 steers itself, are no requests
 * and no responses: the shortest request under TLS has 18 bytes and a record's
 * frame around them. */
static __always_inline bool is_tls_control(const struct flow *flow, const struct segment *s)
{
	return flow->protocol == HOP_TLS && s->len < TLS_SMALLEST;
}

/* Does a segment, by its first eight bytes, begin with HTTP/2's acknowledgement
 * of settings? Every client must send one (RFC 9113, 6.5.3): nine bytes, and
 * what the ciphers put around them: 17 in TLS 1.3; in 1.2 24, or 16 with
 * ChaCha20. */
static __always_inline bool is_settings_ack(__u64 start)
{
	__u32 bytes = (start >> 24 & 0xff) << 8 | (start >> 32 & 0xff);

	return (start & 0xff) == TLS_DATA && (bytes == 9 + 17 || bytes == 9 + 24 || bytes == 9 + 16);
}

/* From here on one exchange cannot be told from another on this connection. */
static __always_inline void note_control(struct flow *flow, __u64 start)
{
	if (flow->protocol != HOP_TLS || flow->marks & HOP_OVERLAP || !is_settings_ack(start))
		return;
	flow->marks |= HOP_OVERLAP;
	flow->record.flags |= HOP_OVERLAP;
}

/* Until a connection's protocol is known, and for each exchange under TLS. */
static __always_inline bool wants_start(const struct flow *flow)
{
	return flow->protocol == HOP_UNKNOWN || flow->protocol == HOP_TLS;
}

/* The first bytes of a request. */
static __always_inline void note_start(struct flow *flow, __u64 start)
{
	__u8 first = start;

	if (flow->protocol == HOP_UNKNOWN)
		flow->protocol = protocol_of(start);
	flow->record.protocol = flow->protocol;
	if (flow->protocol == HOP_TLS && (first == TLS_HANDSHAKE || first == TLS_CHANGE_CIPHER))
		flow->record.flags |= HOP_TLS_HELLO;
	note_control(flow, start);
}

#endif
