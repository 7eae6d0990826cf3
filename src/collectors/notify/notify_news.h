/* What there is to tell: from the findings of one moment to the next, grouped and limited. No input
 * or output; the time is passed in. */
#pragma once

#include "core/map.h"
#include "model/model.h"

enum {
  NOTIFY_ITEMS_MAX = 10000, /* findings that are remembered */
  NOTIFY_MESSAGE_MAX = 200, /* findings in one message; it counts the others */
  NOTIFY_HOUR_MAX = 1000,   /* messages an hour that can be allowed */
};

struct notify_rule {
  enum severity least;        /* of the findings that are reported */
  const char *only;           /* "alert", "kafka:main", with * for any text; NULL: all */
  int64_t wait_ms, repeat_ms; /* repeat 0: never */
  size_t per_hour;            /* messages */
  bool recovery;              /* what is resolved is reported too */
};

enum notify_change {
  NOTIFY_NOTHING,
  NOTIFY_NEW,
  NOTIFY_WORSE,
  NOTIFY_STILL,
  NOTIFY_ACKNOWLEDGED, /* of one that was reported: an operator works on it */
  NOTIFY_RESOLVED,
};
const char *notify_change_word(enum notify_change change); /* "new", "resolved" */

/* A finding that is reported, or will be. All texts are copies. */
struct notify_item {
  char *id; /* "kafka/main/lag/orders/lag" */
  char *kind, *target, *subject, *sentence;
  size_t target_index; /* and the row of that target that it is about; row "": none */
  char *table, *row;
  char *runbook, *labels; /* of an alert; "" */
  char *by;               /* "by ann@b1: looking": of one that is acknowledged; "" */
  enum severity severity; /* now */
  enum severity told;     /* as last delivered; OK: not at all */
  int64_t since_ms, told_ms;
  enum notify_change change; /* waits to be reported */
  int64_t queued_ms;         /* since when */
  int64_t ended_ms;          /* of what is resolved */
  bool seen;
  bool restored;    /* from before a restart, and not seen since */
  uint32_t samples; /* of its target, when it was restored */
  bool quiet;       /* acknowledged or silenced, as last seen */
  bool sending;     /* it is in a message that is under way: not to be forgotten */
};

/* Zeroed at first. */
struct notify_memory {
  struct notify_item *items;
  size_t count, capacity;
  struct map by_id;
  int64_t sent_ms[NOTIFY_HOUR_MAX]; /* a ring: when the last messages were sent */
  size_t sent;                      /* in all */
  size_t sent_before;               /* of these: before the restart */
  uint64_t changes;                 /* increases when the reported findings change */
  size_t quiet;   /* findings that are acknowledged or silenced, of the last look */
  size_t dropped; /* findings beyond NOTIFY_ITEMS_MAX, of the last look */
};
void notify_memory_fini(struct notify_memory *memory);

/* Takes the findings of the model as they are now. One that is acknowledged or silenced is not
 * reported; if it was reported before, its acknowledgement is, once, and its end. One that an
 * outage hides is not resolved. One that ends before it was reported is not reported, and neither
 * is one whose row went quiet (a silence of an Alertmanager): it is new again when that is over. */
void notify_look(struct notify_memory *memory, const struct notify_rule *rule,
                 const struct model *model, int64_t now_ms);
/* A finding that was reported before a restart. Takes the texts of the item; false: there are too
 * many, or it is there already. It ends, with a recovery, only once its target has been seen
 * without it for long enough. */
bool notify_restore(struct notify_memory *memory, const struct model *model,
                    struct notify_item item);

/* How many wait to be reported. */
size_t notify_waiting(const struct notify_memory *memory);
/* Whether a message is due: something has waited for long enough. *limited: it is, but the limit of
 * an hour is reached. */
bool notify_is_due(const struct notify_memory *memory, const struct notify_rule *rule,
                   int64_t now_ms, bool *limited);

/* The ids of what a message tells, the worst first; borrowed by delivered only for the call. */
struct notify_message {
  struct notify_item items[NOTIFY_MESSAGE_MAX]; /* copies of the structs, not of their texts */
  size_t count;
  size_t more;         /* that also wait, for the next message */
  size_t quiet;        /* that are not reported, because they are acknowledged or silenced */
  enum severity worst; /* of those that are not resolved; OK: all are */
  size_t number;       /* of the message, from 1 */
};
/* The texts are those of the memory: use it before the next look. */
void notify_compose(const struct notify_memory *memory, struct notify_message *message);

/* What a message tells of an item. */
struct notify_told {
  char *id;
  enum notify_change change;
  enum severity severity;
};
/* It is under way (or has failed). */
void notify_sending(struct notify_memory *memory, const struct notify_told *told, size_t count,
                    bool sending);
void notify_delivered(struct notify_memory *memory, const struct notify_told *told, size_t count,
                      int64_t now_ms);
