#include "clients/web/metrics_page.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct scan {
  const char *at, *end; /* of the line */
  bool wanted;
  struct page_sample sample;
  char values[PAGE_VALUES_MAX];
  size_t values_len;
};

bool page_text_is(struct page_text text, const char *wanted) {
  return strlen(wanted) == text.len && memcmp(text.text, wanted, text.len) == 0;
}

static bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static void skip_blanks(struct scan *scan) {
  while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t'))
    scan->at++;
}

static bool take(struct scan *scan, char c) {
  if (scan->at == scan->end || *scan->at != c)
    return false;
  scan->at++;
  return true;
}

static bool take_name(struct scan *scan, struct page_text *name) {
  name->text = scan->at;
  if (scan->at == scan->end || !is_name_start(*scan->at))
    return false;
  while (scan->at < scan->end && (is_name_start(*scan->at) || is_digit(*scan->at)))
    scan->at++;
  name->len = (size_t)(scan->at - name->text);
  return true;
}

/* What stands between two quotes; *escaped where it holds a \. */
static bool take_quoted(struct scan *scan, struct page_text *raw, bool *escaped) {
  *escaped = false;
  if (!take(scan, '"'))
    return false;
  raw->text = scan->at;
  for (; scan->at < scan->end && *scan->at != '"'; scan->at++) {
    if (*scan->at != '\\')
      continue;
    *escaped = true;
    if (++scan->at == scan->end)
      return false;
  }
  raw->len = (size_t)(scan->at - raw->text);
  return take(scan, '"');
}

/* \\, \" and \n; the backslash of others is kept, as Prometheus does. */
static bool unescape(struct scan *scan, struct page_text *value) {
  char *out = scan->values + scan->values_len;
  size_t len = 0;
  if (value->len > sizeof scan->values - scan->values_len)
    return false;
  for (size_t i = 0; i < value->len; i++) {
    const char c = value->text[i], next = i + 1 < value->len ? value->text[i + 1] : '\0';
    if (c != '\\' || (next != '\\' && next != '"' && next != 'n')) {
      out[len++] = c;
      continue;
    }
    out[len++] = next == 'n' ? '\n' : next;
    i++;
  }
  scan->values_len += len;
  *value = (struct page_text){out, len};
  return true;
}

static bool take_label(struct scan *scan) {
  struct page_label label;
  bool escaped;
  if (!take_name(scan, &label.name))
    return false;
  skip_blanks(scan);
  if (!take(scan, '='))
    return false;
  skip_blanks(scan);
  if (!take_quoted(scan, &label.value, &escaped))
    return false;
  if (!scan->wanted)
    return true;
  if (scan->sample.label_count == PAGE_LABELS_MAX || (escaped && !unescape(scan, &label.value)))
    return false;
  scan->sample.labels[scan->sample.label_count++] = label;
  return true;
}

/* "{a="b",c="d"}"; a comma may follow the last one. */
static bool take_labels(struct scan *scan) {
  skip_blanks(scan);
  while (!take(scan, '}')) {
    if (!take_label(scan))
      return false;
    skip_blanks(scan);
    if (!take(scan, ',')) {
      if (!take(scan, '}'))
        return false;
      break;
    }
    skip_blanks(scan);
  }
  return true;
}

/* Numbers as Go writes them: 12, -1.5e+09, NaN, +Inf. strtod would take 0x1p3 and "nan(...)" too.
 */
static bool take_number(struct scan *scan, double *number) {
  static const char allowed[] = "+-.0123456789eEINFTYAinftya";
  const char *start = scan->at;
  bool letters = false, digits = false;
  for (; scan->at < scan->end && *scan->at != ' ' && *scan->at != '\t'; scan->at++) {
    if (!memchr(allowed, *scan->at, sizeof allowed - 1))
      return false;
    digits = digits || is_digit(*scan->at);
    letters = letters || (*scan->at >= 'A' && *scan->at != 'E' && *scan->at != 'e');
  }
  if (scan->at == start || digits == letters) /* a number or a word, not both or neither */
    return false;
  char *end;
  *number = strtod(start, &end); /* stops at the blank or at the end of the line */
  return end == scan->at;
}

/* " # {trace_id="..."} 0.67 1520879607.789": an exemplar */
static bool take_exemplar(struct scan *scan) {
  double number;
  scan->wanted = false;
  skip_blanks(scan);
  if (!take(scan, '{') || !take_labels(scan))
    return false;
  skip_blanks(scan);
  if (!take_number(scan, &number))
    return false;
  skip_blanks(scan);
  return scan->at == scan->end || take_number(scan, &number);
}

static bool take_sample(struct scan *scan, const struct page_reader *reader) {
  double timestamp;
  struct page_sample *sample = &scan->sample;
  sample->label_count = scan->values_len = 0;
  if (!take_name(scan, &sample->name))
    return false;
  const bool wanted = scan->wanted = reader->wants(reader->arg, sample->name);
  const char *after = scan->at;
  skip_blanks(scan);
  if (take(scan, '{')) {
    if (!take_labels(scan))
      return false;
  } else if (scan->at == after) {
    return false; /* a blank has to come before the value */
  }
  skip_blanks(scan);
  if (!take_number(scan, &sample->value))
    return false;
  skip_blanks(scan);
  if (scan->at < scan->end && *scan->at != '#' && !take_number(scan, &timestamp))
    return false;
  skip_blanks(scan);
  if (take(scan, '#') && !take_exemplar(scan))
    return false;
  skip_blanks(scan);
  if (scan->at < scan->end)
    return false;
  if (wanted)
    reader->sample(reader->arg, sample);
  return true;
}

static enum page_type type_of(struct page_text word) {
  static const char *const words[] = {[PAGE_COUNTER] = "counter",
                                      [PAGE_GAUGE] = "gauge",
                                      [PAGE_HISTOGRAM] = "histogram",
                                      [PAGE_SUMMARY] = "summary"};
  for (int i = PAGE_COUNTER; i <= PAGE_SUMMARY; i++)
    if (page_text_is(word, words[i]))
      return (enum page_type)i;
  return page_text_is(word, "untyped") || page_text_is(word, "unknown") ? PAGE_UNTYPED : PAGE_OTHER;
}

/* Any comment is allowed; two of them mean something. */
static void take_comment(struct scan *scan, const struct page_reader *reader,
                         struct page_facts *facts) {
  struct page_text name;
  static const char eof[] = "# EOF", type[] = "# TYPE ";
  const size_t len = (size_t)(scan->end - scan->at);
  if (len == sizeof eof - 1 && memcmp(scan->at, eof, len) == 0)
    facts->ended = true;
  if (len < sizeof type || memcmp(scan->at, type, sizeof type - 1) != 0)
    return;
  scan->at += sizeof type - 1;
  skip_blanks(scan);
  if (!take_name(scan, &name))
    return;
  skip_blanks(scan);
  reader->type(reader->arg, name,
               type_of((struct page_text){scan->at, (size_t)(scan->end - scan->at)}));
}

static bool not_metrics(size_t line, const char *text, size_t len, struct err *err) {
  enum { QUOTED = 60 };
  return err_set(err, ERR_PROTOCOL, "line %zu is not a metric: %.*s%s", line,
                 (int)(len < QUOTED ? len : QUOTED), text, len > QUOTED ? "..." : "");
}

bool metrics_page_read(const char *text, size_t len, const struct page_reader *reader,
                       struct page_facts *facts, struct err *err) {
  struct scan scan;
  const char *const end = text + len;
  size_t line = 0;
  *facts = (struct page_facts){0};
  for (const char *next, *start = text; start < end; start = next) {
    const char *stop = memchr(start, '\n', (size_t)(end - start));
    next = stop ? stop + 1 : end;
    stop = stop ? stop : end;
    line++;
    while (stop > start && (stop[-1] == '\r' || stop[-1] == ' ' || stop[-1] == '\t'))
      stop--;
    scan.at = start;
    scan.end = stop;
    skip_blanks(&scan);
    if (scan.at == stop)
      continue;
    if (facts->ended)
      return err_set(err, ERR_PROTOCOL, "line %zu follows \"# EOF\"", line);
    if (*scan.at == '#') {
      take_comment(&scan, reader, facts);
      continue;
    }
    if (!take_sample(&scan, reader))
      return not_metrics(line, start, (size_t)(stop - start), err);
    facts->samples++;
  }
  return true;
}
