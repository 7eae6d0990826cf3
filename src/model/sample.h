/* The result of one collection: tables, notes on what is not known, and its cost.
 *
 * The collector creates it, the job passes it on, model_publish takes it. It does not change after
 * that. All texts are in its arena. */
#pragma once

#include "core/err.h"
#include "model/fact.h"
#include "model/inventory.h"
#include "model/table.h"

/* Limits of one sample. 64 MiB holds 100,000 partition rows. */
enum { SAMPLE_BYTES_MAX = 64 << 20, SAMPLE_TEXT_MAX = 8 << 10, SAMPLE_NOTES_MAX = 32 };

/* What a collection could not find out. OK: a missing capability ("needs pg_monitor to see the
 * queries of others"), never a zero. Anything worse is a fault: a request failed or its answer is
 * incomplete, so the table cannot be trusted. A fault is a finding of its target (model/evaluate),
 * and while it lasts no finding of the table's rows counts as resolved. */
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
  const char *server;            /* the server, such as "PostgreSQL 15.20"; NULL if not known */
  const char *address;           /* its address: "127.0.0.1:5432"; NULL if it has none */
  const char *facts[FACT_COUNT]; /* facts of the server; NULL if not known */
  struct inventory inventories[INVENTORIES_MAX]; /* what is watched for changes */
  size_t inventory_count;
  int64_t taken_ms;  /* time of completion; set when the job completes */
  int64_t cost_us;   /* duration of the collection; set when the job completes */
  uint32_t requests; /* requests sent to the server */
};

/* Empty tables, one per spec, in the order of specs. */
struct sample *sample_new(const struct table_spec *const *specs, size_t count);
void sample_free(struct sample *sample); /* NULL is fine */

/* The table with that id, or NULL. */
struct table *sample_table(struct sample *sample, const char *id);
const struct table *sample_table_view(const struct sample *sample, const char *id);

/* Appends a row whose cells are all "does not apply". key and parent (may be NULL) are copied. NULL
 * if the sample is full: the table is then marked truncated; stop adding. The pointer is valid
 * until the next sample_row on this table. */
struct row *sample_row(struct sample *sample, struct table *table, const char *key,
                       const char *parent) MUST_CHECK;

/* A copy in the sample's arena, at most SAMPLE_TEXT_MAX bytes. Never NULL. text may be NULL with
 * len 0. */
const char *sample_text(struct sample *sample, const char *text, size_t len);
const char *sample_copy(struct sample *sample, const char *text);
const char *sample_printf(struct sample *sample, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sets a fact of the server, for the event when it changes (model/fact.h). The value is copied;
 * NULL or "" means not known. */
void sample_fact(struct sample *sample, enum fact_kind kind, const char *value);

/* An inventory of at most that many items, for the events when they change (model/inventory.h);
 * NULL if it does not fit. Add each item, then it is complete. id is static. */
struct inventory *sample_inventory(struct sample *sample, const char *id, unsigned flags,
                                   size_t capacity) MUST_CHECK;
/* name and value are copied (NULL: not known now); a secret value is kept as a hash only. */
void sample_item(struct sample *sample, struct inventory *inventory, const char *name,
                 const char *value, bool secret);

/* Adds a note. Duplicates are kept once, notes beyond SAMPLE_NOTES_MAX are dropped. table and
 * column are ids, static or in the arena, or NULL. */
void sample_note(struct sample *sample, const char *table, const char *column, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));
/* Adds a fault: "cannot read sessions: ERROR: ...", "offsets of 12 of 18 partitions". severity is
 * UNKNOWN, WARN or CRIT. Two faults that differ only in digits are the same finding over time. A
 * fault is never lost: a full sample drops a note for it, or keeps a short text. */
void sample_fault(struct sample *sample, const char *table, enum severity severity,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Whether a fault is about that table, or about the whole target. */
bool sample_is_faulted(const struct sample *sample, const char *table);
