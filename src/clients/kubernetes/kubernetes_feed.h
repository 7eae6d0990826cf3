/* All objects of a kind, read by LIST and kept live by WATCH.
 *
 * A list comes in pages of KUBERNETES_PAGE. A watch begins at the list's resourceVersion; bookmarks
 * move it on. It ends every few minutes, or without a word when the server restarts: the next
 * collection then watches again from where it was, and lists again where the server no longer knows
 * that version (410). A silence longer than KUBERNETES_SILENCE_MS counts as a dead connection. */
#pragma once

#include "clients/kubernetes/kubernetes_read.h"
#include "core/map.h"

enum {
  KUBERNETES_PAGE = 250,
  KUBERNETES_OBJECTS_MAX = 5000,
  KUBERNETES_LINE_MAX = 4 << 20,  /* of a watch; an object has at most 1.5 MB in etcd */
  KUBERNETES_SILENCE_MS = 150000, /* bookmarks come about once a minute */
  KUBERNETES_DENIED_MS = 60000,   /* a refused list is not asked for again before */
};

struct kubernetes_feed {
  /* Read only. */
  enum kubernetes_kind kind;
  const char *namespace; /* NULL: all; borrowed */
  struct kubernetes_object **objects;
  size_t count;
  bool known;             /* it was listed, and has been live since */
  bool cut;               /* there are more than KUBERNETES_OBJECTS_MAX */
  bool denied;            /* err: the server's words */
  bool missing;           /* the server has no such kind */
  struct err err;         /* why it is not known; ERR_NONE otherwise */
  struct err unwatched;   /* why it is listed each time: the watch is refused; ERR_NONE otherwise */
  uint64_t lists, events; /* counts, for tests */

  /* Private. */
  struct io *io;
  const struct kubernetes_proxy *proxy;
  void (*settled)(void *arg);
  void *arg;
  struct kubernetes_request *request; /* a list under way */
  struct http_request *watch;         /* NULL: none */
  struct map by_uid;
  size_t capacity;
  struct kubernetes_object **fresh; /* of the list under way */
  size_t fresh_count, fresh_capacity;
  bool fresh_cut;
  char *version; /* resourceVersion; NULL: it has to be listed */
  int64_t until_ms, again_ms;
  char *line;
  size_t line_len, line_capacity;
};

void feed_init(struct kubernetes_feed *feed, struct io *io, enum kubernetes_kind kind,
               const char *namespace);
void feed_fini(struct kubernetes_feed *feed);

/* Brings it up to date until that time of the steady clock. True: it is at once. False:
 * settled(arg) is called once, later. watch: keeps it live from then on. */
bool feed_refresh(struct kubernetes_feed *feed, const struct kubernetes_proxy *proxy, bool watch,
                  int64_t until_ms, void (*settled)(void *arg), void *arg);
/* Gives up a list under way. */
void feed_cancel(struct kubernetes_feed *feed);
/* Ends the watch: what it holds may be old; the next refresh lists again. */
void feed_drop(struct kubernetes_feed *feed);

/* One line of a watch: false where it is not valid, or the list is too old (then feed->version is
 * NULL). Pure. */
bool feed_take_line(struct kubernetes_feed *feed, const char *line, size_t len);
