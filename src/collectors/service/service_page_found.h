/* What a page of metrics has for the operands of a service's series. Pure. */
#pragma once

#include "clients/service/service_series.h"

enum { FOUND_REASON_MAX = 192, FOUND_RUN_MAX = 48 };

/* A sample that matches an operand. */
struct found_entry {
  size_t operand;
  uint64_t key; /* of its labels, whatever their order; without le if it is a bucket */
  double most;  /* le of a bucket; otherwise 0 */
  double value;
};

struct found_operand {
  const struct series_operand *spec;
  bool named;                     /* the page has a metric with its name */
  unsigned labels;                /* service_selector_labels of all of them */
  size_t count;                   /* of its entries */
  bool typed;                     /* the page says its type */
  enum page_type type;            /* of its family */
  char wrong[FOUND_REASON_MAX];   /* why the page cannot answer the question; "": it can */
  char unknown[FOUND_REASON_MAX]; /* why it does not now; "": it does */
};

struct page_found {
  struct found_operand operands[2 * SERIES_MAX];
  size_t operand_count;
  struct found_entry *entries; /* in the order of found_compare */
  size_t count, capacity, most;
  char run[FOUND_RUN_MAX]; /* process_start_time_seconds, if it is there */
};

int found_compare(const void *a, const void *b);
/* An operand of each series after the other; entries beyond `most` are an error of their operand.
 */
void page_found_init(struct page_found *found, const struct service_series *series, size_t count,
                     size_t most);
bool page_found_read(struct page_found *found, const char *text, size_t len, bool strict,
                     struct err *err) MUST_CHECK;
void page_found_fini(struct page_found *found);
