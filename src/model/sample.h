/* One collection's outcome: tables, notes on what could not be known, and what it cost.
 *
 * The collector makes it, the job hands it over, model_publish takes it. Nothing in it changes
 * after that. All texts lie in its arena. */
#pragma once

#include "core/err.h"
#include "model/fact.h"
#include "model/table.h"

/* Ceilings of one sample. 64 MiB holds 100,000 partition rows. */
enum { SAMPLE_BYTES_MAX = 64 << 20, SAMPLE_TEXT_MAX = 8 << 10, SAMPLE_NOTES_MAX = 32 };

/* What a collection could not find out.
 * OK: a capability that is missing ("needs pg_monitor to see the queries of others"), never a zero.
 * Anything worse: a fault. A question failed, or its answer is incomplete, so the table cannot be
 * trusted. A fault is a finding of its target (core/evaluate), and while it lasts no finding of the
 * table's rows counts as resolved. */
struct note {
  const char *table;  /* the table's id, or NULL for the whole target */
  const char *column; /* the column's id, or NULL */
  const char *text;
  enum severity severity;
};

struct sample {
  struct arena arena;
  struct table *tables;
  size_t table_count;
  struct note notes[SAMPLE_NOTES_MAX];
  size_t note_count;
  const char *server;            /* what answered, e.g. "PostgreSQL 15.20"; NULL if not known */
  const char *address;           /* where: "127.0.0.1:5432"; NULL if it has none */
  const char *facts[FACT_COUNT]; /* what the server is; NULL where not known */
  int64_t taken_ms;              /* when the answers were complete; set by the job's completion */
  int64_t cost_us;   /* wall time from start to completion; set by the job's completion */
  uint32_t requests; /* questions put to the server for it */
};

/* Empty tables, one a spec, in the order of specs. */
struct sample *sample_new(const struct table_spec *const *specs, size_t count);
void sample_free(struct sample *sample); /* NULL is fine */

/* The table with that id, or NULL. */
struct table *sample_table(struct sample *sample, const char *id);
const struct table *sample_table_view(const struct sample *sample, const char *id);

/* Appends a row whose cells are all "does not apply". key and parent (may be NULL) are copied. NULL
 * when the sample is full: the table is then marked truncated, stop adding. The pointer holds until
 * the next sample_row on this table. */
struct row *sample_row(struct sample *sample, struct table *table, const char *key,
                       const char *parent) MUST_CHECK;

/* A copy in the sample's arena, at most SAMPLE_TEXT_MAX bytes. Never NULL. text may be NULL with
 * len 0. */
const char *sample_text(struct sample *sample, const char *text, size_t len);
const char *sample_copy(struct sample *sample, const char *text);
const char *sample_printf(struct sample *sample, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What the server is, for the event when it changes (model/fact.h). The value is copied; NULL or ""
 * is not known. */
void sample_fact(struct sample *sample, enum fact_kind kind, const char *value);

/* Adds a note; the same text twice is kept once, beyond SAMPLE_NOTES_MAX they are dropped. table
 * and column are ids with static life or in the arena, or NULL. */
void sample_note(struct sample *sample, const char *table, const char *column, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));
/* Adds a fault: "sessions could not be read: ERROR: ...", "offsets of 12 of 18 partitions".
 * severity is UNKNOWN, WARN or CRIT. Two faults whose texts differ in their digits only are the
 * same finding over time. A fault is never lost: a full sample drops a note for it, or keeps a
 * short text. */
void sample_fault(struct sample *sample, const char *table, enum severity severity,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Whether a fault concerns that table, or the whole target. */
bool sample_is_faulted(const struct sample *sample, const char *table);
