#include "ui/log/log_start.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* d is a digit, a a letter, all others themselves; the longest first. */
static const char *const times[] = {"dddd-dd-ddTdd:dd:dd", "dddd-dd-dd dd:dd:dd",
                                    "dddd/dd/dd dd:dd:dd", "aaa dd dd:dd:dd",
                                    "aaa  d dd:dd:dd",     "dd aaa dddd dd:dd:dd"};

static const char *skip_form(const char *at, const char *form) {
  for (; *form; form++, at++)
    if (*form == 'd'   ? !isdigit((unsigned char)*at)
        : *form == 'a' ? !isalpha((unsigned char)*at)
                       : *at != *form)
      return NULL;
  return at;
}

static const char *skip_fraction(const char *at) {
  if ((*at == '.' || *at == ',') && isdigit((unsigned char)at[1]))
    for (at++; isdigit((unsigned char)*at); at++)
      continue;
  return at;
}

/* "Z", "+01:00", " +0100", " UTC", " CET" */
static const char *skip_zone(const char *at) {
  static const char *const zones[] = {"Z", "+dd:dd", "-dd:dd", "+dddd", "-dddd", "+dd", "-dd"};
  const char *zone = *at == ' ' ? at + 1 : at;
  for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
    const char *end = skip_form(zone, zones[i]);
    if (end && (*end == ' ' || *end == ']' || *end == '\0'))
      return end;
  }
  const char *end = zone;
  while (isupper((unsigned char)*end) && end - zone < 5)
    end++;
  /* "UTC", but not "INFO": a level follows its time without a zone, too. */
  const bool named = end - zone == 3 || end - zone == 4;
  if (zone > at && named && (*end == ' ' || *end == ']') &&
      log_level_parse(zone, (size_t)(end - zone)) == LOG_LEVEL_NONE)
    return end;
  return at;
}

/* "[2026-11-27 10:00:00,123] " */
static const char *skip_time(const char *text) {
  const bool bracket = *text == '[';
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    const char *at = skip_form(text + bracket, times[i]);
    if (!at)
      continue;
    at = skip_zone(skip_fraction(at));
    if (bracket && *at++ != ']')
      return text;
    if (*at == ':')
      at++;
    return *at == ' ' ? at + strspn(at, " ") : text;
  }
  return text;
}

/* "INFO ", "[INFO] ", "INFO: " */
static const char *skip_level(const char *text, enum log_level level) {
  const bool bracket = *text == '[';
  const char *word = text + bracket, *end = word;
  while (isalpha((unsigned char)*end))
    end++;
  if (end == word || level == LOG_LEVEL_NONE ||
      log_level_parse(word, (size_t)(end - word)) != level)
    return text;
  if (bracket && *end++ != ']')
    return text;
  if (*end == ':')
    end++;
  return *end == ' ' ? end + strspn(end, " ") : text;
}

size_t log_message_start(const struct log_record *record) {
  const bool said = record->time == LOG_TIME_LINE || record->time == LOG_TIME_ZONELESS;
  if (!said || record->continued)
    return 0;
  const char *time = skip_time(record->text);
  if (time == record->text)
    return 0;
  const char *message = skip_level(time, (enum log_level)record->level);
  return *message ? (size_t)(message - record->text) : 0;
}
