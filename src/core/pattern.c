#include "core/pattern.h"

#include "core/mem.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

/* PATTERN_MAX: of its source. MATCH_MAX: steps of one search in one line, some 10 ms. */
enum { PATTERN_MAX = 4096, MATCH_MAX = 1000000, DEPTH_MAX = 100000, HEAP_MAX_KB = 8192 };

struct pattern {
  char *source;
  enum pattern_case how;
  pcre2_code *code;
  pcre2_match_data *match;
  pcre2_match_context *context;
  bool by_line;  /* it may miss in many lines what it finds in each */
  char *literal; /* it means no more than this text, of this case; NULL: it means more */
  size_t rarest; /* of the literal: the place of the byte to look for */
};

/* Letters after a backslash are classes (\S, \W), not letters. */
static bool has_upper(const char *text) {
  for (; *text; text++) {
    if (*text == '\\' && text[1])
      text++;
    else if (isupper((unsigned char)*text))
      return true;
  }
  return false;
}

static bool has_letter(const char *text) {
  for (; *text; text++)
    if (isalpha((unsigned char)*text) || (unsigned char)*text >= 0x80)
      return true;
  return false;
}

/* (?:...) (?i) (?-i) (?<name>...): groups that only group. */
static bool group_is_plain(const char *rest) {
  static const char *const plain[] = {":", "i)", "i:", "-i)", "-i:"};
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
    if (strncmp(rest, plain[i], strlen(plain[i])) == 0)
      return true;
  return rest[0] == '<' && isalpha((unsigned char)rest[1]);
}

/* Has an anchor of the whole text, or something that the line before or after could forbid: a
 * negative look-around ("failed(?!\s)"), what gives nothing back ("\s*+$"), "(?-m)". */
static bool is_by_line(const char *text) {
  for (; *text; text++) {
    if (*text == '\\' && text[1]) {
      if (strchr("AzZGK", *++text))
        return true;
    } else if (text[0] == '(' &&
               (text[1] == '*' || (text[1] == '?' && !group_is_plain(text + 2)))) {
      return true;
    }
    if (text[1] == '+' && strchr("*+?}", *text))
      return true;
  }
  return false;
}

/* The text of a pattern without any operator; a backslash before punctuation is none. */
static char *literal_of(const char *text) {
  char *literal = mem_new(strlen(text) + 1);
  size_t at = 0;
  for (; *text; text++) {
    if (*text == '\\' && ispunct((unsigned char)text[1]))
      text++;
    else if (strchr("\\^$.[]|()?*+{}", *text)) {
      free(literal);
      return NULL;
    }
    literal[at++] = *text;
  }
  return literal;
}

/* Bytes of logs, the most frequent first. */
static size_t rank_of(char c) {
  static const char frequent[] = " e0ta1oi2nrs3d4l5c6u7m8p9hg.-:/fbyOINF=[],_\"wvkx()TAER";
  const char *found = c ? strchr(frequent, c) : NULL;
  return found ? (size_t)(found - frequent) : sizeof frequent;
}

static size_t rarest_of(const char *literal) {
  size_t best = 0;
  for (size_t i = 1; literal[0] && literal[i]; i++)
    if (rank_of(literal[i]) > rank_of(literal[best]))
      best = i;
  return best;
}

static bool pattern_compile(struct pattern *pattern, bool ignore, struct err *err) {
  int code = 0;
  PCRE2_SIZE at = 0;
  const uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C |
                           PCRE2_MULTILINE | (ignore ? PCRE2_CASELESS : 0);
  pattern->code =
      pcre2_compile((PCRE2_SPTR)pattern->source, PCRE2_ZERO_TERMINATED, options, &code, &at, NULL);
  if (!pattern->code) {
    PCRE2_UCHAR message[160] = "";
    pcre2_get_error_message(code, message, sizeof message);
    return err_set(err, ERR_INVALID, "at character %zu: %s", (size_t)at + 1, (char *)message);
  }
  /* Without it (a kernel may forbid memory that is written and run) it is slower. */
  (void)pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
  pattern->match = pcre2_match_data_create(1, NULL);
  pattern->context = pcre2_match_context_create(NULL);
  if (!pattern->match || !pattern->context)
    mem_failed();
  pcre2_set_match_limit(pattern->context, MATCH_MAX);
  pcre2_set_depth_limit(pattern->context, DEPTH_MAX);
  pcre2_set_heap_limit(pattern->context, HEAP_MAX_KB);
  return true;
}

struct pattern *pattern_new(const char *text, enum pattern_case how, struct err *err) {
  if (strlen(text) > PATTERN_MAX) {
    err_set(err, ERR_LIMIT, "the pattern is longer than %d bytes", PATTERN_MAX);
    return NULL;
  }
  struct pattern *pattern = mem_new(sizeof *pattern);
  *pattern = (struct pattern){.source = mem_dup(text), .how = how, .by_line = is_by_line(text)};
  const bool ignore =
      how == PATTERN_CASE_IGNORED || (how == PATTERN_CASE_SMART && !has_upper(text));
  if (!pattern_compile(pattern, ignore, err)) {
    pattern_free(pattern);
    return NULL;
  }
  static const char exact[] = "(?-i)";
  const bool is_exact = strncmp(text, exact, sizeof exact - 1) == 0;
  if (is_exact || !ignore || !has_letter(text))
    pattern->literal = literal_of(is_exact ? text + sizeof exact - 1 : text);
  pattern->rarest = pattern->literal ? rarest_of(pattern->literal) : 0;
  return pattern;
}

void pattern_free(struct pattern *pattern) {
  if (!pattern)
    return;
  pcre2_code_free(pattern->code);
  pcre2_match_data_free(pattern->match);
  pcre2_match_context_free(pattern->context);
  free(pattern->literal);
  free(pattern->source);
  free(pattern);
}

struct pattern *pattern_dup(const struct pattern *pattern) {
  struct pattern *copy = pattern_new(pattern->source, pattern->how, NULL);
  if (!copy)
    mem_failed(); /* it was valid */
  return copy;
}

const char *pattern_source(const struct pattern *pattern) {
  return pattern->source;
}

/* memchr takes many bytes at once, and is the fastest while it finds little else. */
enum { RARE_TRIES = 64, RARE_STEP = 64 };

static bool literal_find(const struct pattern *pattern, const char *text, size_t len, size_t from,
                         struct pattern_span *span) {
  const char *literal = pattern->literal, *found = NULL;
  const size_t size = strlen(literal), rarest = pattern->rarest;
  size_t at = from, checked = from;
  if (size > len - from)
    return false;
  for (size_t tries = 0; size > 0 && !found; tries++) {
    if (tries > 0 && tries % RARE_TRIES == 0) {
      if (at - checked < (size_t)RARE_TRIES * RARE_STEP)
        break; /* its byte was found too often: what is left is searched otherwise */
      checked = at;
    }
    if (size > len - at)
      return false;
    const char *byte = memchr(text + at + rarest, literal[rarest], len - at - size + 1);
    if (!byte)
      return false;
    if (memcmp(byte - rarest, literal, size) == 0)
      found = byte - rarest;
    at = (size_t)(byte - rarest - text) + 1;
  }
  if (!found)
    found = memmem(text + at, len - at, literal, size);
  if (!found)
    return false;
  span->start = (size_t)(found - text);
  span->end = span->start + size;
  return true;
}

static int find(const struct pattern *pattern, const char *text, size_t len, size_t from,
                struct pattern_span *span) {
  if (from > len)
    return 0;
  if (pattern->literal)
    return literal_find(pattern, text, len, from, span);
  int found =
      pcre2_match(pattern->code, (PCRE2_SPTR)text, len, from, 0, pattern->match, pattern->context);
  /* compiled code has a small stack of its own, which a long line may exceed */
  if (found == PCRE2_ERROR_JIT_STACKLIMIT)
    found = pcre2_match(pattern->code, (PCRE2_SPTR)text, len, from, PCRE2_NO_JIT, pattern->match,
                        pattern->context);
  if (found < 0)
    return found == PCRE2_ERROR_NOMATCH ? 0 : -1;
  const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(pattern->match);
  *span = (struct pattern_span){.start = ends[0], .end = ends[1] > ends[0] ? ends[1] : ends[0]};
  return 1;
}

bool pattern_find(const struct pattern *pattern, const char *text, size_t len, size_t from,
                  struct pattern_span *span) {
  return find(pattern, text, len, from, span) == 1;
}

int pattern_search(const struct pattern *pattern, const char *text, size_t len, size_t from,
                   struct pattern_span *span) {
  return find(pattern, text, len, from, span);
}

bool pattern_is_literal(const struct pattern *pattern) {
  return pattern->literal;
}

int pattern_scan(const struct pattern *pattern, const char *text, size_t len, size_t from,
                 struct pattern_span *span) {
  return pattern->by_line ? -1 : find(pattern, text, len, from, span);
}
