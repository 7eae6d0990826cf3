#include "clients/elasticsearch/elasticsearch_query.h"

#include "core/json/json_tree.h"
#include "core/mem.h"
#include "core/quantity.h"
#include "core/text/name.h"
#include "core/text/text.h"
#include "model/judge/rules.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 128 };
static const int64_t window_default_ms = 15 * (int64_t)60000;

static bool window_parse(const char *text, int64_t *window_ms, struct err *err) {
  *window_ms = 0;
  return strcmp(text, "all") == 0 ||
         duration_parse_within(text, 1000, 3660LL * 86400000, window_ms, err);
}

/* *is_one: it is a clause. */
static bool clause_take(const char *name, const char *value, struct elasticsearch_query *query,
                        bool *is_one, struct err *err) {
  struct threshold *threshold = &query->threshold;
  *is_one = true;
  if (strcmp(name, "window") == 0)
    return window_parse(value, &query->window_ms, err);
  if (strcmp(name, "warn") == 0)
    return threshold->has_warn = quantity_parse_in(UNIT_COUNT, value, &threshold->warn, err);
  if (strcmp(name, "crit") == 0)
    return threshold->has_crit = quantity_parse_in(UNIT_COUNT, value, &threshold->crit, err);
  *is_one = strcmp(name, "field") == 0;
  if (*is_one) {
    free(query->field);
    query->field = mem_dup(value);
  }
  return true;
}

/* False with err; *end is where what is searched ends. */
static bool clauses_take(const char *text, size_t *end, struct elasticsearch_query *query,
                         struct err *err) {
  for (;;) {
    char value[WORD_MAX], name[WORD_MAX];
    size_t at = *end;
    bool is_one = false;
    struct err why;
    if (!text_last_word(text, &at, value, sizeof value))
      return true;
    if (strcmp(value, "below") == 0) {
      query->threshold.below = true;
      *end = at;
      continue;
    }
    if (!text_last_word(text, &at, name, sizeof name))
      return true;
    if (!clause_take(name, value, query, &is_one, &why))
      return err_set(err, ERR_INVALID, "%s: %.200s", name, why.text);
    if (!is_one)
      return true;
    *end = at;
  }
}

static json_t *search_of(const char *text, struct err *err) {
  static const struct json_limits limits = {
      .bytes = 2 * ELASTICSEARCH_QUERY_MAX, .values = 1000, .depth = 32, .without_nul = true};
  struct err why;
  if (*text != '{')
    return json_pack("{s:{s:s, s:s}}", "query_string", "query", *text ? text : "*",
                     "default_operator", "AND");
  json_t *json = json_tree_new(text, strlen(text), &limits, &why);
  if (!json)
    err_set(err, ERR_INVALID, "the query is not JSON: %.180s", why.text);
  return json;
}

static bool body_make(struct elasticsearch_query *query, struct err *err) {
  json_t *search = search_of(query->query, err);
  if (!search)
    return err->kind != ERR_NONE ? false
                                 : err_set(err, ERR_INVALID, "the query is not a text in UTF-8");
  json_t *filters = json_array();
  json_array_append_new(filters, search);
  if (query->window_ms > 0) {
    char since[48];
    snprintf(since, sizeof since, "now-%llds", (long long)(query->window_ms / 1000));
    json_array_append_new(filters, json_pack("{s:{s:{s:s}}}", "range", query->field, "gte", since));
  }
  json_t *body = json_pack("{s:{s:{s:o}}}", "query", "bool", "filter", filters);
  query->body = json_dumps(body, JSON_COMPACT);
  json_decref(body);
  return query->body || err_set(err, ERR_INVALID, "the query cannot be written as JSON");
}

static bool index_check(const char *index, struct err *err) {
  return (*index && strlen(index) < ELASTICSEARCH_INDEX_MAX && !strpbrk(index, "/?#%\"\\<>|")) ||
         err_set(err, ERR_INVALID, "\"%.80s\" is not an index or a pattern such as logs-*", index);
}

bool elasticsearch_query_parse(const char *text, struct elasticsearch_query *query,
                               struct err *err) {
  struct err own = {0};
  size_t end = strlen(text);
  *query = (struct elasticsearch_query){.window_ms = window_default_ms};
  query->field = mem_dup("@timestamp");
  bool good = end <= ELASTICSEARCH_QUERY_MAX ||
              err_set(&own, ERR_LIMIT, "a query has at most %d bytes", ELASTICSEARCH_QUERY_MAX);
  good = good && clauses_take(text, &end, query, &own);
  const char *first = text + strspn(text, " \t\r\n"), *stop = text + end;
  const size_t index = first < stop ? strcspn(first, " \t\r\n") : 0;
  query->index = mem_printf("%.*s", (int)index, first);
  const char *search = first + index + strspn(first + index, " \t\r\n");
  if (search > stop)
    search = stop;
  query->query = mem_printf("%.*s", (int)text_trim_end(search, (size_t)(stop - search)), search);
  good = good && index_check(query->index, &own) && threshold_check(&query->threshold, &own) &&
         body_make(query, &own);
  if (good)
    return true;
  elasticsearch_query_fini(query);
  return err_set(err, own.kind, "%s", own.text);
}

void elasticsearch_query_fini(struct elasticsearch_query *query) {
  free(query->index);
  free(query->query);
  free(query->field);
  free(query->body);
  *query = (struct elasticsearch_query){0};
}

bool elasticsearch_query_check(const char *text, struct err *err) {
  struct elasticsearch_query query;
  if (!elasticsearch_query_parse(text, &query, err))
    return false;
  elasticsearch_query_fini(&query);
  return true;
}

bool elasticsearch_query_name_check(const char *name, struct err *err) {
  return name_check(name, "query", ELASTICSEARCH_NAME_MAX, err);
}
