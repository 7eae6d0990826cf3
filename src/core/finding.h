/* Findings: what is wrong, in a sentence, since when. Made by core/evaluate. */
#pragma once

#include "core/arena.h"
#include "core/severity.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct finding {
  enum severity severity;
  size_t slot;
  const char *table;    /* id, or NULL when the target itself is the trouble */
  const char *row;      /* key, or NULL */
  const char *column;   /* id of the cell that crossed its threshold, or NULL */
  const char *subject;  /* whom it is about, for people: "cache", "main ecap-consumer-group" */
  const char *sentence; /* "lag 12,430, above 10,000" */
  int64_t since_ms;
  bool pending; /* above its threshold, but not yet for as long as the rule asks: it does not count
                 */
};

struct findings {
  struct arena arena;
  struct finding *items; /* the worst first, then the oldest */
  size_t count, capacity;
};

struct findings *findings_new(void);
void findings_free(struct findings *findings);

/* The worst that counts of a row, of one of its cells (column not NULL), or of a slot (table NULL).
 */
enum severity findings_row(const struct findings *findings, size_t slot, const char *table,
                           const char *row);
/* The finding that matches exactly, or NULL. */
const struct finding *findings_find(const struct findings *findings, size_t slot, const char *table,
                                    const char *row, const char *column);
size_t findings_count(const struct findings *findings, enum severity severity);
