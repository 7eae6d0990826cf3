#include "model/inventory.h"

#include "core/arena.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/text/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KNOWN_BYTES_MAX = 16 << 20, TEXT_MAX = EVENT_TEXT_MAX };

struct inventory_known {
  const char *id;
  struct arena arena; /* of the texts and items */
  struct inventory_item *items;
  size_t count;
  struct map places; /* by name */
};

/* Where the differences go, and how many there were. */
struct told {
  struct events *events;
  int64_t now_ms;
  const char *subject;
  size_t count;
};

static void known_free(struct inventory_known *known) {
  if (!known)
    return;
  map_fini(&known->places);
  arena_fini(&known->arena);
  free(known);
}

static const struct inventory_item *known_find(const struct inventory_known *known,
                                               const char *name) {
  const struct map_slot *slot = known ? map_find(&known->places, name) : NULL;
  return slot ? &known->items[slot->value] : NULL;
}

/* A value that is not known now is the one before. */
static const char *value_of(const struct inventory_item *item,
                            const struct inventory_known *before) {
  const struct inventory_item *old = item->value ? NULL : known_find(before, item->name);
  return old ? old->value : item->value;
}

/* What is named twice has no value that could be compared. */
static void known_add(struct inventory_known *known, const struct inventory_item *item,
                      const struct inventory_known *before) {
  const struct map_slot *slot = map_find(&known->places, item->name);
  const char *value = value_of(item, before);
  if (slot) {
    known->items[slot->value].value = NULL;
    return;
  }
  struct inventory_item *copy = &known->items[known->count];
  *copy = (struct inventory_item){
      arena_text(&known->arena, item->name, strlen(item->name)),
      value ? arena_text(&known->arena, value, strlen(value)) : NULL,
      item->secret,
  };
  map_add(&known->places, copy->name, known->count++);
}

/* NULL if it is too large. */
static struct inventory_known *known_new(const struct inventory *inventory,
                                         const struct inventory_known *before) {
  struct inventory_known *known = mem_new(sizeof *known);
  known->id = inventory->id;
  arena_init(&known->arena, KNOWN_BYTES_MAX);
  known->items = arena_alloc(&known->arena, (inventory->count + 1) * sizeof *known->items);
  for (size_t i = 0; known->items && !known->arena.exhausted && i < inventory->count; i++)
    known_add(known, &inventory->items[i], before);
  if (known->items && !known->arena.exhausted)
    return known;
  known_free(known);
  return NULL;
}

/* ---- what differs */

static void told_add(struct told *told, const char *text) {
  if (told->count++ < INVENTORY_EVENTS_MAX)
    events_add_change(told->events, told->now_ms, told->subject, "%s", text);
}

/* At most INVENTORY_VALUE_SHOWN bytes, cut at a whole character. */
static const char *shown(char out[INVENTORY_VALUE_SHOWN + 4], const char *value) {
  size_t length = strlen(value);
  if (length == 0)
    return "(empty)";
  const bool cut = length > INVENTORY_VALUE_SHOWN;
  if (cut)
    for (length = INVENTORY_VALUE_SHOWN;
         length > 0 && ((unsigned char)value[length] & 0xC0) == 0x80;)
      length--;
  snprintf(out, INVENTORY_VALUE_SHOWN + 4, "%.*s%s", (int)length, value, cut ? "..." : "");
  return out;
}

/* A part of a list: a line. */
struct part {
  const char *text;
  size_t length, name; /* bytes of the line and of its first word */
};

static bool part_next(const char **at, struct part *part) {
  *at += strspn(*at, "\n");
  *part = (struct part){*at, strcspn(*at, "\n"), strcspn(*at, " \n")};
  *at += part->length;
  return part->length > 0;
}

/* The part of the list with the same text, or (by_name) with the same first word. */
static bool part_find(const char *list, const struct part *wanted, bool by_name,
                      struct part *found) {
  const size_t length = by_name ? wanted->name : wanted->length;
  while (part_next(&list, found))
    if ((by_name ? found->name : found->length) == length &&
        memcmp(found->text, wanted->text, length) == 0)
      return true;
  return false;
}

static void append(char *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void append(char *out, const char *format, ...) {
  const size_t used = strlen(out);
  va_list args;
  va_start(args, format);
  vsnprintf(out + used, TEXT_MAX - used, format, args);
  va_end(args);
}

/* What stands behind the first word. */
static int rest_of(const struct part *part, const char **rest) {
  const size_t skip = part->name < part->length ? part->name + 1 : part->name;
  *rest = part->text + skip;
  return (int)(part->length - skip);
}

/* "total: numeric -> bigint, + discount numeric, - note text" */
static void lists_differ(char *out, const char *before, const char *now) {
  const char *separator = "";
  struct part part, other;
  for (const char *at = now; part_next(&at, &part);) {
    if (part_find(before, &part, false, &other))
      continue;
    if (part_find(before, &part, true, &other) && part.name < part.length) {
      const char *was, *is;
      const int was_length = rest_of(&other, &was), is_length = rest_of(&part, &is);
      append(out, "%s%.*s: %.*s -> %.*s", separator, (int)part.name, part.text, was_length, was,
             is_length, is);
    } else {
      append(out, "%s+ %.*s", separator, (int)part.length, part.text);
    }
    separator = ", ";
  }
  for (const char *at = before; part_next(&at, &part);) {
    if (part_find(now, &part, true, &other))
      continue;
    append(out, "%s- %.*s", separator, (int)part.length, part.text);
    separator = ", ";
  }
}

static void tell_change(struct told *told, unsigned flags, const struct inventory_item *before,
                        const struct inventory_item *now) {
  char text[TEXT_MAX], was[INVENTORY_VALUE_SHOWN + 4], is[INVENTORY_VALUE_SHOWN + 4];
  if (before->secret || now->secret) {
    snprintf(text, sizeof text, "%s changed (its value is not shown)", now->name);
  } else if (flags & INVENTORY_LISTS) {
    snprintf(text, sizeof text, "%s changed: ", now->name);
    const size_t begun = strlen(text);
    lists_differ(text, before->value, now->value);
    if (strlen(text) == begun)
      return; /* only their order */
  } else {
    snprintf(text, sizeof text, "%s changed: %s -> %s", now->name, shown(was, before->value),
             shown(is, now->value));
  }
  told_add(told, text);
}

static void tell_existence(struct told *told, const struct inventory_item *item, const char *what) {
  char text[TEXT_MAX];
  snprintf(text, sizeof text, "%s %s", item->name, what);
  told_add(told, text);
}

static void tell_all(struct told *told, unsigned flags, const struct inventory_known *before,
                     const struct inventory_known *now) {
  for (size_t i = 0; i < now->count; i++) {
    const struct inventory_item *item = &now->items[i];
    const struct inventory_item *old = known_find(before, item->name);
    if (!old && flags & INVENTORY_COMES_AND_GOES)
      tell_existence(told, item, "appeared");
    else if (old && old->value && item->value && strcmp(old->value, item->value) != 0)
      tell_change(told, flags, old, item);
  }
  const struct inventory_item *items = before->items;
  for (size_t i = 0; flags & INVENTORY_COMES_AND_GOES && items && i < before->count; i++)
    if (!known_find(now, items[i].name))
      tell_existence(told, &items[i], "is gone");
}

/* ---- taking them */

static size_t place_of(const struct inventories *known, const char *id) {
  size_t at = 0;
  while (at < known->count && strcmp(known->known[at]->id, id) != 0)
    at++;
  return at;
}

static void take(struct inventories *known, const struct inventory *inventory, struct told *told) {
  const size_t at = place_of(known, inventory->id);
  if (at == INVENTORIES_MAX || inventory->count > INVENTORY_ITEMS_MAX)
    return;
  struct inventory_known *now = known_new(inventory, at < known->count ? known->known[at] : NULL);
  if (!now)
    return;
  struct inventory_known *before = at < known->count ? known->known[at] : NULL;
  if (before)
    tell_all(told, inventory->flags, before, now);
  else
    known->count++;
  known->known[at] = now;
  known_free(before);
}

void inventories_update(struct inventories *known, const struct inventory *now, size_t count,
                        struct events *events, int64_t now_ms, const char *subject) {
  struct told told = {events, now_ms, subject, 0};
  char more[FORMAT_MAX];
  for (size_t i = 0; i < count; i++)
    take(known, &now[i], &told);
  if (told.count > INVENTORY_EVENTS_MAX)
    events_add_change(events, now_ms, subject, "and %s, not logged one by one",
                      format_counted(more, sizeof more,
                                     (int64_t)(told.count - INVENTORY_EVENTS_MAX), "more change",
                                     "more changes"));
}

void inventories_fini(struct inventories *known) {
  for (size_t i = 0; i < known->count; i++)
    known_free(known->known[i]);
  known->count = 0;
}
