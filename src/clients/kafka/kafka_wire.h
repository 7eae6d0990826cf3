/* Structures as bytes, between stacktop and the process that runs librdkafka: by tables with one
 * line per field. Pure. Both sides are the same executable, so numbers use the machine's byte
 * order.
 *
 * The decoder trusts nothing: counts are checked against their limits and the available bytes
 * before memory is allocated, choices against their range, texts for their end. It never reads past
 * the bytes, and what it has filled is valid even if it then fails. */
#pragma once

#include "core/arena.h"

#include <stdint.h>

enum wire_kind {
  WIRE_FLAG,
  WIRE_INT32,
  WIRE_INT64,
  WIRE_CHOICE,       /* an enum, 0 to most */
  WIRE_TIME,         /* milliseconds of clock_now_ms: the two sides' clocks may differ */
  WIRE_TEXT,         /* never NULL on the other side: NULL arrives as "" */
  WIRE_TEXT_OR_NULL, /* NULL is a value of its own */
  WIRE_BYTES,        /* heap, NUL-terminated; NULL stays NULL */
  WIRE_PART,         /* a structure inside the structure */
  WIRE_ARRAY,        /* `most` elements inside the structure, `count` of them used */
  WIRE_LIST,         /* a pointer to `count` elements in the arena */
  WIRE_HEAP_LIST,    /* the same, to be freed */
};

struct wire_struct;

struct wire_field {
  enum wire_kind kind;
  size_t offset;
  size_t most;
  size_t count_offset, count_size; /* of the count, for what has one */
  const struct wire_struct *element;
};

struct wire_struct {
  size_t size;
  const struct wire_field *fields;
  size_t field_count;
};

/* A field whose type determines its encoding: bool, 32 and 64 bits, text that is never NULL. */
#define WIRE(type, member)                     \
  {                                            \
    _Generic(((type *)0)->member, bool       \
             : WIRE_FLAG, int32_t            \
             : WIRE_INT32, uint32_t          \
             : WIRE_INT32, int64_t           \
             : WIRE_INT64, size_t            \
             : WIRE_INT64, const char *      \
             : WIRE_TEXT),                   \
        offsetof(type, member), 0, 0, 0, NULL \
  }
#define WIRE_MAYBE(type, member) \
  { WIRE_TEXT_OR_NULL, offsetof(type, member), 0, 0, 0, NULL }
#define WIRE_MS(type, member) \
  { WIRE_TIME, offsetof(type, member), 0, 0, 0, NULL }
#define WIRE_ENUM(type, member, last) \
  { WIRE_CHOICE, offsetof(type, member), last, 0, 0, NULL }
#define WIRE_INSIDE(type, member, part) \
  { WIRE_PART, offsetof(type, member), 0, 0, 0, &(part) }
/* kind: WIRE_BYTES (element NULL), WIRE_ARRAY, WIRE_LIST or WIRE_HEAP_LIST. */
#define WIRE_MANY(kind, type, member, count, ceiling, element)                                \
  {                                                                                           \
    kind, offsetof(type, member), ceiling, offsetof(type, count), sizeof(((type *)0)->count), \
        element                                                                               \
  }

#define WIRE_STRUCT(type, fields) \
  { sizeof(type), fields, sizeof(fields) / sizeof *(fields) }

struct wire_out {
  char *bytes; /* heap, the caller's to free */
  size_t len, capacity;
  size_t most; /* limit of len */
  bool full;   /* the limit was reached: the bytes are invalid */
};

void wire_put_bytes(struct wire_out *out, const void *bytes, size_t len);
void wire_put_int(struct wire_out *out, int64_t number);
void wire_put_text(struct wire_out *out, const char *text); /* NULL stays NULL */
void wire_put_time(struct wire_out *out, int64_t time_ms);  /* of clock_now_ms */
void wire_put(struct wire_out *out, const struct wire_struct *spec, const void *from);

struct wire_in {
  char *bytes; /* the remaining bytes. Texts are not copied: they point into them. */
  size_t left;
  struct arena *arena; /* for lists */
  bool bad;            /* the input is invalid, or there was no room for it */
};

int64_t wire_get_int(struct wire_in *in);
const char *wire_get_text(struct wire_in *in); /* or NULL */
int64_t wire_get_time(struct wire_in *in);
/* Fills *to, which is zeroed or has members that `spec` does not name. False if bad. */
bool wire_get(struct wire_in *in, const struct wire_struct *spec, void *to);
