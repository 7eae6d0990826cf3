/* What counters of rows grow by, for collectors and pages whose rows come and go. Pure. */
#pragma once

#include "core/map.h"
#include "core/value.h"

enum { ROW_PAST_MAX = 100000 }; /* cells; further ones have no rate */

struct row_past {
  struct map cells;
  struct past_cell *items; /* index: the map's value */
  size_t count, capacity;
  uint32_t turn;
};

void row_past_fini(struct row_past *past);
/* Begins a collection: forgets the cells that the one before did not have. */
void row_past_begin(struct row_past *past);
/* The growth per second of that cell since the collection before; none, with the reason, in the
 * first one that has the row, and after a reset of the counter. */
struct value row_past_rate(struct row_past *past, const char *table, const char *column,
                           const char *key, double counter, int64_t now_us);
/* The same, with the seconds since the collection before in *window_s; 0: none. */
struct value row_past_rate_over(struct row_past *past, const char *table, const char *column,
                                const char *key, double counter, int64_t now_us, double *window_s);
