/* Counters and limits of the kernel's network stack, of the thread's network namespace. Blocks: for
 * a worker thread. */
#pragma once

#include "clients/network/network_sockets.h"

/* -1: not reported by this kernel, or not readable. */
struct network_stack {
  int64_t segments_out, retransmits;           /* Tcp: OutSegs, RetransSegs */
  int64_t overflows, listen_drops;             /* TcpExt: ListenOverflows, ListenDrops */
  int64_t backlog_drops;                       /* TcpExt: TCPBacklogDrop */
  int64_t cookies, queue_full_drops;           /* TcpExt: SyncookiesSent, TCPReqQFullDrop */
  int64_t failed_attempts, resets;             /* Tcp: AttemptFails, EstabResets */
  int64_t udp_buffer_errors;                   /* Udp: RcvbufErrors + SndbufErrors */
  int64_t somaxconn, syn_backlog;              /* net.core.somaxconn, tcp_max_syn_backlog */
  int64_t ports_first, ports_last, ports_free; /* ip_local_port_range; less the reserved ones */
  int64_t reuse; /* tcp_tw_reuse: 0 no, 1 yes, 2 on loopback; 0 without time stamps */
  int64_t tracked, tracked_max; /* nf_conntrack_count, nf_conntrack_max */
  int64_t files, files_max;     /* file-nr: of the whole machine */
  char space[64];               /* "net:[4026531833]" */
  bool has_counters;            /* false: neither netstat nor snmp was readable */
};

void network_stack_read(const char *proc, struct network_stack *stack);

/* Pure: the number under that name of a group ("TcpExt:") of /proc/net/netstat or snmp, whose lines
 * come in pairs of names and values. -1 if it is not there. */
int64_t network_counter(const char *text, const char *group, const char *name);
/* How many ports of a list such as "80,8000-8010" are within first and last. */
int64_t network_ports_listed(const char *text, int64_t first, int64_t last);
