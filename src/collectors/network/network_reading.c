#include "collectors/network/network_reading.h"

#include "clients/network/network_space.h"
#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>

enum { PASSWD_BYTES_MAX = 1 << 20 };

const struct network_system network_real_system = {{"/proc", false}, 20000};

struct network_reading *network_reading_new(const struct network_system *system,
                                            const char *space) {
  struct network_reading *reading = mem_new(sizeof *reading);
  reading->system = system;
  reading->space = space ? mem_dup(space) : NULL;
  return reading;
}

void network_reading_free(struct network_reading *reading) {
  if (!reading)
    return;
  free(reading->space);
  if (reading->arg_free)
    reading->arg_free(reading->arg);
  network_owners_fini(&reading->owners);
  network_count_fini(&reading->count);
  network_links_fini(&reading->links);
  file_text_fini(&reading->passwd);
  free(reading);
}

static void on_listener(void *arg, const struct network_socket *socket) {
  network_count_listener(arg, socket);
}

/* With a peer it is a connection; a port that the kernel has given belongs to a client, which waits
 * for an answer. */
static void on_udp(void *arg, const struct network_socket *socket) {
  struct network_count *count = arg;
  count->udp++;
  if (socket->state == NETWORK_CLOSE && !network_is_ephemeral(count, socket))
    network_count_listener(count, socket);
}

static void on_connection(void *arg, const struct network_socket *socket) {
  struct network_reading *reading = arg;
  network_count_connection(&reading->count, socket);
  if (reading->each)
    reading->each(reading->arg, socket);
}

static bool read_sockets(struct network_reading *reading) {
  const struct network_source *source = &reading->system->source;
  const unsigned listen = NETWORK_IN(NETWORK_LISTEN);
  const unsigned others = (unsigned)NETWORK_ALL_STATES & ~listen & ~NETWORK_IN(NETWORK_CLOSE);
  return network_sockets_read(source, false, listen, true, on_listener, &reading->count,
                              &reading->from_proc, &reading->err) &&
         network_sockets_read(source, false, others, false, on_connection, reading,
                              &reading->from_proc, &reading->err);
}

static void find_owners(struct network_reading *reading) {
  const struct network_count *count = &reading->count;
  uint32_t *inodes = mem_new((count->listener_count + 1) * sizeof *inodes);
  for (size_t i = 0; i < count->listener_count; i++)
    inodes[i] = count->listeners[i].socket.inode;
  network_owners_find(&reading->owners, reading->system->source.proc, inodes,
                      count->listener_count);
  free(inodes);
}

void network_reading_take(struct network_reading *reading) {
  const struct network_source *source = &reading->system->source;
  const int64_t began_us = clock_now_us();
  if (reading->space && !network_space_enter(reading->space, &reading->err))
    return;
  network_stack_read(source->proc, &reading->stack);
  network_count_init(&reading->count, reading->stack.ports_first, reading->stack.ports_last,
                     reading->stack.reuse);
  if (!read_sockets(reading))
    return;
  if (!network_sockets_read(source, true, NETWORK_ALL_STATES, true, on_udp, &reading->count, NULL,
                            &reading->udp_err))
    reading->count.udp = 0;
  reading->at_us = clock_now_us();
  file_read("/etc/passwd", PASSWD_BYTES_MAX, &reading->passwd);
  if (!reading->counts_only) {
    if (!network_links_read(source, &reading->links, &reading->links_err))
      reading->links.count = 0;
    find_owners(reading);
  }
  reading->took_us = clock_now_us() - began_us;
}
