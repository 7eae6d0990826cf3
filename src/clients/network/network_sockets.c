#include "clients/network/network_sockets.h"

#include "clients/network/network_netlink.h"
#include "io/limit.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct dump {
  bool udp;
  unsigned states;
  network_each *each;
  void *arg;
  size_t count;
};

static void on_message(void *arg, unsigned type, const void *message, size_t size) {
  struct dump *dump = arg;
  struct network_socket socket;
  if (type != SOCK_DIAG_BY_FAMILY || !network_socket_read(&socket, dump->udp, message, size) ||
      !(dump->states >> (socket.state & 31) & 1))
    return;
  dump->count++;
  dump->each(dump->arg, &socket);
}

static bool dump_family(struct dump *dump, int family, bool memory, struct err *err) {
  const struct inet_diag_req_v2 request = {
      .sdiag_family = (uint8_t)family,
      .sdiag_protocol = dump->udp ? IPPROTO_UDP : IPPROTO_TCP,
      .idiag_states = dump->states,
      .idiag_ext = memory ? 1 << (INET_DIAG_SKMEMINFO - 1) : 0,
  };
  return network_dump(NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, &request, sizeof request, on_message,
                      dump, err);
}

/* The file is there exactly if the kernel has IPv6. It belongs to the thread, whose network
 * namespace may be another one than that of the process. */
static const char *file_of(char *out, size_t size, const char *proc, const char *name) {
  snprintf(out, size, "%s/thread-self/net/%s", proc, name);
  return out;
}

static bool read_file(struct dump *dump, const char *proc, const char *name, struct err *err) {
  char path[512], *line = NULL;
  size_t size = 0;
  errno = 0;
  FILE *file = fopen(file_of(path, sizeof path, proc, name), "re");
  if (!file && limit_error(errno, err))
    return false;
  if (!file)
    return err_set(err, errno == EACCES || errno == EPERM ? ERR_DENIED : ERR_IO, "%.200s: %s", path,
                   strerror(errno));
  while (getline(&line, &size, file) > 0) {
    struct network_socket socket;
    if (!network_socket_parse(&socket, dump->udp, line) ||
        !(dump->states >> (socket.state & 31) & 1))
      continue;
    dump->count++;
    dump->each(dump->arg, &socket);
  }
  const bool done = !ferror(file) || err_set(err, ERR_IO, "%.200s: %s", path, strerror(errno));
  free(line);
  fclose(file);
  return done;
}

bool network_sockets_read(const struct network_source *source, bool udp, unsigned states,
                          bool memory, network_each *each, void *arg, bool *from_proc,
                          struct err *err) {
  struct dump dump = {udp, states, each, arg, 0};
  char path[512];
  const bool v6 =
      access(file_of(path, sizeof path, source->proc, udp ? "udp6" : "tcp6"), F_OK) == 0;
  struct err why = {0};
  bool known = !source->without_diag && dump_family(&dump, AF_INET, memory, &why);
  if (known && (!v6 || dump_family(&dump, AF_INET6, memory, err)))
    return true;
  /* a dump that broke off is no reason to count its sockets twice */
  if (known || dump.count > 0 || (!source->without_diag && why.kind != ERR_UNSUPPORTED)) {
    if (!known)
      *err = why;
    return false;
  }
  if (from_proc)
    *from_proc = true;
  return read_file(&dump, source->proc, udp ? "udp" : "tcp", err) &&
         (!v6 || read_file(&dump, source->proc, udp ? "udp6" : "tcp6", err));
}
