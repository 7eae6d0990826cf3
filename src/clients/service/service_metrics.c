#include "clients/service/service_metrics.h"

#include "clients/service/service_request.h"
#include "core/mem.h"

#include <string.h>
#include <strings.h>

static bool ids_differ(const struct option_value *series, struct err *err) {
  char ids[SERIES_MAX][SERIES_TITLE_MAX + 1];
  for (size_t i = 0; i < series->item_count; i++) {
    service_series_id(series->names[i], ids[i]);
    for (size_t j = 0; j < i; j++)
      if (strcmp(ids[i], ids[j]) == 0)
        return err_set(err, ERR_INVALID, "the series %.24s and %.24s have titles too much alike",
                       series->names[j], series->names[i]);
    if (strcmp(ids[i], "name") == 0)
      return err_set(err, ERR_INVALID, "a series cannot have the title %.24s", series->names[i]);
  }
  return true;
}

bool service_metrics_check(const struct target *target, struct err *err) {
  const struct option_value *series = target_option(target, "series");
  const bool has_url = target_text(target, "metrics");
  if (series->item_count > SERIES_MAX)
    return err_set(err, ERR_INVALID, "more than %d series", SERIES_MAX);
  if (series->item_count > 0 && !has_url)
    return err_set(err, ERR_INVALID, "series needs metrics, the URL of the page");
  if (has_url && series->item_count == 0)
    return err_set(err, ERR_INVALID, "metrics needs series: which figures to show");
  return ids_differ(series, err);
}

static bool same_place(const char *one, const char *other) {
  struct http_place a, b;
  return one && other && http_place_read(one, &a, NULL) && http_place_read(other, &b, NULL) &&
         a.tls == b.tls && a.port == b.port && strcasecmp(a.host, b.host) == 0;
}

struct http_query service_metrics_request(const struct target *target,
                                          struct http_header **headers) {
  struct http_query query = service_request(target, headers);
  const char *url = target_text(target, "metrics");
  size_t kept = 0;
  query.url = url;
  query.method = query.body = NULL;
  query.keep = true;
  query.body_max = METRICS_BYTES_MAX;
  if (!same_place(url, target_text(target, "health"))) {
    query.bearer = query.host = NULL;
    query.header_count = 0;
  }
  for (size_t i = 0; i < query.header_count; i++) /* they are for a request with a body */
    if (strcasecmp((*headers)[i].name, "Accept") != 0 &&
        strcasecmp((*headers)[i].name, "Content-Type") != 0)
      (*headers)[kept++] = (*headers)[i];
  (*headers)[kept] = (struct http_header){
      "Accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"};
  query.header_count = kept + 1;
  return query;
}

static bool has_type(const char *headers, const char *type) {
  static const char name[] = "Content-Type:";
  for (const char *line = headers; *line; line += strcspn(line, "\n"), line += *line == '\n') {
    if (strncasecmp(line, name, sizeof name - 1) != 0)
      continue;
    line += sizeof name - 1;
    line += strspn(line, " \t");
    return strncasecmp(line, type, strlen(type)) == 0;
  }
  return false;
}

bool service_metrics_answer(const struct http_result *result, bool *strict, struct err *err) {
  if (result->status != 200)
    return err_set(err, ERR_PROTOCOL, "answers %d", result->status);
  if (result->body_cut)
    return err_set(err, ERR_PROTOCOL, "the page is larger than %d MB", METRICS_BYTES_MAX >> 20);
  *strict = has_type(result->headers, "application/openmetrics-text");
  return true;
}
