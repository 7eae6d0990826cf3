#include "app/modes/logs/logs_print.h"

#include "core/json/json_writer.h"
#include "core/text/format.h"
#include "core/text/text.h"
#include "model/log/log_fields.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

enum { MESSAGES_SHOWN = 50 };

static const char *const time_names[] = {
    [LOG_TIME_LINE] = "line",       [LOG_TIME_ZONELESS] = "line_local",
    [LOG_TIME_SOURCE] = "source",   [LOG_TIME_INHERITED] = "inherited",
    [LOG_TIME_ARRIVAL] = "arrival",
};

/* "2026-11-27 10:00:00.123" */
static const char *time_text(char out[FORMAT_MAX], int64_t ms, bool utc) {
  format_time(out, FORMAT_MAX, ms, utc, true);
  const size_t len = strlen(out);
  snprintf(out + len, FORMAT_MAX - len, ".%03d", (int)((ms % 1000 + 1000) % 1000));
  return out;
}

static const char *level_color(enum log_level level) {
  switch (level) {
  case LOG_LEVEL_FATAL:
    return "\x1B[1;31m";
  case LOG_LEVEL_ERROR:
    return "\x1B[31m";
  case LOG_LEVEL_WARN:
    return "\x1B[33m";
  case LOG_LEVEL_TRACE:
  case LOG_LEVEL_DEBUG:
    return "\x1B[2m";
  default:
    return "";
  }
}

/* Five letters, so that lines are aligned. */
static const char *level_word(enum log_level level) {
  static const char *const words[LOG_LEVEL_COUNT] = {"-    ", "TRACE", "DEBUG", "INFO ",
                                                     "WARN ", "ERROR", "FATAL"};
  return words[level];
}

static void text_print(const struct logs_print *print, const char *text, size_t len) {
  char ascii[LOG_TEXT_MAX + 1];
  if (print->ascii) {
    len = text_sanitize(ascii, sizeof ascii, text, len, true);
    text = ascii;
  }
  fwrite(text, 1, len, print->out);
}

static bool line_text(const struct logs_print *print, const struct log_record *record,
                      const char *source) {
  char time[FORMAT_MAX];
  const enum log_level level = (enum log_level)record->level;
  const char *color = print->color ? level_color(level) : "";
  fprintf(print->out, "%s %s%s%s ", time_text(time, record->time_ms, print->utc), color,
          level_word(level), *color ? "\x1B[0m" : "");
  text_print(print, source, strlen(source));
  fputs(": ", print->out);
  text_print(print, record->text, record->len);
  if (record->cut > 0)
    fprintf(print->out, " [%llu bytes cut]", (unsigned long long)record->cut);
  fputc('\n', print->out);
  return !ferror(print->out);
}

/* In UTC, with milliseconds, as RFC 3339. */
static const char *rfc3339(char out[FORMAT_MAX], int64_t ms) {
  time_text(out, ms, true);
  out[10] = 'T';
  const size_t len = strlen(out);
  snprintf(out + len, FORMAT_MAX - len, "Z");
  return out;
}

static void fields_print(struct json_writer *writer, const struct log_record *record) {
  struct log_fields fields;
  if (!record->json || !log_fields_read(&fields, record->text, record->len))
    return;
  json_open(writer, "fields", '{');
  for (size_t i = 0; i < fields.count; i++)
    json_text(writer, fields.items[i].name, fields.items[i].value);
  json_close(writer, '}');
}

static bool line_json(const struct logs_print *print, const struct log_record *record,
                      const char *source) {
  char time[FORMAT_MAX];
  struct json_writer writer = {.out = print->out};
  const char *level = log_level_name((enum log_level)record->level);
  json_open(&writer, NULL, '{');
  json_text(&writer, "time", rfc3339(time, record->time_ms));
  json_text(&writer, "time_from", time_names[record->time]);
  json_text(&writer, "source", source);
  json_text_if(&writer, "level", *level ? level : NULL);
  json_text(&writer, "line", record->text);
  if (record->cut > 0)
    json_int(&writer, "bytes_cut", (int64_t)record->cut);
  if (record->continued)
    json_bool(&writer, "continued", true);
  if (record->gap)
    json_bool(&writer, "gap", true);
  fields_print(&writer, record);
  json_close(&writer, '}');
  fputc('\n', print->out);
  return !ferror(print->out);
}

bool logs_print_line(const struct logs_print *print, const struct log_record *record,
                     const char *source) {
  return print->json ? line_json(print, record, source) : line_text(print, record, source);
}

static void message_json(const struct logs_print *print, const struct log_message *message) {
  char time[FORMAT_MAX];
  struct json_writer writer = {.out = print->out};
  json_open(&writer, NULL, '{');
  json_int(&writer, "count", (int64_t)message->count);
  json_text_if(&writer, "level",
               message->level != LOG_LEVEL_NONE ? log_level_name(message->level) : NULL);
  json_text(&writer, "pattern", message->pattern);
  json_text(&writer, "first", rfc3339(time, message->first_ms));
  json_text(&writer, "last", rfc3339(time, message->last_ms));
  json_text(&writer, "example", message->example);
  json_close(&writer, '}');
  fputc('\n', print->out);
}

static void message_text(const struct logs_print *print, const struct log_message *message) {
  char count[FORMAT_MAX];
  const char *color = print->color ? level_color(message->level) : "";
  fprintf(print->out, "%10s  %s%s%s ", format_count(count, sizeof count, (int64_t)message->count),
          color, level_word(message->level), *color ? "\x1B[0m" : "");
  text_print(print, message->pattern, strlen(message->pattern));
  fputc('\n', print->out);
}

bool logs_print_messages(const struct logs_print *print, struct log_messages *messages) {
  size_t count;
  char text[FORMAT_MAX];
  const struct log_message *const *top = log_messages_top(messages, &count);
  const size_t shown = print->json || count < MESSAGES_SHOWN ? count : MESSAGES_SHOWN;
  for (size_t i = 0; i < shown; i++) {
    if (print->json)
      message_json(print, top[i]);
    else
      message_text(print, top[i]);
  }
  uint64_t rest = log_messages_other(messages);
  for (size_t i = shown; i < count; i++)
    rest += top[i]->count;
  if (!print->json && rest > 0)
    fprintf(print->out, "%10s  lines of rarer messages\n",
            format_count(text, sizeof text, (int64_t)rest));
  return !ferror(print->out);
}
