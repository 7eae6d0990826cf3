/* Findings: what is wrong, as a sentence, and since when. Created by model/evaluate. */
#pragma once

#include "core/arena.h"
#include "core/map.h"
#include "model/judge/severity.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether an operator looks after it (model/alarm/alarm_mark.h). A finding that became worse than
 * that is loud again. */
enum finding_quiet { FINDING_LOUD, FINDING_ACKNOWLEDGED, FINDING_SILENCED };

struct finding {
  enum severity severity;
  size_t target_index;
  const char *table;    /* id, or NULL if the finding is about the target itself */
  const char *row;      /* key, or NULL */
  const char *column;   /* id of the cell that crossed its threshold; "age" of a stale target;
                           "fault:1a2b3c4d" of a table or target whose data is incomplete;
                           "cut:warn" of a table with more findings of that severity than are
                           kept; or NULL */
  const char *subject;  /* subject for display: "cache", "main ecap-consumer-group" */
  const char *sentence; /* "lag 12,430, above 10,000" */
  double harm; /* order among findings of the same severity, the most harmful highest. 3: a target
                  does not answer; above 2: judged by its collector, in the order of the rows; above
                  1: a threshold, by the ratio to the value; below it: one that is only ambient */
  int64_t since_ms, seen_ms, alarm_ms; /* see finding_times.h; alarm_ms 0: it is pending */
  bool pending; /* beyond its threshold, but not yet for the required time: it does not count */
  enum finding_quiet quiet;
  const char *quiet_who, *quiet_reason; /* unless it is loud */
  int64_t quiet_until_ms;               /* wall time; the same */
  int64_t calm_ms; /* its value is within the limits again since then, and not for long enough; 0 */
  size_t changes;  /* within CHATTER_WINDOW_MS: it is flapping; 0: it is not */
  /* Floods (model/alarm/flood.h): */
  size_t under;         /* place + 1 of the finding that stands for it; 0: it stands for itself */
  size_t folded;        /* it stands for that many others */
  size_t caused;        /* of these: whose targets depend on it */
  bool has_cause;       /* it is under a finding of a target that its own depends on */
  bool unsaid;          /* its cause was reported instead, and it is not news until that is over */
  int64_t explained_ms; /* when it was last under a cause; 0: never */
  size_t next;          /* index: place + 1 of the next finding of its row, 0 at the end */
};

/* Limits for findings of rows: sentences and keys. */
enum { FINDINGS_BYTES_MAX = 4 << 20 };

struct finding_row;

struct findings {
  struct arena arena;
  size_t bytes_max;      /* from here on findings_are_full */
  struct finding *items; /* the worst first, then the most harmful, then the oldest */
  size_t count, capacity;
  struct map rows; /* place of the first finding of each row; empty before the index */
  struct finding_row *row_keys;
};

struct findings *findings_new(size_t bytes_max);
void findings_free(struct findings *findings);
/* Appends a finding with copies of the ids (each may be NULL), otherwise empty; not yet in the
 * index. It may move when the next one is added. */
struct finding *findings_add(struct findings *findings, size_t target_index, const char *table,
                             const char *row, const char *column);
/* Whether no further finding of a row may be added: their number depends on the servers. Findings
 * of targets and tables are always added, because the configuration bounds their number. */
bool findings_are_full(const struct findings *findings);
/* What findings are ordered by, the worst first. */
struct finding_rank {
  bool pending;
  enum severity severity;
  double harm;
  int64_t since_ms;
  size_t target_index;
};
/* As for qsort; 0: something else decides. */
int finding_rank_compare(const struct finding_rank *x, const struct finding_rank *y);
/* Their final order, and the index. */
void findings_order(struct findings *findings);
/* Makes the lookups below fast, once all findings are in their final order; without it a storm of
 * 20,000 findings would take seconds. */
void findings_index(struct findings *findings);

/* A fault of a collection, see sample_fault. */
bool finding_is_fault(const struct finding *finding);
/* Represents the findings of its table and severity that are not kept. */
bool finding_is_cut(const struct finding *finding);
/* It is about the whole target: down, or without fresh data. */
bool finding_is_outage(const struct finding *finding);
/* Its data is old: nothing is known of it now. */
bool finding_is_stale(const struct finding *finding);

/* The worst severity that counts for a row, a table (row NULL), or a target (table and row NULL). A
 * row without a finding is UNKNOWN if findings of its table are not kept. */
enum severity findings_row(const struct findings *findings, size_t target_index, const char *table,
                           const char *row);
/* The finding that matches exactly, or NULL. */
const struct finding *findings_find(const struct findings *findings, size_t target_index,
                                    const char *table, const char *row, const char *column);
/* The worst of a target among those that are loud. */
enum severity findings_target_calling(const struct findings *findings, size_t target_index);
size_t findings_count(const struct findings *findings, enum severity severity);
/* Those of any severity that count and are quiet in that way. */
size_t findings_count_quiet(const struct findings *findings, enum finding_quiet quiet);
/* It counts, and is not silenced: what a screen shows first. */
static inline bool finding_calls(const struct finding *finding) {
  return !finding->pending && finding->quiet != FINDING_SILENCED;
}
/* findings_count without those that are silenced. */
size_t findings_count_calling(const struct findings *findings, enum severity severity);
/* The targets without fresh data among these. */
size_t findings_count_stale(const struct findings *findings);
/* Whether findings_count is a lower bound: some findings of that severity are not kept. */
bool findings_count_is_least(const struct findings *findings, enum severity severity);
/* Whether some of the table's findings are not kept. */
bool findings_table_is_cut(const struct findings *findings, size_t target_index, const char *table);
