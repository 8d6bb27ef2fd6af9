// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* The host vantage: one object, the stations in the order of the path. */
#define HOP_VANTAGE HOP_HOST
#define HOP_TURN 3		/* tap.rx: the response leaves the VM */
#define HOP_SIDE_ENTRY 2	/* tap.tx: requests of other VMs, and of the host itself */
#define HOP_BY_SIDE(s) (!is_uplink_index((s)->ingress))
/* Traffic of the host's own services never passes a tap. */
#define HOP_OWNED(record) ((record)->ifindex != 0)

/* What the client has not acknowledged may be lost, and then pauses for its
 * retransmission: that is no end. Only nic.rx sees acknowledgements. */
#define HOP_ARRIVED(flow) \
	((flow)->marks & HOP_LOCAL || !is_present(NIC_RX) || !(flow)->client_acked || \
	 !before((flow)->client_acked, (flow)->response_end))

enum host_slot { NIC_RX, PORT_RX, TAP_TX, TAP_RX, PORT_TX, NIC_TX };

#include "host-uplinks.bpf.h"
#include "packet.bpf.h"
#include "sweep.bpf.h"
#include "host-packet.bpf.h"
#include "host-nic.bpf.c"
#include "host-port.bpf.c"
#include "host-tap.bpf.c"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
