/* What a server has and how it is configured, besides its figures: its settings, roles, relations,
 * topics, the images of its containers. A difference between two samples is an event with the
 * value before and after.
 *
 * An inventory is one kind of such items. It is complete or not in the sample at all: a collector
 * that could not read all of it, or found it unchanged by a hash, leaves it out, and the next one
 * is compared with the last one that was there, whatever lies between: an outage, a long interval,
 * an incomplete answer. */
#pragma once

#include "model/event/event.h"

#include <stdbool.h>

/* Limits: of one inventory, of the inventories of a sample, of the events of a sample, and bytes of
 * a value in an event. An inventory with more is not watched. */
enum {
  INVENTORY_ITEMS_MAX = 20000,
  INVENTORIES_MAX = 12,
  INVENTORY_EVENTS_MAX = 20,
  INVENTORY_VALUE_SHOWN = 1000
};

enum inventory_flag {
  INVENTORY_COMES_AND_GOES = 1 << 0, /* an item that appears or is gone is an event */
  INVENTORY_LISTS = 1 << 1, /* a value is a list, one part a line, in any order; its first word is
                               its name: the event says which parts differ */
};

/* A value in an inventory. */
struct inventory_item {
  const char *name;  /* what the event begins with: "setting work_mem". Twice in an inventory: not
                        compared */
  const char *value; /* "4 MB"; "": it only exists; NULL: not known now, and as before */
  bool secret;       /* the value may hold a password: the event only says that it changed. Give
                        a hash instead of the value */
};

struct inventory {
  const char *id; /* "settings"; static */
  unsigned flags;
  const struct inventory_item *items;
  size_t count;
};

/* The inventories of a target as last known. Zeroed: none. */
struct inventories {
  struct inventory_known *known[INVENTORIES_MAX]; /* heap */
  size_t count;
};

/* Compares the inventories with the last ones, logs what differs as events that are changes, at
 * most INVENTORY_EVENTS_MAX and one that counts the others, and keeps a copy. The first of an id
 * makes no event. */
void inventories_update(struct inventories *known, const struct inventory *now, size_t count,
                        struct events *events, int64_t now_ms, const char *subject);
/* Forgets them: it is another server. */
void inventories_fini(struct inventories *known);
