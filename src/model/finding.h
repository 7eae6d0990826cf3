/* Findings: what is wrong, in a sentence, since when. Made by core/evaluate. */
#pragma once

#include "core/arena.h"
#include "core/map.h"
#include "model/severity.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct finding {
  enum severity severity;
  size_t target_index;
  const char *table;    /* id, or NULL when the target itself is the trouble */
  const char *row;      /* key, or NULL */
  const char *column;   /* id of the cell that crossed its threshold; "age" of a stale target;
                           "fault:1a2b3c4d" of a table or target that cannot be trusted;
                           "cut:warn" of a table not all of whose findings of that severity are
                           kept; or NULL */
  const char *subject;  /* whom it is about, for people: "cache", "main ecap-consumer-group" */
  const char *sentence; /* "lag 12,430, above 10,000" */
  double harm; /* among those of its severity: what does most harm has most. 3: a target answers
                  nobody; above 2: what its collector judged, by the order of the rows; above 1: a
                  threshold, by how far beyond it the value is */
  int64_t since_ms;
  bool pending; /* above its threshold, but not yet for as long as the rule asks: it does not count
                 */
  size_t next;  /* of the index: place + 1 of the next one of its row, 0 at the end */
};

/* Of the findings of rows: their sentences and keys. */
enum { FINDINGS_BYTES_MAX = 4 << 20 };

struct finding_row;

struct findings {
  struct arena arena;
  size_t bytes_max;      /* findings_are_full from here on */
  struct finding *items; /* the worst first, then the most harmful, then the oldest */
  size_t count, capacity;
  struct map rows; /* the place of each row's first one; empty before the index */
  struct finding_row *row_keys;
};

struct findings *findings_new(size_t bytes_max);
void findings_free(struct findings *findings);
/* A new one at the end, the ids copied (each may be NULL), the rest empty; not yet in the index. It
 * may move with the next one. */
struct finding *findings_add(struct findings *findings, size_t target_index, const char *table,
                             const char *row, const char *column);
/* No finding of a row is to be added any more: there are as many as servers have rows. Those of
 * targets and tables are, for what has to be configured is bounded. */
bool findings_are_full(const struct findings *findings);
/* Makes the look-ups below quick, once all findings are in their final order: a storm of 20,000 of
 * them would take seconds otherwise. */
void findings_index(struct findings *findings);

/* A fault of a collection, see sample_fault. */
bool finding_is_fault(const struct finding *finding);
/* Stands for those of its table and severity that are not kept. */
bool finding_is_cut(const struct finding *finding);
/* It is about the target as a whole: down, or without fresh data. */
bool finding_is_outage(const struct finding *finding);

/* The worst that counts of a row, of a table (row NULL), or of a target_index (table and row NULL).
 * A row without one in a table whose findings are cut is UNKNOWN. */
enum severity findings_row(const struct findings *findings, size_t target_index, const char *table,
                           const char *row);
/* The finding that matches exactly, or NULL. */
const struct finding *findings_find(const struct findings *findings, size_t target_index,
                                    const char *table, const char *row, const char *column);
size_t findings_count(const struct findings *findings, enum severity severity);
/* Whether there are more than findings_count says: some of that severity are not kept. */
bool findings_count_is_least(const struct findings *findings, enum severity severity);
/* Whether some of the table's findings are not kept. */
bool findings_table_is_cut(const struct findings *findings, size_t target_index, const char *table);
