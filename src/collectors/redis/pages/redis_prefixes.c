#include "collectors/redis/pages/redis_prefixes.h"

#include "clients/redis/redis_words.h"
#include "core/count.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void redis_prefixes_fini(struct redis_prefixes *prefixes) {
  for (size_t i = 0; i < prefixes->count; i++) {
    free(prefixes->items[i]->name);
    free(prefixes->items[i]);
  }
  free(prefixes->items);
  map_fini(&prefixes->by_name);
  *prefixes = (struct redis_prefixes){0};
}

/* ---- prefixes */

size_t redis_prefix_end(const char *name, size_t length, size_t from) {
  static const char separators[] = ":/|.#";
  for (size_t i = from; i + 1 < length; i++) /* not the last byte: nothing is left of the key */
    if (name[i] && strchr(separators, name[i]) && i > from)
      return i + 1;
  return 0;
}

static struct redis_prefix *prefix_new(struct redis_prefixes *prefixes, const char *name,
                                       struct redis_prefix *parent) {
  if (prefixes->count == prefixes->capacity) {
    prefixes->capacity = prefixes->capacity ? prefixes->capacity * 2 : 64;
    prefixes->items =
        mem_resize(prefixes->items, prefixes->capacity * sizeof(struct redis_prefix *));
  }
  struct redis_prefix *prefix = mem_new(sizeof *prefix);
  prefix->name = mem_dup(name);
  prefix->parent = parent;
  map_add(&prefixes->by_name, prefix->name, prefixes->count);
  prefixes->items[prefixes->count++] = prefix;
  return prefix;
}

/* Of the first level. */
static struct redis_prefix *first_of(struct redis_prefixes *prefixes, const char *name) {
  const struct map_slot *found = map_find(&prefixes->by_name, name);
  if (found)
    return prefixes->items[found->value];
  if (prefixes->first_count < REDIS_PREFIXES_MAX) {
    prefixes->first_count++;
    return prefix_new(prefixes, name, NULL);
  }
  if (!prefixes->others)
    prefixes->others = prefix_new(prefixes, "(other)", NULL);
  return prefixes->others;
}

/* Of the second level. NULL: a name that was shortened is that of another prefix, too. */
static struct redis_prefix *second_of(struct redis_prefixes *prefixes, const char *name,
                                      struct redis_prefix *parent) {
  const struct map_slot *found = map_find(&prefixes->by_name, name);
  if (found) {
    struct redis_prefix *prefix = prefixes->items[found->value];
    return prefix->parent == parent ? prefix : NULL;
  }
  if (prefixes->second_count < REDIS_CHILDREN_MAX && parent->children < REDIS_CHILDREN_EACH) {
    prefixes->second_count++;
    parent->children++;
    return prefix_new(prefixes, name, parent);
  }
  if (!parent->rest) {
    char rest[REDIS_PREFIX_NAME_MAX + sizeof "(other)"];
    snprintf(rest, sizeof rest, "%s(other)", parent->name);
    if (!map_find(&prefixes->by_name, rest))
      parent->rest = prefix_new(prefixes, rest, parent);
  }
  return parent->rest;
}

static void prefix_count(struct redis_prefix *prefix, int64_t bytes, int64_t ttl_ms) {
  prefix->keys++;
  prefix->bytes = count_add(prefix->bytes, bytes > 0 ? bytes : 0);
  prefix->unmeasured += bytes < 0;
  prefix->untimed += ttl_ms == REDIS_TTL_UNKNOWN;
  if (ttl_ms < 0)
    return;
  prefix->expiring++;
  prefix->ttl_s += (double)ttl_ms / 1e3;
}

static void name_make(char out[REDIS_PREFIX_NAME_MAX], const char *name, size_t length) {
  redis_repr(out, REDIS_PREFIX_NAME_MAX, name, length);
}

void redis_prefixes_add(struct redis_prefixes *prefixes, const char *name, size_t length,
                        int64_t bytes, int64_t ttl_ms) {
  char text[REDIS_PREFIX_NAME_MAX] = "(no prefix)";
  const size_t end = redis_prefix_end(name, length, 0);
  const size_t second = end ? redis_prefix_end(name, length, end) : 0;
  if (end)
    name_make(text, name, end);
  struct redis_prefix *prefix = first_of(prefixes, text);
  prefix_count(prefix, bytes, ttl_ms);
  if (second && prefix != prefixes->others) {
    name_make(text, name, second);
    struct redis_prefix *child = second_of(prefixes, text, prefix);
    if (child)
      prefix_count(child, bytes, ttl_ms);
  }
  prefixes->keys++;
  prefixes->bytes = count_add(prefixes->bytes, bytes > 0 ? bytes : 0);
  prefixes->expiring += ttl_ms >= 0;
  prefixes->unmeasured += bytes < 0;
}

static int by_memory(const struct redis_prefix *a, const struct redis_prefix *b) {
  if (a->bytes != b->bytes)
    return a->bytes > b->bytes ? -1 : 1;
  if (a->keys != b->keys)
    return a->keys > b->keys ? -1 : 1;
  return strcmp(a->name, b->name);
}

static int compare(const void *left, const void *right) {
  const struct redis_prefix *a = *(struct redis_prefix *const *)left;
  const struct redis_prefix *b = *(struct redis_prefix *const *)right;
  const struct redis_prefix *top_a = a->parent ? a->parent : a;
  const struct redis_prefix *top_b = b->parent ? b->parent : b;
  if (top_a != top_b)
    return by_memory(top_a, top_b);
  if (!a->parent || !b->parent)
    return (a->parent != NULL) - (b->parent != NULL);
  return by_memory(a, b);
}

void redis_prefixes_sort(struct redis_prefixes *prefixes) {
  if (prefixes->count > 1)
    qsort(prefixes->items, prefixes->count, sizeof(struct redis_prefix *), compare);
  for (size_t i = 0; i < prefixes->count; i++)
    map_find(&prefixes->by_name, prefixes->items[i]->name)->value = i;
}
