#include "collectors/dns/dns_rows.h"

#include "core/text/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum dns_column {
#define COLUMN(name, ...) name,
#include "dns.def"
#undef COLUMN
  DNS_COLUMN_COUNT
};

static const struct column_spec columns[DNS_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "dns.def"
#undef COLUMN
};

const struct table_spec dns_table = {
    .id = "lookups", .title = "Lookups", .columns = columns, .column_count = DNS_COLUMN_COUNT};

enum { SHOWN_MAX = 160 };

/* ", and more" always fits. */
static void join(char out[DNS_ANSWERS_SIZE], const struct dns_records *records, bool *more) {
  const size_t size = DNS_ANSWERS_SIZE - 16;
  size_t used = 0;
  *out = '\0';
  *more = records->more;
  for (size_t i = 0; i < records->count; i++) {
    const size_t len = strlen(records->texts[i]);
    if (used + len + 3 > size) {
      *more = true;
      break;
    }
    used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", records->texts[i]);
  }
  if (*more)
    snprintf(out + used, DNS_ANSWERS_SIZE - used, ", and more");
}

/* A name ends with a dot or not, and has no case. */
static bool same_value(const char *answer, const char *wanted) {
  size_t len = strlen(wanted);
  if (len > 1 && wanted[len - 1] == '.')
    len--;
  return strlen(answer) == len && strncasecmp(answer, wanted, len) == 0;
}

static bool is_expected(const struct dns_records *records, const struct dns_wanted *wanted) {
  bool met[DNS_RECORDS_MAX] = {false};
  if (wanted->expect_count == 0)
    return true;
  if (records->more || records->count != wanted->expect_count)
    return false;
  for (size_t i = 0; i < records->count; i++) {
    size_t j = 0;
    while (j < records->count && (met[j] || !same_value(records->texts[i], wanted->expect[j])))
      j++;
    if (j == records->count)
      return false;
    met[j] = true;
  }
  return true;
}

void dns_said_take(struct dns_said *said, const struct dns_wanted *wanted,
                   const struct dns_records *records, const struct err *err) {
  said->known = records != NULL;
  if (!records) {
    said->err = *err;
    return;
  }
  said->ttl_s = records->ttl_s;
  said->count = records->count;
  said->expected = is_expected(records, wanted);
  join(said->answers, records, &said->more);
  snprintf(said->alias, sizeof said->alias, "%s", records->alias);
}

/* ---- what is wrong */

/* The words of io/net/dns.h for the codes of an answer. */
static const char *state_of(const struct dns_said *said) {
  const char *text = said->err.text;
  if (said->known)
    return "ok";
  switch (said->err.kind) {
  case ERR_UNRESOLVED:
    return strstr(text, "NXDOMAIN") ? "NXDOMAIN" : "no record";
  case ERR_TIMEOUT:
    return "timeout";
  case ERR_REFUSED:
    return "closed";
  case ERR_DENIED:
    return "REFUSED";
  default:
    return strstr(text, "SERVFAIL") ? "SERVFAIL" : strstr(text, "NOTIMP") ? "NOTIMP" : "error";
  }
}

/* The answer that most give, of as many the first; NULL: there is none. */
static const char *most_common(const struct dns_said *said, size_t count) {
  const char *found = NULL;
  size_t best = 0;
  for (size_t i = 0; i < count; i++) {
    size_t same = 0;
    for (size_t j = 0; j < count; j++)
      same += said[i].known && said[j].known && strcmp(said[i].answers, said[j].answers) == 0;
    if (same > best) {
      best = same;
      found = said[i].answers;
    }
  }
  return found;
}

static void list(char out[SHOWN_MAX], const struct dns_wanted *wanted) {
  size_t used = 0;
  *out = '\0';
  for (size_t i = 0; i < wanted->expect_count && used < SHOWN_MAX - 1; i++)
    used += (size_t)snprintf(out + used, SHOWN_MAX - used, "%s%s", i > 0 ? ", " : "",
                             wanted->expect[i]);
}

/* Why, or NULL. `usual`: what most answer. */
static const char *judge(struct sample *sample, const struct dns_wanted *wanted,
                         const struct dns_said *said, const char *usual, enum severity *severity) {
  char expected[SHOWN_MAX];
  if (!said->known) {
    /* another one answers: clients get on, if late. That it does not exist is an answer */
    *severity = said->err.kind == ERR_LIMIT                 ? SEVERITY_UNKNOWN
                : usual && said->err.kind != ERR_UNRESOLVED ? SEVERITY_WARN
                                                            : SEVERITY_CRIT;
    return usual ? sample_printf(sample, "%s; others answer %.*s", said->err.text, SHOWN_MAX, usual)
                 : sample_copy(sample, said->err.text);
  }
  if (!said->expected) {
    list(expected, wanted);
    *severity = SEVERITY_CRIT;
    return sample_printf(sample, "answers %.*s (expected %s)", SHOWN_MAX, said->answers, expected);
  }
  if (wanted->same && usual && strcmp(usual, said->answers) != 0) {
    *severity = SEVERITY_WARN;
    return sample_printf(sample, "answers %.*s, others answer %.*s", SHOWN_MAX, said->answers,
                         SHOWN_MAX, usual);
  }
  return NULL;
}

/* ---- rows */

static void row_fill(struct sample *sample, struct row *row, const struct dns_wanted *wanted,
                     const struct dns_said *said, bool several) {
  row->cells[DNS_NAME] = value_text(several ? sample_printf(sample, "@%s", said->server)
                                            : sample_copy(sample, wanted->name));
  row->cells[DNS_LOOKUP] = value_text(sample_copy(sample, wanted->lookup));
  row->cells[DNS_RESOLVER] = value_text(sample_copy(sample, said->server));
  row->cells[DNS_STATE] = value_text(state_of(said));
  if (!said->known) {
    row->cells[DNS_TIME] = row->cells[DNS_ANSWERS] = value_none("no answer");
    return;
  }
  row->cells[DNS_TIME] = value_real((double)said->took_us / 1e6);
  if (said->ttl_s >= 0)
    row->cells[DNS_TTL] = value_int(said->ttl_s);
  row->cells[DNS_COUNT] = value_int((int64_t)said->count);
  if (said->more)
    row->cells[DNS_COUNT] = value_at_least(row->cells[DNS_COUNT]);
  row->cells[DNS_ANSWERS] = value_text(sample_copy(sample, said->answers));
  if (*said->alias)
    row->cells[DNS_ALIAS] = value_text(sample_copy(sample, said->alias));
}

void dns_rows_add(struct sample *sample, const struct dns_wanted *wanted,
                  const struct dns_said *said, size_t count) {
  struct table *table = sample_table(sample, dns_table.id);
  const char *usual = most_common(said, count);
  for (size_t i = 0; i < count; i++) {
    struct row *row = sample_row(sample, table, said[i].server, NULL);
    if (!row)
      return;
    row_fill(sample, row, wanted, &said[i], count > 1);
    const char *reason = judge(sample, wanted, &said[i], usual, &row->severity);
    if (!reason)
      continue;
    char shown[SAMPLE_TEXT_MAX];
    text_sanitize(shown, sizeof shown, reason, strlen(reason), false);
    row->reason = sample_copy(sample, shown);
    row->cells[DNS_ERROR] = value_text(row->reason);
  }
}
