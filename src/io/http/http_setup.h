/* Inside of io/http: what a query means to curl. */
#pragma once

#include "io/http/http_query.h"
#include "io/http/http_url.h"

#include <curl/curl.h>

/* What curl borrows for as long as the transfer lives. */
struct http_lists {
  struct curl_slist *headers;
  struct curl_slist *pinned;  /* addresses of names */
  struct curl_slist *instead; /* where to connect in place of the URL's host */
};
void http_lists_free(struct http_lists *lists);

/* place: the URL's; NULL where it is not valid, which curl then says. */
void http_setup(CURL *easy, const struct http_query *query, const struct http_place *place,
                struct http_lists *lists);
/* Appends to a list of curl's. */
void http_list_add(struct curl_slist **list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
