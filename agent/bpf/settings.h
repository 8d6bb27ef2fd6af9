/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What user space fixes before load; agent/settings.ts writes the same bytes. */
#ifndef HOPSCOPE_SETTINGS_H
#define HOPSCOPE_SETTINGS_H

struct hop_settings {
	__u64 quiet_ns;		/* a finished response this quiet is emitted */
	__u64 stall_ns;		/* an unfinished one this quiet, with its gaps named */
	__u64 idle_ns;		/* an idle connection is forgotten after this */
	__u32 netns;		/* inode of the network namespace that is traced */
	__u32 wake_records;	/* wake the reader once in so many records; its timer takes the rest */
	__u32 capture_http;	/* 0: method, path and status stay unread */
	__u32 entry_slot;	/* first station that was attached: it opens exchanges */
	__u32 exit_slot;	/* last one: after it a response is complete */
	__u32 present;		/* bit per slot whose station is attached */
	__u32 flow_mask;	/* entries of the flow table, less one */
	__u32 seed;		/* of the flow table's hash: nobody outside can aim at a bucket */
	__u8 ports[8192];	/* bit per service port */
};

#endif
