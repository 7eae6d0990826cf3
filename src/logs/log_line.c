#include "logs/log_line.h"

#include "core/number.h"
#include "core/text/text.h"
#include "model/log/log_fields.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* How far behind the time a level may stand. */
enum { LEVEL_WITHIN = 160 };

void log_parser_init(struct log_parser *parser, int64_t now_ms, int64_t fallback_ms, bool utc) {
  *parser =
      (struct log_parser){.clock = {.now_ms = now_ms, .utc = utc}, .fallback_ms = fallback_ms};
}

/* pino and bunyan: 10 to 60; syslog: 0 to 7. */
static enum log_level level_of_number(double number) {
  static const enum log_level syslog[] = {LOG_LEVEL_FATAL, LOG_LEVEL_FATAL, LOG_LEVEL_FATAL,
                                          LOG_LEVEL_ERROR, LOG_LEVEL_WARN,  LOG_LEVEL_INFO,
                                          LOG_LEVEL_INFO,  LOG_LEVEL_DEBUG};
  static const enum log_level pino[] = {LOG_LEVEL_TRACE, LOG_LEVEL_DEBUG, LOG_LEVEL_INFO,
                                        LOG_LEVEL_WARN,  LOG_LEVEL_ERROR, LOG_LEVEL_FATAL};
  if (number >= 10 && number < 70)
    return pino[(size_t)(number / 10) - 1];
  return number >= 0 && number < 8 ? syslog[(size_t)number] : LOG_LEVEL_NONE;
}

static const char *first_of(const struct log_fields *fields, const char *const *names) {
  for (; *names; names++) {
    const char *value = log_fields_find(fields, *names);
    if (value)
      return value;
  }
  return NULL;
}

static enum log_level json_level(const struct log_fields *fields) {
  static const char *const names[] = {"level",     "severity",  "lvl",
                                      "levelname", "log.level", "severity_text",
                                      "loglevel",  "PRIORITY",  NULL};
  const char *value = first_of(fields, names);
  double number;
  if (!value)
    return LOG_LEVEL_NONE;
  if (number_real(value, &number))
    return level_of_number(number);
  return log_level_parse(value, strlen(value));
}

static bool json_time(struct log_clock *clock, const struct log_fields *fields,
                      struct log_stamp *stamp) {
  static const char *const names[] = {"time",     "timestamp", "@timestamp", "ts",
                                      "datetime", "asctime",   "t",          NULL};
  const char *value = first_of(fields, names);
  return value && log_time_parse(clock, value, strlen(value), stamp);
}

static bool is_word(char c) {
  return isalnum((unsigned char)c) || c == '_';
}

/* A word is a level in capitals, in brackets, before a colon at the beginning, or as level=... */
static bool level_counts(const char *line, size_t len, size_t from, size_t start, size_t end) {
  bool capitals = true;
  for (size_t i = start; i < end; i++)
    capitals = capitals && !islower((unsigned char)line[i]);
  if (capitals)
    return true;
  const char before = start > 0 ? line[start - 1] : '\0', after = end < len ? line[end] : '\0';
  if ((before == '[' && after == ']') || (before == '<' && after == '>') ||
      (before == '(' && after == ')'))
    return true;
  if (after == ':' || after == ']')
    for (size_t i = from; i <= start; i++) {
      if (i == start)
        return true;
      if (is_word(line[i]))
        return false;
    }
  return false;
}

static bool is_level_key(const char *word, size_t len) {
  static const char *const keys[] = {"level", "lvl", "severity", "loglevel"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (strlen(keys[i]) == len && strncasecmp(word, keys[i], len) == 0)
      return true;
  return false;
}

static enum log_level words_level(const char *line, size_t len, size_t from) {
  const size_t stop = len - from > LEVEL_WITHIN ? from + LEVEL_WITHIN : len;
  bool key = false;
  for (size_t i = from; i < stop;) {
    if (!isalpha((unsigned char)line[i])) {
      key = key && (line[i] == '"' || line[i] == ' ');
      i++;
      continue;
    }
    size_t end = i;
    while (end < len && is_word(line[end]))
      end++;
    const bool whole = i == 0 || !is_word(line[i - 1]);
    const enum log_level level = whole ? log_level_parse(line + i, end - i) : LOG_LEVEL_NONE;
    if (level != LOG_LEVEL_NONE && (key || level_counts(line, len, from, i, end)))
      return level;
    key = whole && end < len && line[end] == '=' && is_level_key(line + i, end - i);
    i = end + (key ? 1 : 0);
  }
  return LOG_LEVEL_NONE;
}

/* "<11>": facility and severity of syslog. */
static enum log_level syslog_level(const char *line, size_t len) {
  int number = 0;
  size_t i = 1;
  if (len < 3 || line[0] != '<')
    return LOG_LEVEL_NONE;
  for (; i < len && i < 5 && isdigit((unsigned char)line[i]); i++)
    number = number * 10 + (line[i] - '0');
  if (i == 1 || i >= len || line[i] != '>' || number > 191)
    return LOG_LEVEL_NONE;
  return level_of_number(number % 8);
}

/* nginx, Apache: "GET / HTTP/1.1" 503: a server's error, or a client's. */
static enum log_level access_level(const char *line, size_t len, const struct log_stamp *stamp) {
  size_t at = stamp->end;
  if (at + 3 >= len || memcmp(line + at, "] \"", 3) != 0)
    return LOG_LEVEL_NONE;
  for (at += 3; at < len && line[at] != '"'; at++)
    if (line[at] == '\\')
      at++;
  if (at + 5 > len || line[at + 1] != ' ')
    return LOG_LEVEL_NONE;
  return line[at + 2] == '5'   ? LOG_LEVEL_ERROR
         : line[at + 2] == '4' ? LOG_LEVEL_WARN
                               : LOG_LEVEL_INFO;
}

/* Redis: "1:M 27 Nov 2026 10:00:00.123 # Warning"; klog: its first letter. */
static enum log_level mark_level(const char *line, size_t len, const struct log_stamp *stamp) {
  const char *at = line + stamp->end;
  if (stamp->start == 0 && isupper((unsigned char)line[0]) && isdigit((unsigned char)line[1]))
    return line[0] == 'W'   ? LOG_LEVEL_WARN
           : line[0] == 'E' ? LOG_LEVEL_ERROR
           : line[0] == 'F' ? LOG_LEVEL_FATAL
                            : LOG_LEVEL_INFO;
  if (stamp->start < 4 || len - stamp->end < 3 || at[0] != ' ' || at[2] != ' ' ||
      !memchr(line, ':', stamp->start))
    return LOG_LEVEL_NONE;
  switch (at[1]) {
  case '#':
    return LOG_LEVEL_WARN;
  case '*':
    return LOG_LEVEL_INFO;
  case '-':
  case '.':
    return LOG_LEVEL_DEBUG;
  default:
    return LOG_LEVEL_NONE;
  }
}

static enum log_level text_level(const char *line, size_t len, const struct log_stamp *stamp) {
  enum log_level level = syslog_level(line, len);
  if (level == LOG_LEVEL_NONE && stamp)
    level = access_level(line, len, stamp);
  if (level == LOG_LEVEL_NONE && stamp)
    level = mark_level(line, len, stamp);
  /* a level may stand before the time too: "INFO 2026-11-27 ..." */
  return level != LOG_LEVEL_NONE ? level : words_level(line, len, 0);
}

static bool is_json(const char *line, size_t len) {
  while (len > 0 && isspace((unsigned char)line[len - 1]))
    len--;
  return len >= 2 && line[0] == '{' && line[len - 1] == '}';
}

/* Without a time of its own: continues the record before it. In a source whose lines have no
 * times only what is indented does, and what a stack trace begins with. */
static bool continues(const struct log_parser *parser, const char *line, size_t len) {
  static const char *const starts[] = {"Caused by:", "Traceback (most recent call last)", "...",
                                       "}"};
  if (!parser->any)
    return false;
  if (parser->stamped)
    return true;
  if (len > 0 && (line[0] == ' ' || line[0] == '\t'))
    return true;
  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
    if (len >= strlen(starts[i]) && memcmp(line, starts[i], strlen(starts[i])) == 0)
      return true;
  return false;
}

static void inherit(struct log_parser *parser, const char *line, size_t len, bool has_time,
                    enum log_level level, struct log_record *record) {
  /* an object is a message of its own */
  record->continued = !record->json && level == LOG_LEVEL_NONE && continues(parser, line, len);
  record->level = (uint8_t)(record->continued ? parser->last_level : level);
  if (has_time)
    return;
  record->time_ms = parser->any ? parser->last_ms : parser->fallback_ms;
  record->time = parser->any ? LOG_TIME_INHERITED : LOG_TIME_ARRIVAL;
}

void log_line_parse(struct log_parser *parser, const char *line, size_t len,
                    struct log_record *record) {
  struct log_fields fields;
  struct log_stamp stamp = {0};
  enum log_level level;
  bool found;
  record->json = is_json(line, len) && log_fields_read(&fields, line, len);
  if (record->json) {
    found = json_time(&parser->clock, &fields, &stamp);
    level = json_level(&fields);
  } else {
    found = log_time_find(&parser->clock, line, len, &stamp);
    const bool indented = len > 0 && (line[0] == ' ' || line[0] == '\t');
    /* "    at INFO.java:1" of a stack trace says no level */
    level = found || !indented ? text_level(line, len, found ? &stamp : NULL) : LOG_LEVEL_NONE;
  }
  const bool from_source = record->time == LOG_TIME_SOURCE;
  record->continued = false;
  if (!found) {
    inherit(parser, line, len, from_source, level, record);
  } else {
    record->level = (uint8_t)level;
    if (!from_source) {
      record->time_ms = stamp.time_ms;
      record->time = stamp.zoneless ? LOG_TIME_ZONELESS : LOG_TIME_LINE;
    }
  }
  if (found || from_source) {
    parser->last_ms = record->time_ms;
    parser->any = true;
    if (!record->continued)
      parser->stamped = found;
  }
  if (!record->continued)
    parser->last_level = record->level;
}

bool log_line_time(struct log_parser *parser, const char *line, size_t len, int64_t *time_ms) {
  struct log_fields fields;
  struct log_stamp stamp;
  const bool json = is_json(line, len) && log_fields_read(&fields, line, len);
  if (!(json ? json_time(&parser->clock, &fields, &stamp)
             : log_time_find(&parser->clock, line, len, &stamp)))
    return false;
  *time_ms = stamp.time_ms;
  return true;
}

/* ESC [ 1 ; 31 m: colours, which say nothing here. 0: no such sequence. */
static size_t colour_length(const char *at, size_t len) {
  if (len < 3 || at[0] != '\x1B' || at[1] != '[')
    return 0;
  for (size_t i = 2; i < len && i < 32; i++) {
    if (at[i] == 'm' || at[i] == 'K')
      return i + 1;
    if (!isdigit((unsigned char)at[i]) && at[i] != ';' && at[i] != ':')
      return 0;
  }
  return 0;
}

void log_line_clean(char *out, const char *line, size_t len, struct log_record *record) {
  size_t at = 0, i = 0;
  if (len > 0 && line[len - 1] == '\r')
    len--;
  while (i < len && at < LOG_TEXT_MAX) {
    const char *from = line + i;
    const unsigned char c = (unsigned char)*from;
    if ((c >= 0x20 && c < 0x7F) || c == '\t') {
      size_t run = 1;
      while (i + run < len && at + run < LOG_TEXT_MAX &&
             ((from[run] >= 0x20 && from[run] < 0x7F) || from[run] == '\t'))
        run++;
      memcpy(out + at, from, run);
      at += run;
      i += run;
      continue;
    }
    const size_t colour = colour_length(from, len - i);
    if (colour > 0) {
      i += colour;
      continue;
    }
    size_t run = 1; /* one character, or one byte that is none */
    while (c >= 0xC0 && run < 4 && i + run < len && ((unsigned char)from[run] & 0xC0) == 0x80)
      run++;
    char safe[16];
    const size_t size = text_sanitize(safe, sizeof safe, from, run, false);
    if (at + size > LOG_TEXT_MAX)
      break;
    memcpy(out + at, safe, size);
    at += size;
    i += run;
  }
  out[at] = '\0';
  record->text = out;
  record->len = (uint32_t)at;
  record->cut += len - i;
}
