#include "clients/postgres/statement.h"

#include "core/secret.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { WORD_SIZE = 64 };

static const char mask[] = "'***'";

struct scan {
  const char *at;
  char *out;
  size_t size, used;
  char first[WORD_SIZE], second[WORD_SIZE]; /* words of the statement: "alter", "role" */
  char word[WORD_SIZE];                     /* the last one */
  bool secret;                              /* a password follows */
};

static void put(struct scan *scan, const char *text, size_t length) {
  size_t room = scan->size - 1 - scan->used;
  length = length < room ? length : room;
  memcpy(scan->out + scan->used, text, length);
  scan->used += length;
}

static void put_mask(struct scan *scan) {
  if (scan->used > 0 && scan->out[scan->used - 1] == '\'') /* otherwise both would read as one */
    put(scan, " ", 1);
  put(scan, mask, sizeof mask - 1);
  scan->secret = false;
}

/* As in PostgreSQL; bytes beyond ASCII are letters. */
static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ---- literals */

/* After its opening quote. Without standard_conforming_strings a plain literal has escapes, too: if
 * its end differs with and without them, it is taken to end with the text. */
static void skip_quoted(struct scan *scan, bool escapes) {
  const char *at = scan->at;
  while (*at) {
    if (*at == '\\' && at[1] && escapes) {
      at += 2;
    } else if (*at == '\\' && at[1] == '\'') {
      at += strlen(at);
    } else if (*at == '\\' && at[1] == '\\' && !escapes) {
      at += 2; /* the same end with and without escapes */
    } else if (*at == '\'' && at[1] == '\'') {
      at += 2;
    } else if (*at == '\'') {
      at++;
      break;
    } else {
      at++;
    }
  }
  scan->at = at;
}

static void literal(struct scan *scan, bool escapes) {
  scan->at++;
  skip_quoted(scan, escapes);
  put_mask(scan);
}

/* The length of "$tag$" or "$$"; 0: neither. */
static size_t dollar_tag(const char *text) {
  size_t length = 1;
  if (is_digit(text[1]))
    return 0;
  while (is_letter(text[length]) || is_digit(text[length]))
    length++;
  return text[length] == '$' ? length + 1 : 0;
}

static void dollar_literal(struct scan *scan, size_t tag) {
  const char *end = NULL, *at = scan->at + tag;
  for (; *at && !end; at++)
    if (*at == '$' && strncmp(at, scan->at, tag) == 0)
      end = at + tag;
  scan->at = end ? end : at;
  put_mask(scan);
}

/* ---- comments and names */

static void line_comment(struct scan *scan) {
  scan->at += strcspn(scan->at, "\r\n");
  put(scan, "/*...*/", 7);
}

static void block_comment(struct scan *scan) {
  size_t depth = 0;
  const char *at = scan->at;
  do {
    if (at[0] == '/' && at[1] == '*') {
      depth++;
      at += 2;
    } else if (at[0] == '*' && at[1] == '/') {
      depth--;
      at += 2;
    } else {
      at++;
    }
  } while (*at && depth > 0);
  scan->at = at;
  put(scan, "/*...*/", 7);
}

static void quoted_name(struct scan *scan) {
  const char *begin = scan->at++;
  while (*scan->at && (*scan->at != '"' || scan->at[1] == '"'))
    scan->at += *scan->at == '"' ? 2 : 1;
  if (*scan->at)
    scan->at++;
  put(scan, begin, (size_t)(scan->at - begin));
}

static bool is_word(const char *word, const char *const *words, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcasecmp(word, words[i]) == 0)
      return true;
  return false;
}

/* Whether a secret follows the last word: in ALTER ROLE x PASSWORD, and in SET with a secret
 * parameter. */
static bool announces_secret(const struct scan *scan) {
  static const char *const verbs[] = {"create", "alter"}, *const kinds[] = {"role", "user",
                                                                            "group"};
  if (strcasecmp(scan->first, "set") == 0)
    return name_is_secret(scan->word);
  return is_word(scan->first, verbs, 2) && is_word(scan->second, kinds, 3) &&
         name_is_secret(scan->word);
}

static size_t word_length(const char *text) {
  size_t length = 0;
  while (is_letter(text[length]) || is_digit(text[length]) || text[length] == '$')
    length++;
  return length;
}

static void keep_word(char out[WORD_SIZE], const char *text, size_t length) {
  length = length < WORD_SIZE ? length : WORD_SIZE - 1;
  memcpy(out, text, length);
  out[length] = '\0';
}

static void word(struct scan *scan) {
  const char *begin = scan->at;
  size_t length = word_length(begin);
  scan->at += length;
  keep_word(scan->word, begin, length);
  if (!*scan->first)
    keep_word(scan->first, begin, length);
  else if (!*scan->second)
    keep_word(scan->second, begin, length);
  put(scan, begin, length);
  scan->secret = scan->secret ? strcasecmp(scan->word, "to") == 0 : announces_secret(scan);
}

/* E'...' and similar: a word of one letter directly followed by a quote. Returns whether it was
 * one. */
static bool prefixed(struct scan *scan) {
  const char *at = scan->at;
  size_t length = (*at == 'u' || *at == 'U') && at[1] == '&' ? 2 : 1;
  if (!strchr("eEbBxXnNuU", *at) || at[length] != '\'')
    return false;
  put(scan, at, length);
  scan->at += length;
  literal(scan, *at == 'e' || *at == 'E');
  return true;
}

/* Copies a number, or any other character. */
static void other(struct scan *scan) {
  const char *begin = scan->at;
  if (*begin == ';') {
    scan->first[0] = scan->second[0] = '\0';
    scan->secret = false;
  }
  if (is_digit(*begin)) /* "1e5", so that no name begins within it */
    while (is_digit(*scan->at) || is_letter(*scan->at) || *scan->at == '.')
      scan->at++;
  else
    scan->at++;
  put(scan, begin, (size_t)(scan->at - begin));
}

/* Where a secret must follow: whether it is there without quotes, which is an error in SQL but is
 * shown as well. Its end is not certain. */
static bool is_bare_secret(const struct scan *scan) {
  static const char *const harmless[] = {"null", "to", "default"};
  char word[WORD_SIZE];
  keep_word(word, scan->at, word_length(scan->at));
  return scan->secret && !is_space(*scan->at) && !strchr("=;", *scan->at) &&
         !is_word(word, harmless, sizeof harmless / sizeof *harmless);
}

static void bare_secret(struct scan *scan) {
  put_mask(scan);
  scan->at += strlen(scan->at);
}

static void step(struct scan *scan) {
  const char *at = scan->at;
  size_t tag = *at == '$' ? dollar_tag(at) : 0;
  if (*at == '\'')
    literal(scan, false);
  else if (tag > 0)
    dollar_literal(scan, tag);
  else if (at[0] == '-' && at[1] == '-')
    line_comment(scan);
  else if (at[0] == '/' && at[1] == '*')
    block_comment(scan);
  else if (is_letter(*at) && prefixed(scan))
    return;
  else if (is_bare_secret(scan))
    bare_secret(scan);
  else if (*at == '"')
    quoted_name(scan);
  else if (is_letter(*at))
    word(scan);
  else
    other(scan);
}

size_t statement_without_literals(char *out, size_t size, const char *text) {
  struct scan scan = {.at = text, .out = out, .size = size};
  while (*scan.at && scan.used + 1 < size)
    step(&scan);
  out[scan.used] = '\0';
  return scan.used;
}

/* ---- the screen */

bool statement_has_secret(const char *text) {
  static const char *const signs[] = {"passw", "pwd",    "secret",  "token",
                                      "crypt", "apikey", "api_key", "://"};
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
    if (strcasestr(text, signs[i]))
      return true;
  return false;
}

size_t statement_for_screen(char *out, size_t size, const char *text) {
  if (statement_has_secret(text))
    return statement_without_literals(out, size, text);
  size_t length = strnlen(text, size - 1);
  memcpy(out, text, length);
  out[length] = '\0';
  return length;
}

/* ---- what it is */

size_t statement_parameters(const char *text) {
  char none[1];
  size_t most = 0;
  struct scan scan = {.at = text, .out = none, .size = sizeof none};
  for (; *scan.at; step(&scan)) {
    size_t number = 0;
    for (const char *at = scan.at + 1; *scan.at == '$' && is_digit(*at) && number < 65536; at++)
      number = number * 10 + (size_t)(*at - '0');
    most = number > most ? number : most;
  }
  return most;
}

bool statement_has_plan(const char *text, char verb[STATEMENT_VERB_MAX]) {
  static const char *const planned[] = {"SELECT", "INSERT", "UPDATE", "DELETE",
                                        "MERGE",  "VALUES", "WITH",   "TABLE"};
  char none[1];
  struct scan scan = {.at = text, .out = none, .size = sizeof none};
  while (*scan.at && !is_letter(*scan.at) &&
         (is_space(*scan.at) || *scan.at == '(' || strncmp(scan.at, "--", 2) == 0 ||
          strncmp(scan.at, "/*", 2) == 0))
    step(&scan);
  const size_t length = word_length(scan.at);
  size_t used = 0;
  for (; used < length && used < STATEMENT_VERB_MAX - 1; used++)
    verb[used] = (char)toupper((unsigned char)scan.at[used]);
  verb[used] = '\0';
  return used == length && is_word(verb, planned, sizeof planned / sizeof *planned);
}
