/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* THE record: one per exchange and vantage. server/wire/record.ts reads the
 * same bytes; tests/server/wire/record.test.ts compares the two layouts. */
#ifndef HOPSCOPE_RECORD_H
#define HOPSCOPE_RECORD_H

#define HOP_STATIONS 7	/* the most stations that one vantage has */
#define HOP_HEAD 72	/* bytes of "METHOD /path"; a query string never enters */

enum hop_vantage { HOP_HOST = 1, HOP_GUEST = 2 };

enum hop_flag {
	HOP_RETRANSMIT	= 1 << 0, /* a first byte passed a station twice */
	HOP_MIDSTREAM	= 1 << 1, /* attached after the handshake */
	HOP_RESET	= 1 << 2, /* RST seen while the exchange was open, or just after */
	HOP_OVERLAP	= 1 << 3, /* a new request began before the response ended */
	HOP_IPV4	= 1 << 4, /* addresses are ::ffff:a.b.c.d */
	HOP_CLOSED	= 1 << 5, /* FIN seen: last exchange of its connection */
	HOP_INTERIM	= 1 << 6, /* a 1xx went before the final response */
	HOP_PIPELINED	= 1 << 7, /* more than one response: requests came together */
	HOP_UPGRADED	= 1 << 8, /* on a connection that left HTTP/1 by a 101 */
	HOP_CONTINUED	= 1 << 9, /* emitted before: its response paused, then went on */
	HOP_LOCAL	= 1 << 10, /* entered behind the uplink: from another VM or the host */
	HOP_TLS_HELLO	= 1 << 11, /* a TLS handshake, or what came with it */
	HOP_RAN		= 1 << 12, /* run_delay_ns is known */
};

/* By the first bytes that a client sends on its connection. */
enum hop_protocol { HOP_UNKNOWN, HOP_HTTP1, HOP_HTTP2, HOP_TLS, HOP_OTHER };

/* Stamps: nanoseconds of CLOCK_MONOTONIC of the machine, 0 where the station
 * is missing. Sequence numbers and ports in host order, addresses as on the wire. */
struct hop_record {
	__u64 first[HOP_STATIONS];	/* first byte at each station */
	__u64 last[HOP_STATIONS];	/* last byte so far at each station */
	__u8 client[16];
	__u8 server[16];
	__u16 client_port;
	__u16 server_port;
	__u32 request_seq;		/* of the request's first byte */
	__u32 response_seq;		/* of the response's first byte */
	__u32 request_bytes;
	__u32 response_bytes;
	__u32 ifindex;			/* host: the tap; guest: the vNIC */
	__u32 rtt_ns;			/* client's smallest round trip at nic.*, 0 unknown */
	__u32 flags;
	__u32 task;			/* guest: process id of the reader */
	__u32 acked_ns;			/* host: last byte at nic.tx to its ACK at nic.rx, 0 unknown */
	__u32 connect_ns;		/* SYN to SYN-ACK; of a connection's first exchange, 0 unknown */
	__u32 run_delay_ns;		/* guest: reader runnable to running, before app.read */
	__u32 retransmits_in;		/* request segments seen again at the first station */
	__u32 retransmits_out;		/* response segments seen again at the vantage's first station */
	__u8 zero_windows;		/* times that either side closed its receive window */
	__u8 syn_retries;		/* of a connection's first exchange */
	__u8 protocol;
	__u8 responses;			/* guest: response heads that the service wrote */
	__u16 status;			/* HTTP status, 0 unknown */
	__u8 vantage;
	__u8 head_len;
	char head[HOP_HEAD];
};

#endif
