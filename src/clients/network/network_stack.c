#include "clients/network/network_stack.h"

#include "clients/network/network_numbers.h"
#include "io/file/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 256 << 10, SETTING_BYTES_MAX = 8 << 10 };

/* ---- parsers */

static const char *line_after(const char *line) {
  const char *end = strchr(line, '\n');
  return end ? end + 1 : NULL;
}

static const char *word_next(const char *at, size_t *length) {
  at += strspn(at, " ");
  *length = strcspn(at, " \n");
  return at;
}

int64_t network_counter(const char *text, const char *group, const char *name) {
  const size_t group_length = strlen(group), name_length = strlen(name);
  for (const char *names = text; names; names = line_after(names)) {
    const char *values = line_after(names);
    if (strncmp(names, group, group_length) != 0)
      continue;
    if (!values || strncmp(values, group, group_length) != 0)
      return -1;
    size_t length = 0, value_length = 0;
    const char *at = word_next(names + group_length, &length);
    const char *value = word_next(values + group_length, &value_length);
    for (; length > 0 && value_length > 0; at = word_next(at + length, &length),
                                           value = word_next(value + value_length, &value_length))
      if (length == name_length && strncmp(at, name, length) == 0)
        return *value == '-' ? -1 : (int64_t)(strtoull(value, NULL, 10) & INT64_MAX);
    names = values; /* another pair of the same group may follow */
  }
  return -1;
}

int64_t network_ports_listed(const char *text, int64_t first, int64_t last) {
  int64_t count = 0;
  for (const char *at = text; *at >= '0' && *at <= '9';) {
    char *end;
    int64_t low = strtol(at, &end, 10), high = low;
    if (*end == '-')
      high = strtol(end + 1, &end, 10);
    low = low > first ? low : first;
    high = high < last ? high : last;
    count += high >= low ? high - low + 1 : 0;
    at = *end == ',' ? end + 1 : end;
    if (at == end && *end != ',')
      break;
  }
  return count;
}

/* ---- files */

static void read_text(const char *proc, const char *name, size_t most, struct file_text *file) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", proc, name);
  file_read(path, most, file);
}

static int64_t read_number(const char *proc, const char *name) {
  struct file_text file = {0};
  char *end = NULL;
  read_text(proc, name, SETTING_BYTES_MAX, &file);
  int64_t number = file.text ? strtoll(file.text, &end, 10) : -1;
  if (file.text && end == file.text)
    number = -1;
  file_text_fini(&file);
  return number;
}

static void read_counters(const char *proc, struct network_stack *stack) {
  struct file_text snmp = {0}, netstat = {0};
  read_text(proc, "thread-self/net/snmp", FILE_BYTES_MAX, &snmp);
  read_text(proc, "thread-self/net/netstat", FILE_BYTES_MAX, &netstat);
  const char *first = snmp.text ? snmp.text : "", *second = netstat.text ? netstat.text : "";
  stack->has_counters = *first || *second;
  stack->segments_out = network_counter(first, "Tcp:", "OutSegs");
  stack->retransmits = network_counter(first, "Tcp:", "RetransSegs");
  stack->failed_attempts = network_counter(first, "Tcp:", "AttemptFails");
  stack->resets = network_counter(first, "Tcp:", "EstabResets");
  const int64_t received = network_counter(first, "Udp:", "RcvbufErrors");
  const int64_t sent = network_counter(first, "Udp:", "SndbufErrors");
  stack->udp_buffer_errors = received < 0 || sent < 0 ? -1 : received + sent;
  stack->overflows = network_counter(second, "TcpExt:", "ListenOverflows");
  stack->listen_drops = network_counter(second, "TcpExt:", "ListenDrops");
  stack->backlog_drops = network_counter(second, "TcpExt:", "TCPBacklogDrop");
  stack->cookies = network_counter(second, "TcpExt:", "SyncookiesSent");
  stack->queue_full_drops = network_counter(second, "TcpExt:", "TCPReqQFullDrop");
  file_text_fini(&snmp);
  file_text_fini(&netstat);
}

static void read_ports(const char *proc, struct network_stack *stack) {
  struct file_text range = {0}, reserved = {0};
  uint64_t ends[2];
  stack->ports_first = stack->ports_last = stack->ports_free = -1;
  read_text(proc, "sys/net/ipv4/ip_local_port_range", SETTING_BYTES_MAX, &range);
  read_text(proc, "sys/net/ipv4/ip_local_reserved_ports", FILE_BYTES_MAX, &reserved);
  if (network_numbers(range.text, 10, ends, 2) && ends[0] > 0 && ends[1] >= ends[0] &&
      ends[1] <= UINT16_MAX) {
    stack->ports_first = (int64_t)ends[0];
    stack->ports_last = (int64_t)ends[1];
    stack->ports_free = stack->ports_last - stack->ports_first + 1;
    if (reserved.text)
      stack->ports_free -=
          network_ports_listed(reserved.text, stack->ports_first, stack->ports_last);
  }
  file_text_fini(&range);
  file_text_fini(&reserved);
}

static void read_files(const char *proc, struct network_stack *stack) {
  struct file_text file = {0};
  enum { USED, UNUSED, MOST, COUNT };
  uint64_t numbers[COUNT];
  stack->files = stack->files_max = -1;
  read_text(proc, "sys/fs/file-nr", SETTING_BYTES_MAX, &file);
  if (network_numbers(file.text, 10, numbers, COUNT)) {
    stack->files = (int64_t)(numbers[USED] & INT64_MAX);
    stack->files_max = (int64_t)(numbers[MOST] & INT64_MAX);
  }
  file_text_fini(&file);
}

void network_stack_read(const char *proc, struct network_stack *stack) {
  char path[512];
  *stack = (struct network_stack){0};
  read_counters(proc, stack);
  read_ports(proc, stack);
  read_files(proc, stack);
  stack->somaxconn = read_number(proc, "sys/net/core/somaxconn");
  stack->syn_backlog = read_number(proc, "sys/net/ipv4/tcp_max_syn_backlog");
  stack->tracked = read_number(proc, "sys/net/netfilter/nf_conntrack_count");
  stack->tracked_max = read_number(proc, "sys/net/netfilter/nf_conntrack_max");
  stack->reuse = read_number(proc, "sys/net/ipv4/tcp_timestamps") == 0
                     ? 0
                     : read_number(proc, "sys/net/ipv4/tcp_tw_reuse");
  snprintf(path, sizeof path, "%s/thread-self/ns/net", proc);
  const ssize_t length = readlink(path, stack->space, sizeof stack->space - 1);
  stack->space[length > 0 ? length : 0] = '\0';
}
