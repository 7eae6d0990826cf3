#include "collectors/network/network_table.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is kept */

/* Valid until the next call. */
static struct listener_past *past_of(struct network_past *past, const char *key) {
  const struct map_slot *slot = map_find(&past->by_key, key);
  size_t at = slot ? slot->value : past->listener_count;
  if (!slot) {
    past->listeners =
        mem_resize(past->listeners, (past->listener_count + 1) * sizeof *past->listeners);
    past->listeners[past->listener_count++] = (struct listener_past){.key = mem_dup(key)};
    map_add(&past->by_key, past->listeners[at].key, at);
  }
  past->listeners[at].seen = true;
  return &past->listeners[at];
}

static void forget_the_gone(struct network_past *past) {
  size_t kept = 0;
  map_fini(&past->by_key);
  for (size_t i = 0; i < past->listener_count; i++) {
    if (!past->listeners[i].seen) {
      free(past->listeners[i].key);
      continue;
    }
    past->listeners[kept] = past->listeners[i];
    past->listeners[kept].seen = false;
    map_add(&past->by_key, past->listeners[kept].key, kept);
    kept++;
  }
  past->listener_count = kept;
}

/* ---- rows */

/* The fullest first, then those with most connections. */
static int listener_compare(const void *a, const void *b) {
  const struct network_listener *left = *(const struct network_listener *const *)a;
  const struct network_listener *right = *(const struct network_listener *const *)b;
  const double full = network_queue_share(&right->socket) - network_queue_share(&left->socket);
  const size_t mine = left->states[NETWORK_ESTABLISHED],
               theirs = right->states[NETWORK_ESTABLISHED];
  if (full > 0 || full < 0)
    return full > 0 ? 1 : -1;
  if (mine != theirs)
    return mine < theirs ? 1 : -1;
  if (left->socket.udp != right->socket.udp)
    return left->socket.udp ? 1 : -1;
  return left->socket.local_port - right->socket.local_port;
}

static void fill_owner(struct sample *sample, const struct network_reading *reading,
                       const struct network_listener *listener, struct value *cells) {
  const struct network_owner *owner = network_owner_of(&reading->owners, listener->socket.inode);
  if (!owner || owner->pid == 0) {
    const char *none = listener->socket.inode == 0      ? "of the kernel"
                       : reading->owners.unreadable > 0 ? "needs root, or the user of the process"
                       : reading->owners.cut            ? "the search for it took too long"
                                             : "no process that is seen from here has it open";
    cells[LISTENER_PROCESS] = cells[LISTENER_PID] = cells[LISTENER_FILES] =
        cells[LISTENER_FILES_USED] = cells[LISTENER_FILES_MAX] = value_none(none);
    return;
  }
  cells[LISTENER_PROCESS] =
      *owner->program ? value_text(sample_copy(sample, owner->program)) : value_none("has ended");
  cells[LISTENER_PID] = value_int(owner->pid);
  const bool limited = owner->files_max >= 0 && owner->files_max < INT64_MAX;
  cells[LISTENER_FILES_USED] =
      owner->files >= 0 ? value_int(owner->files) : value_none("needs root, or the same user");
  cells[LISTENER_FILES_MAX] = limited ? value_int(owner->files_max)
                                      : value_none(owner->files_max < 0 ? "not readable" : NULL);
  if (limited && owner->files >= 0 && owner->files_max > 0)
    cells[LISTENER_FILES] = value_real((double)owner->files / (double)owner->files_max > 1
                                           ? 1
                                           : (double)owner->files / (double)owner->files_max);
  else
    cells[LISTENER_FILES] = value_none(owner->files < 0 ? "needs root, or the same user" : NULL);
}

static void fill_tcp(const struct network_listener *listener, struct value *cells) {
  const size_t *states = listener->states;
  const int64_t backlog = listener->socket.backlog;
  cells[LISTENER_CONNECTIONS] = value_int((int64_t)states[NETWORK_ESTABLISHED]);
  cells[LISTENER_CLOSE_WAIT] = value_int((int64_t)states[NETWORK_CLOSE_WAIT]);
  cells[LISTENER_TIME_WAIT] = value_int((int64_t)states[NETWORK_TIME_WAIT]);
  cells[LISTENER_SYN_RECV] = value_int((int64_t)states[NETWORK_SYN_RECV]);
  if (backlog < 0) {
    cells[LISTENER_SYN] = value_none("needs sock_diag");
    return;
  }
  /* several sockets have as many queues */
  const double share = (double)states[NETWORK_SYN_RECV] /
                       ((double)(backlog > 0 ? backlog : 1) * (double)listener->sockets);
  cells[LISTENER_SYN] = value_real(share < 1 ? share : 1);
}

static void fill(struct sample *sample, const struct network_reading *reading,
                 struct network_past *past, const struct network_listener *listener,
                 struct row *row) {
  const struct network_socket *socket = &listener->socket;
  struct value *cells = row->cells;
  const int64_t most = socket->udp ? socket->buffer : socket->backlog;
  const double share = network_queue_share(socket);
  cells[LISTENER_ADDRESS] = value_text(row->key);
  cells[LISTENER_QUEUED] = value_int(socket->receive);
  cells[LISTENER_BACKLOG] = most >= 0 ? value_int(most) : value_none("needs sock_diag");
  cells[LISTENER_QUEUE] = share >= 0 ? value_real(share) : value_none("needs sock_diag");
  cells[LISTENER_SOCKETS] = value_int((int64_t)listener->sockets);
  cells[LISTENER_USER] = value_text(network_user(sample, &reading->passwd, socket->user));
  fill_owner(sample, reading, listener, cells);
  if (!socket->udp)
    fill_tcp(listener, cells);
  cells[LISTENER_DROPPED] = cells[LISTENER_DROPS] = value_none("needs sock_diag of Linux 4.7");
  if (listener->drops >= 0) {
    int64_t growth = 0;
    double seconds = 0;
    /* another socket of the same address begins at 0 again */
    const char *counter = sample_printf(sample, "%s/%u", row->key, socket->inode);
    struct listener_past *own = past_of(past, listener->sockets == 1 ? counter : row->key);
    cells[LISTENER_DROPPED] = value_int(listener->drops);
    cells[LISTENER_DROPS] =
        network_window_take(&own->drops, listener->drops, reading->at_us, &growth, &seconds)
            ? value_real((double)growth / seconds)
            : value_none(FIGURES_NEED_TWO);
  }
}

void network_listeners_fill(struct sample *sample, struct table *table,
                            const struct network_reading *reading, struct network_past *past) {
  const struct network_count *count = &reading->count;
  const struct network_listener **order = mem_new((count->listener_count + 1) * sizeof *order);
  char label[2 * NETWORK_ADDRESS_MAX];
  size_t hidden = 0, listed = 0;
  for (size_t i = 0; i < count->listener_count; i++)
    order[i] = &count->listeners[i];
  qsort(order, count->listener_count, sizeof *order, listener_compare);
  for (size_t i = 0; i < count->listener_count; i++, listed++) {
    const struct network_owner *owner = network_owner_of(&reading->owners, order[i]->socket.inode);
    hidden += owner && owner->pid == 0 && order[i]->socket.inode != 0;
    struct row *row = sample_row(
        sample, table,
        network_listener_label(label, &order[i]->socket,
                               network_device_name(&reading->links, order[i]->socket.interface)),
        NULL);
    if (!row)
      break;
    fill(sample, reading, past, order[i], row);
  }
  free(order);
  forget_the_gone(past);
  if (count->listeners_cut || listed < count->listener_count) {
    table->truncated = true;
    sample_note(sample, table->spec->id, NULL, "more than %zu listeners; not all are shown",
                listed);
  }
  if (hidden > 0 && reading->owners.unreadable > 0)
    sample_note(sample, table->spec->id, table->spec->columns[LISTENER_PROCESS].id,
                "the process of %zu of %zu listeners is not known: run stacktop as root to see "
                "those of other users",
                hidden, count->listener_count);
}
