#include "clients/prometheus/prometheus_query.h"

#include "clients/prometheus/prometheus_contract.h"
#include "core/mem.h"
#include "core/quantity.h"
#include "core/text/name.h"
#include "core/text/text.h"
#include "model/judge/rules.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 64 };

static bool has_value(const char *word) {
  return strcmp(word, "unit") == 0 || strcmp(word, "warn") == 0 || strcmp(word, "crit") == 0;
}

/* The clauses from the last to the first; limits are read when the unit is known. */
struct clauses {
  char unit[WORD_MAX], warn[WORD_MAX], crit[WORD_MAX];
  bool below;
};

/* The length of the expression before them. */
static size_t clauses_split(const char *text, struct clauses *clauses) {
  size_t end = strlen(text);
  for (;;) {
    char last[WORD_MAX], word[WORD_MAX];
    size_t at = end;
    if (!text_last_word(text, &at, last, sizeof last))
      return end;
    if (strcmp(last, "below") == 0) {
      clauses->below = true;
      end = at;
      continue;
    }
    if (!text_last_word(text, &at, word, sizeof word) || !has_value(word))
      return end;
    char *into = *word == 'u' ? clauses->unit : *word == 'w' ? clauses->warn : clauses->crit;
    memcpy(into, last, sizeof last);
    end = at;
  }
}

static bool limit_parse(const struct prometheus_query *query, const char *name, const char *text,
                        bool *has, double *limit, struct err *err) {
  struct err why;
  if (!*text)
    return true;
  *has = true;
  if (query->unit == UNIT_TIME)
    return err_set(err, ERR_INVALID, "a point in time has no threshold");
  return quantity_parse_in(query->unit, text, limit, &why) ||
         err_set(err, ERR_INVALID, "%s: %.200s", name, why.text);
}

static bool clauses_take(const struct clauses *clauses, struct prometheus_query *query,
                         struct err *err) {
  struct threshold *threshold = &query->threshold;
  if (*clauses->unit && !unit_parse(clauses->unit, &query->unit))
    return err_set(err, ERR_INVALID,
                   "unknown unit \"%s\" (known: none, count, bytes, seconds, ratio, per_second, "
                   "bytes_per_second, time_ms)",
                   clauses->unit);
  threshold->below = clauses->below;
  if (!limit_parse(query, "warn", clauses->warn, &threshold->has_warn, &threshold->warn, err) ||
      !limit_parse(query, "crit", clauses->crit, &threshold->has_crit, &threshold->crit, err))
    return false;
  return threshold_check(threshold, err);
}

bool prometheus_expr_check(const char *text, struct err *err) {
  if (!text[strspn(text, " \t\r\n")])
    return err_set(err, ERR_INVALID, "the expression is empty");
  return strlen(text) <= PROMETHEUS_QUERY_MAX ||
         err_set(err, ERR_LIMIT, "an expression has at most %d bytes", PROMETHEUS_QUERY_MAX);
}

bool prometheus_query_parse(const char *text, struct prometheus_query *query, struct err *err) {
  struct clauses clauses = {0};
  *query = (struct prometheus_query){.unit = UNIT_NONE};
  const size_t length = text_trim_end(text, clauses_split(text, &clauses));
  query->expr = mem_printf("%.*s", (int)length, text);
  if (prometheus_expr_check(query->expr, err) && clauses_take(&clauses, query, err))
    return true;
  prometheus_query_fini(query);
  return false;
}

void prometheus_query_fini(struct prometheus_query *query) {
  free(query->expr);
  query->expr = NULL;
}

bool prometheus_query_check(const char *text, struct err *err) {
  struct prometheus_query query;
  if (!prometheus_query_parse(text, &query, err))
    return false;
  prometheus_query_fini(&query);
  return true;
}

bool prometheus_query_name_check(const char *name, struct err *err) {
  return name_check(name, "query", PROMETHEUS_NAME_MAX, err);
}

static bool is_beyond(const struct threshold *threshold, double number, double limit) {
  return threshold->below ? number < limit : number > limit;
}

enum severity prometheus_query_judge(const struct prometheus_query *query, double number,
                                     double *limit) {
  const struct threshold *threshold = &query->threshold;
  if (threshold->has_crit && is_beyond(threshold, number, threshold->crit)) {
    *limit = threshold->crit;
    return SEVERITY_CRIT;
  }
  if (!threshold->has_warn || !is_beyond(threshold, number, threshold->warn))
    return SEVERITY_OK;
  *limit = threshold->warn;
  return SEVERITY_WARN;
}
