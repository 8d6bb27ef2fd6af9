// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* The guest vantage: one object, the stations in the order of the path. Each
 * station has rungs, best first; user space loads one of them. */
#define HOP_VANTAGE HOP_GUEST
#define HOP_TURN 6		/* vnic.tx: the response leaves the guest */
#define HOP_SIDE_ENTRY NO_SLOT	/* everything comes by the vNIC */
#define HOP_BY_SIDE(s) false

#define HOP_ARRIVED(flow) true	/* acknowledgements are not looked at: the host does */

enum guest_slot { VNIC_RX, TCP_RX, SOCK_READY, APP_READ, APP_WRITE, TCP_TX, VNIC_TX };

#include "packet.bpf.h"
#include "sweep.bpf.h"
#include "guest-socket.bpf.h"
#include "guest-handoff.bpf.h"
#include "guest-vnic.bpf.c"
#include "guest-tcp.bpf.c"
#include "guest-sock.bpf.c"
#include "guest-app.bpf.c"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
