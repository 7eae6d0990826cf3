#include "model/log/log_fields.h"

#include "core/text/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_BYTES = 256 };

struct scan {
  const char *at, *end;
  struct log_fields *fields;
  bool *more;  /* fields->more */
  size_t used; /* of fields->bytes */
  char name[NAME_MAX_BYTES];
};

static void blanks_skip(struct scan *scan) {
  while (scan->at < scan->end && isspace((unsigned char)*scan->at))
    scan->at++;
}

static bool take(struct scan *scan, char c) {
  blanks_skip(scan);
  if (scan->at >= scan->end || *scan->at != c)
    return false;
  scan->at++;
  return true;
}

static void put(char *out, size_t size, size_t *len, char c) {
  if (*len + 1 < size)
    out[(*len)++] = c;
}

static int hex4(const char *at, const char *end) {
  int code = 0;
  if (end - at < 4)
    return -1;
  for (int i = 0; i < 4; i++) {
    if (!isxdigit((unsigned char)at[i]))
      return -1;
    const char c = at[i];
    code = code * 16 + (c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
  }
  return code;
}

/* An escape must not bring in what the line itself could not. */
static void put_code(char *out, size_t size, size_t *len, long code) {
  char bytes[4], safe[16];
  size_t count = 1;
  if (code >= 0xD800 && code <= 0xDFFF) /* half of a pair */
    code = 0xFFFD;
  if (code < 0x80) {
    bytes[0] = (char)code;
  } else if (code < 0x800) {
    bytes[0] = (char)(0xC0 | code >> 6);
    count = 2;
  } else if (code < 0x10000) {
    bytes[0] = (char)(0xE0 | code >> 12);
    count = 3;
  } else {
    bytes[0] = (char)(0xF0 | code >> 18);
    count = 4;
  }
  for (size_t i = 1; i < count; i++)
    bytes[i] = (char)(0x80 | (code >> (6 * (count - 1 - i)) & 0x3F));
  count = text_sanitize(safe, sizeof safe, bytes, count, false);
  if (*len + count < size) {
    memcpy(out + *len, safe, count);
    *len += count;
  }
}

/* After the backslash. */
static bool escape_read(struct scan *scan, char *out, size_t size, size_t *len) {
  if (scan->at >= scan->end)
    return false;
  const char c = *scan->at++;
  long code;
  switch (c) {
  case 'n':
  case 'r':
  case 't':
    put(out, size, len, ' ');
    return true;
  case 'b':
  case 'f':
    put_code(out, size, len, 0);
    return true;
  case 'u':
    code = hex4(scan->at, scan->end);
    if (code < 0)
      return false;
    scan->at += 4;
    if (code >= 0xD800 && code < 0xDC00 && scan->end - scan->at >= 6 && scan->at[0] == '\\' &&
        scan->at[1] == 'u') {
      const int low = hex4(scan->at + 2, scan->end);
      if (low >= 0xDC00 && low <= 0xDFFF) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        scan->at += 6;
      }
    }
    put_code(out, size, len, code);
    return true;
  default:
    if (c != '"' && c != '\\' && c != '/')
      return false;
    put(out, size, len, c);
    return true;
  }
}

/* A text after its first quote; cut at a whole character if it does not fit. False: it does not
 * end. */
static bool string_read(struct scan *scan, char *out, size_t size, size_t *len) {
  while (scan->at < scan->end && *scan->at != '"') {
    if (*scan->at == '\\') {
      scan->at++;
      if (!escape_read(scan, out, size, len))
        return false;
      continue;
    }
    size_t step = 1; /* a whole character, or nothing of it */
    while (scan->at + step < scan->end && (scan->at[step] & 0xC0) == 0x80)
      step++;
    if (*len + step < size) {
      memcpy(out + *len, scan->at, step);
      *len += step;
    } else {
      *scan->more = true;
    }
    scan->at += step;
  }
  out[*len] = '\0';
  if (scan->at >= scan->end)
    return false;
  scan->at++;
  return true;
}

/* A character of a value that is not a text: how deep it is in brackets, and whether in quotes. */
struct nesting {
  int depth;
  bool quoted, escaped;
};

/* False: the character ends the value, and is not of it. */
static bool nest(struct nesting *nesting, char c) {
  if (nesting->quoted) {
    if (!nesting->escaped && c == '"')
      nesting->quoted = false;
    nesting->escaped = !nesting->escaped && c == '\\';
    return true;
  }
  if (nesting->depth == 0 && (c == ',' || c == '}' || c == ']' || isspace((unsigned char)c)))
    return false;
  nesting->quoted = c == '"';
  nesting->depth += (c == '[' || c == '{') - (c == ']' || c == '}');
  return true;
}

/* A number, a word, or an array as it is written. False: it does not end. */
static bool raw_read(struct scan *scan, char *out, size_t size, size_t *len) {
  struct nesting nesting = {0};
  const char *start = scan->at;
  while (scan->at < scan->end && nest(&nesting, *scan->at))
    scan->at++;
  size_t taken = (size_t)(scan->at - start);
  if (taken >= size) {
    taken = size - 1;
    while (taken > 0 && (start[taken] & 0xC0) == 0x80)
      taken--;
    *scan->more = true;
  }
  memcpy(out, start, taken);
  out[taken] = '\0';
  *len = taken;
  return scan->at < scan->end && scan->at > start;
}

/* Where the next text goes; NULL: it is full. */
static char *space(struct scan *scan, size_t *size) {
  *size = sizeof scan->fields->bytes - scan->used;
  if (*size < 2)
    return NULL;
  return scan->fields->bytes + scan->used;
}

static const char *name_keep(struct scan *scan) {
  size_t size;
  char *out = space(scan, &size);
  const size_t len = strlen(scan->name);
  if (!out || len + 1 > size)
    return NULL;
  memcpy(out, scan->name, len + 1);
  scan->used += len + 1;
  return out;
}

static bool value_read(struct scan *scan, bool is_text) {
  struct log_fields *fields = scan->fields;
  const char *name = fields->count < LOG_FIELDS_MAX ? name_keep(scan) : NULL;
  size_t size, len = 0;
  char *out = name ? space(scan, &size) : NULL, unused[2];
  if (!out) {
    fields->more = true;
    return is_text ? string_read(scan, unused, sizeof unused, &len)
                   : raw_read(scan, unused, sizeof unused, &len);
  }
  const bool ended = is_text ? string_read(scan, out, size, &len) : raw_read(scan, out, size, &len);
  if (ended) { /* what was cut is no value */
    scan->used += len + 1;
    fields->items[fields->count++] =
        (struct log_field){.name = name, .value = out, .text = is_text};
  }
  return ended;
}

/* After the brace. The levels of a document are few, and bounded. */
static bool object_read(struct scan *scan, int depth);

static bool member_read(struct scan *scan, int depth, size_t prefix) {
  if (!take(scan, '"'))
    return false;
  size_t len = prefix;
  if (!string_read(scan, scan->name, sizeof scan->name, &len) || !take(scan, ':'))
    return false;
  blanks_skip(scan);
  if (scan->at >= scan->end)
    return false;
  if (*scan->at == '"') {
    scan->at++;
    return value_read(scan, true);
  }
  if (*scan->at == '{' && depth < LOG_FIELDS_DEPTH) {
    scan->at++;
    if (len + 1 < sizeof scan->name) {
      scan->name[len++] = '.';
      scan->name[len] = '\0';
    }
    return object_read(scan, depth + 1);
  }
  return value_read(scan, false);
}

static bool object_read(struct scan *scan, int depth) { /* NOLINT(misc-no-recursion) */
  const size_t prefix = strlen(scan->name);
  if (take(scan, '}'))
    return true;
  for (;;) {
    if (!member_read(scan, depth, prefix))
      return false;
    scan->name[prefix] = '\0';
    if (take(scan, '}'))
      return true;
    if (!take(scan, ','))
      return false;
  }
}

bool log_fields_read(struct log_fields *fields, const char *text, size_t len) {
  fields->count = 0;
  fields->more = false;
  struct scan scan = {.at = text, .end = text + len, .fields = fields, .more = &fields->more};
  if (!take(&scan, '{'))
    return false;
  const bool whole = object_read(&scan, 1);
  blanks_skip(&scan);
  if (whole && scan.at < scan.end) { /* something else that begins with braces */
    fields->count = 0;
    return false;
  }
  if (!whole)
    fields->more = true;
  return whole || fields->count > 0;
}

const char *log_fields_find(const struct log_fields *fields, const char *name) {
  for (size_t i = 0; i < fields->count; i++)
    if (strcmp(fields->items[i].name, name) == 0)
      return fields->items[i].value;
  return NULL;
}

static bool is_one_of(const char *name, const char *const *names) {
  for (; *names; names++)
    if (strcasecmp(name, *names) == 0)
      return true;
  return false;
}

static const char *const message_names[] = {"message", "msg", "event", "log", NULL};
static const char *const left_out[] = {"time",      "timestamp", "ts",      "@timestamp",
                                       "level",     "severity",  "lvl",     "levelname",
                                       "log.level", "datetime",  "asctime", NULL};

const char *log_fields_message(const struct log_fields *fields) {
  for (size_t i = 0; message_names[i]; i++) {
    const char *found = log_fields_find(fields, message_names[i]);
    if (found && *found)
      return found;
  }
  return NULL;
}

static void append(char *out, size_t size, size_t *at, const char *text) {
  size_t len = strlen(text);
  if (*at + len >= size) {
    len = size - 1 - *at;
    while (len > 0 && (text[len] & 0xC0) == 0x80)
      len--;
  }
  memcpy(out + *at, text, len);
  *at += len;
  out[*at] = '\0';
}

size_t log_fields_brief(const struct log_fields *fields, char *out, size_t size) {
  size_t at = 0;
  const char *message = log_fields_message(fields);
  out[0] = '\0';
  if (message)
    append(out, size, &at, message);
  for (size_t i = 0; i < fields->count && at + 1 < size; i++) {
    const struct log_field *field = &fields->items[i];
    if (field->value == message || is_one_of(field->name, left_out))
      continue;
    append(out, size, &at, at ? " " : "");
    append(out, size, &at, field->name);
    append(out, size, &at, "=");
    const bool quoted = field->text && (!*field->value || strchr(field->value, ' '));
    append(out, size, &at, quoted ? "\"" : "");
    append(out, size, &at, field->value);
    append(out, size, &at, quoted ? "\"" : "");
  }
  return at;
}
