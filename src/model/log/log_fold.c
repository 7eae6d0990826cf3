/* What two messages of the same kind have in common. */
#include "model/log/log_counts.h"

#include <ctype.h>
#include <string.h>

enum { HEX_MIN = 8, QUOTED_MAX = 200 };

struct fold {
  const char *start, *at, *end;
  char *out;
  size_t len;
  bool full; /* nothing after it either */
};

static void put(struct fold *fold, const char *text, size_t len) {
  fold->full = fold->full || fold->len + len >= LOG_PATTERN_TEXT_MAX;
  if (fold->full)
    return;
  memcpy(fold->out + fold->len, text, len);
  fold->len += len;
}

static size_t digits(const char *at, const char *end) {
  size_t count = 0;
  while (at + count < end && isdigit((unsigned char)at[count]))
    count++;
  return count;
}

static size_t hexes(const char *at, const char *end) {
  size_t count = 0;
  while (at + count < end && isxdigit((unsigned char)at[count]))
    count++;
  return count;
}

static bool is_word(char c) {
  return isalnum((unsigned char)c) || c == '_';
}

/* Whether the text fits a form: 'd' is a digit, 'a' a letter, anything else is itself. */
static bool fits(const char *at, const char *end, const char *form) {
  for (; *form; form++, at++) {
    if (at >= end)
      return false;
    if (*form == 'd'   ? !isdigit((unsigned char)*at)
        : *form == 'a' ? !isalpha((unsigned char)*at)
                       : *at != *form)
      return false;
  }
  return true;
}

/* ".123", ",123", then "Z", "+01:00", " +0100", " UTC" */
static size_t time_end(const char *from, const char *end) {
  const char *at = from;
  if (at + 1 < end && (*at == '.' || *at == ',') && isdigit((unsigned char)at[1]))
    at += 1 + digits(at + 1, end);
  if (at < end && *at == 'Z')
    return (size_t)(at + 1 - from);
  const char *zone = at < end && *at == ' ' ? at + 1 : at;
  if (zone < end && (*zone == '+' || *zone == '-')) {
    if (fits(zone + 1, end, "dd:dd"))
      return (size_t)(zone + 6 - from);
    if (fits(zone + 1, end, "dddd"))
      return (size_t)(zone + 5 - from);
  }
  if (fits(zone, end, "UTC"))
    return (size_t)(zone + 3 - from);
  return (size_t)(at - from);
}

static size_t time_length(const char *at, const char *end) {
  static const char *const forms[] = {"dddd-dd-ddTdd:dd:dd",
                                      "dddd-dd-dd dd:dd:dd",
                                      "dddd/dd/dd dd:dd:dd",
                                      "dd/aaa/dddd:dd:dd:dd",
                                      "aaa dd dd:dd:dd",
                                      "aaa  d dd:dd:dd",
                                      "dd:dd:dd"};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    if (fits(at, end, forms[i])) {
      const size_t length = strlen(forms[i]);
      return length + time_end(at + length, end);
    }
  return 0;
}

static size_t uuid_length(const char *at, const char *end) {
  static const size_t parts[] = {8, 4, 4, 4, 12};
  const char *start = at;
  for (size_t i = 0; i < 5; i++) {
    if (hexes(at, end) != parts[i])
      return 0;
    at += parts[i];
    if (i < 4 && (at >= end || *at++ != '-'))
      return 0;
  }
  return (size_t)(at - start);
}

/* "10.0.0.7", "10.0.0.7:5432", "fe80::1", "::1" */
static size_t address_length(const char *at, const char *end) {
  const char *start = at;
  int parts = 0;
  for (; parts < 4; parts++) {
    const size_t count = digits(at, end);
    if (count == 0 || count > 3)
      break;
    at += count;
    if (parts < 3 && (at >= end || *at++ != '.'))
      break;
  }
  if (parts == 4) {
    if (at + 1 < end && *at == ':' && digits(at + 1, end) > 0)
      at += 1 + digits(at + 1, end);
    return (size_t)(at - start);
  }
  int colons = 0;
  bool twice = false;
  for (at = start; at < end; at++) {
    if (*at == ':') {
      twice = twice || (at > start && at[-1] == ':');
      colons++;
    } else if (!isxdigit((unsigned char)*at)) {
      break;
    }
  }
  return (twice && colons >= 2) || colons == 7 ? (size_t)(at - start) : 0;
}

/* Hexadecimal with at least one digit, so that "deadbeef" of words such as "facade" is rare. */
static size_t hex_length(const char *at, const char *end) {
  const bool marked = end - at > 2 && at[0] == '0' && (at[1] | 32) == 'x';
  const char *from = marked ? at + 2 : at;
  const size_t count = hexes(from, end);
  if (from + count < end && is_word(from[count]))
    return 0;
  bool digit = false, letter = false;
  for (size_t i = 0; i < count; i++) {
    digit = digit || isdigit((unsigned char)from[i]);
    letter = letter || isalpha((unsigned char)from[i]);
  }
  if (marked && count > 0)
    return count + 2;
  return count >= HEX_MIN && digit && letter ? count : 0;
}

static size_t number_length(const char *at, const char *end) {
  size_t count = digits(at, end);
  while (count > 0 && at + count + 1 < end && (at[count] == '.' || at[count] == ',') &&
         isdigit((unsigned char)at[count + 1]))
    count += 1 + digits(at + count + 1, end);
  return count;
}

static size_t quoted_length(const struct fold *fold) {
  const char quote = *fold->at;
  if (quote == '\'' && fold->at > fold->start && is_word(fold->at[-1]))
    return 0; /* don't */
  const size_t left = (size_t)(fold->end - fold->at - 1);
  const char *close = memchr(fold->at + 1, quote, left < QUOTED_MAX ? left : QUOTED_MAX);
  return close ? (size_t)(close + 1 - fold->at) : 0;
}

/* At the beginning of a word. */
static bool token_fold(struct fold *fold) {
  static const struct {
    size_t (*length)(const char *at, const char *end);
    const char *as;
  } kinds[] = {{time_length, "<time>"},
               {uuid_length, "<id>"},
               {address_length, "<ip>"},
               {hex_length, "<id>"}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    const size_t length = kinds[i].length(fold->at, fold->end);
    if (length == 0)
      continue;
    put(fold, kinds[i].as, strlen(kinds[i].as));
    fold->at += length;
    return true;
  }
  return false;
}

const char *log_message_fold(const char *text, size_t len, char out[LOG_PATTERN_TEXT_MAX]) {
  struct fold fold = {.start = text, .at = text, .end = text + len, .out = out};
  while (fold.at < fold.end && !fold.full) {
    const bool begins = fold.at == text || !is_word(fold.at[-1]);
    size_t length;
    if (begins && (is_word(*fold.at) || *fold.at == ':') && token_fold(&fold))
      continue;
    if ((length = number_length(fold.at, fold.end)) > 0)
      put(&fold, "<n>", 3);
    else if ((*fold.at == '"' || *fold.at == '\'') && (length = quoted_length(&fold)) > 0)
      put(&fold, "<text>", 6);
    else {
      length = 1; /* a whole character */
      while (fold.at + length < fold.end && (fold.at[length] & 0xC0) == 0x80)
        length++;
      put(&fold, *fold.at == '\t' ? " " : fold.at, length);
    }
    fold.at += length;
  }
  out[fold.len] = '\0';
  return out;
}
