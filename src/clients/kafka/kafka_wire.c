#include "clients/kafka/kafka_wire.h"

#include "core/mem.h"
#include "io/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The length of a text is sent plus TEXT_LENGTH. */
enum { TEXT_NULL, TEXT_AS_BEFORE, TEXT_LENGTH };

/* The two processes have started their clocks (io/clock.h) at different times, but both use the
 * same boot clock. */
static int64_t clock_ahead_ms(void) {
  struct timespec boot;
  clock_gettime(CLOCK_BOOTTIME, &boot);
  return clock_now_ms() - ((int64_t)boot.tv_sec * 1000 + boot.tv_nsec / 1000000);
}

static size_t count_read(const struct wire_field *field, const char *base) {
  if (field->count_size == sizeof(int32_t)) {
    int32_t count;
    memcpy(&count, base + field->count_offset, sizeof count);
    return count > 0 ? (size_t)count : 0;
  }
  size_t count;
  memcpy(&count, base + field->count_offset, sizeof count);
  return count;
}

static void count_write(const struct wire_field *field, char *base, size_t count) {
  int32_t small = (int32_t)count;
  if (field->count_size == sizeof small)
    memcpy(base + field->count_offset, &small, sizeof small);
  else
    memcpy(base + field->count_offset, &count, sizeof count);
}

/* ---- out */

void wire_put_bytes(struct wire_out *out, const void *bytes, size_t len) {
  if (out->full || len > out->most - out->len) {
    out->full = true;
    return;
  }
  if (len > out->capacity - out->len) {
    size_t wanted = out->capacity ? out->capacity * 2 : 256;
    out->capacity = wanted < out->len + len ? out->len + len : wanted;
    out->bytes = mem_resize(out->bytes, out->capacity);
  }
  if (len > 0)
    memcpy(out->bytes + out->len, bytes, len);
  out->len += len;
}

static void put_u32(struct wire_out *out, uint32_t number) {
  wire_put_bytes(out, &number, sizeof number);
}

void wire_put_int(struct wire_out *out, int64_t number) {
  wire_put_bytes(out, &number, sizeof number);
}

void wire_put_time(struct wire_out *out, int64_t time_ms) {
  wire_put_int(out, time_ms - clock_ahead_ms());
}

void wire_put_text(struct wire_out *out, const char *text) {
  if (!text) {
    put_u32(out, TEXT_NULL);
    return;
  }
  size_t len = strlen(text);
  if (len > UINT32_MAX - TEXT_LENGTH) {
    out->full = true;
    return;
  }
  put_u32(out, (uint32_t)len + TEXT_LENGTH);
  wire_put_bytes(out, text, len + 1);
}

static const char *text_at(const char *at) {
  const char *text;
  memcpy(&text, at, sizeof text);
  return text;
}

/* A text that equals that of the previous element is sent once: topics of partitions. */
static void put_field_text(struct wire_out *out, const struct wire_field *field, const char *from,
                           const char *before) {
  const char *text = text_at(from + field->offset);
  if (!text && field->kind == WIRE_TEXT)
    text = "";
  const char *last = before ? text_at(before + field->offset) : NULL;
  if (text && last && (text == last || strcmp(text, last) == 0))
    put_u32(out, TEXT_AS_BEFORE);
  else
    wire_put_text(out, text);
}

static void put_struct(struct wire_out *out, const struct wire_struct *spec, const char *from,
                       const char *before);

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables */
static void put_many(struct wire_out *out, const struct wire_field *field, const char *from) {
  const char *first =
      field->kind == WIRE_ARRAY ? from + field->offset : text_at(from + field->offset);
  size_t count = count_read(field, from);
  if (count > field->most)
    out->full = true;
  put_u32(out, (uint32_t)count);
  for (size_t i = 0; i < count && !out->full; i++)
    put_struct(out, field->element, first + i * field->element->size,
               i > 0 ? first + (i - 1) * field->element->size : NULL);
}

static void put_file(struct wire_out *out, const struct wire_field *field, const char *from) {
  const char *bytes = text_at(from + field->offset);
  size_t count = bytes ? count_read(field, from) : 0;
  if (count > field->most)
    out->full = true;
  put_u32(out, bytes ? (uint32_t)count + 1 : 0);
  wire_put_bytes(out, bytes, count);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables */
static void put_field(struct wire_out *out, const struct wire_field *field, const char *from,
                      const char *before) {
  int64_t time_ms;
  switch (field->kind) {
  case WIRE_FLAG:
    wire_put_bytes(out, from + field->offset, sizeof(bool));
    break;
  case WIRE_INT32:
  case WIRE_CHOICE:
    wire_put_bytes(out, from + field->offset, sizeof(int32_t));
    break;
  case WIRE_INT64:
    wire_put_bytes(out, from + field->offset, sizeof(int64_t));
    break;
  case WIRE_TIME:
    memcpy(&time_ms, from + field->offset, sizeof time_ms);
    wire_put_time(out, time_ms);
    break;
  case WIRE_TEXT:
  case WIRE_TEXT_OR_NULL:
    put_field_text(out, field, from, before);
    break;
  case WIRE_BYTES:
    put_file(out, field, from);
    break;
  case WIRE_PART:
    put_struct(out, field->element, from + field->offset, before ? before + field->offset : NULL);
    break;
  case WIRE_ARRAY:
  case WIRE_LIST:
  case WIRE_HEAP_LIST:
    put_many(out, field, from);
    break;
  }
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables */
static void put_struct(struct wire_out *out, const struct wire_struct *spec, const char *from,
                       const char *before) {
  for (size_t i = 0; i < spec->field_count; i++)
    put_field(out, &spec->fields[i], from, before);
}

void wire_put(struct wire_out *out, const struct wire_struct *spec, const void *from) {
  put_struct(out, spec, from, NULL);
}

/* ---- in */

static bool fail(struct wire_in *in) {
  in->bad = true;
  in->left = 0;
  return false;
}

static char *take(struct wire_in *in, size_t len) {
  if (in->bad || len > in->left) {
    fail(in);
    return NULL;
  }
  char *bytes = in->bytes;
  in->bytes += len;
  in->left -= len;
  return bytes;
}

static bool get_bytes(struct wire_in *in, void *to, size_t len) {
  const char *bytes = take(in, len);
  if (bytes)
    memcpy(to, bytes, len);
  return bytes != NULL;
}

static uint32_t get_u32(struct wire_in *in) {
  uint32_t number = 0;
  get_bytes(in, &number, sizeof number);
  return number;
}

int64_t wire_get_int(struct wire_in *in) {
  int64_t number = 0;
  get_bytes(in, &number, sizeof number);
  return number;
}

static const char *take_text(struct wire_in *in, uint32_t code) {
  size_t len = code - TEXT_LENGTH;
  const char *text = take(in, len + 1);
  if (text && memchr(text, '\0', len + 1) == text + len)
    return text;
  fail(in);
  return NULL;
}

const char *wire_get_text(struct wire_in *in) {
  uint32_t code = get_u32(in);
  if (code == TEXT_AS_BEFORE)
    fail(in);
  return code >= TEXT_LENGTH ? take_text(in, code) : NULL;
}

static bool get_field_text(struct wire_in *in, const struct wire_field *field, char *to,
                           const char *before) {
  uint32_t code = get_u32(in);
  const char *text = NULL;
  if (code == TEXT_AS_BEFORE && before)
    text = text_at(before + field->offset);
  else if (code >= TEXT_LENGTH)
    text = take_text(in, code);
  else if (code == TEXT_AS_BEFORE || field->kind == WIRE_TEXT)
    fail(in);
  if (!text && field->kind == WIRE_TEXT)
    text = ""; /* valid nevertheless */
  memcpy(to + field->offset, &text, sizeof text);
  return !in->bad;
}

/* The minimum size of an element, to check a count against the available bytes. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables */
static size_t bytes_least(const struct wire_struct *spec) {
  size_t sum = 0;
  for (size_t i = 0; i < spec->field_count; i++)
    switch (spec->fields[i].kind) {
    case WIRE_FLAG:
      sum += sizeof(bool);
      break;
    case WIRE_INT64:
    case WIRE_TIME:
      sum += sizeof(int64_t);
      break;
    case WIRE_PART:
      sum += bytes_least(spec->fields[i].element);
      break;
    default:
      sum += sizeof(uint32_t);
      break;
    }
  return sum > 0 ? sum : 1;
}

static bool get_struct(struct wire_in *in, const struct wire_struct *spec, char *to,
                       const char *before);

/* NULL if there is no room or no memory. */
static char *many_place(struct wire_in *in, const struct wire_field *field, char *to,
                        size_t count) {
  size_t size = field->element->size;
  char *first = NULL;
  if (field->kind == WIRE_ARRAY)
    return to + field->offset;
  if (field->kind == WIRE_HEAP_LIST)
    first = count > 0 ? mem_new(count * size) : NULL;
  else if (count > 0)
    first = arena_alloc(in->arena, count * size);
  memcpy(to + field->offset, &first, sizeof first);
  return first;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables */
static bool get_many(struct wire_in *in, const struct wire_field *field, char *to) {
  size_t count = get_u32(in);
  count_write(field, to, 0);
  if (in->bad || count > field->most || count > in->left / bytes_least(field->element))
    return fail(in);
  char *first = many_place(in, field, to, count);
  if (!first)
    return count == 0 || fail(in);
  for (size_t i = 0; i < count; i++) {
    char *element = first + i * field->element->size;
    if (!get_struct(in, field->element, element, i > 0 ? element - field->element->size : NULL))
      return false;
    count_write(field, to, i + 1);
  }
  return true;
}

static bool get_file(struct wire_in *in, const struct wire_field *field, char *to) {
  uint32_t code = get_u32(in);
  size_t len = code > 0 ? code - 1 : 0;
  const char *bytes = in->bad || len > field->most ? NULL : take(in, len);
  if (!bytes)
    return fail(in);
  char *copy = code > 0 ? mem_new(len + 1) : NULL;
  if (len > 0)
    memcpy(copy, bytes, len);
  memcpy(to + field->offset, &copy, sizeof copy);
  count_write(field, to, len);
  return true;
}

static bool get_choice(struct wire_in *in, const struct wire_field *field, char *to) {
  uint32_t choice = get_u32(in);
  if (in->bad || choice > field->most)
    return fail(in);
  memcpy(to + field->offset, &choice, sizeof choice);
  return true;
}

static bool get_flag(struct wire_in *in, const struct wire_field *field, char *to) {
  unsigned char byte = 0;
  bool flag = get_bytes(in, &byte, 1) && byte != 0;
  memcpy(to + field->offset, &flag, sizeof flag);
  return !in->bad;
}

int64_t wire_get_time(struct wire_in *in) {
  int64_t time_ms;
  if (!__builtin_add_overflow(wire_get_int(in), clock_ahead_ms(), &time_ms))
    return time_ms;
  fail(in);
  return 0;
}

static bool get_time(struct wire_in *in, const struct wire_field *field, char *to) {
  int64_t time_ms = wire_get_time(in);
  memcpy(to + field->offset, &time_ms, sizeof time_ms);
  return !in->bad;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables */
static bool get_field(struct wire_in *in, const struct wire_field *field, char *to,
                      const char *before) {
  switch (field->kind) {
  case WIRE_FLAG:
    return get_flag(in, field, to);
  case WIRE_INT32:
    return get_bytes(in, to + field->offset, sizeof(int32_t));
  case WIRE_CHOICE:
    return get_choice(in, field, to);
  case WIRE_INT64:
    return get_bytes(in, to + field->offset, sizeof(int64_t));
  case WIRE_TIME:
    return get_time(in, field, to);
  case WIRE_TEXT:
  case WIRE_TEXT_OR_NULL:
    return get_field_text(in, field, to, before);
  case WIRE_BYTES:
    return get_file(in, field, to);
  case WIRE_PART:
    return get_struct(in, field->element, to + field->offset,
                      before ? before + field->offset : NULL);
  case WIRE_ARRAY:
  case WIRE_LIST:
  case WIRE_HEAP_LIST:
    return get_many(in, field, to);
  }
  return fail(in);
}

/* A field that fails stays zero. Required texts after it are set to "". */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables */
static bool get_struct(struct wire_in *in, const struct wire_struct *spec, char *to,
                       const char *before) {
  for (size_t i = 0; i < spec->field_count; i++)
    if (!get_field(in, &spec->fields[i], to, before))
      return false;
  return true;
}

bool wire_get(struct wire_in *in, const struct wire_struct *spec, void *to) {
  return get_struct(in, spec, to, NULL);
}
