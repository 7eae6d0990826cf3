/* What became of a plan, object by object. Filled by an action while it runs; the pipeline owns it.
 */
#pragma once

#include "core/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum object_result {
  OBJECT_PENDING, /* not attempted yet */
  OBJECT_SENT,    /* the effect has been asked for and acknowledged; no proof yet */
  OBJECT_DONE,    /* the proof was seen */
  OBJECT_PARTLY,  /* a part was done and stays, the rest was not: struct amount has how much */
  OBJECT_GONE,    /* it no longer exists or was replaced: nothing was done to it */
  OBJECT_REFUSED, /* with the server's words */
  OBJECT_SKIPPED, /* cancelled before its turn */
  OBJECT_UNKNOWN, /* asked for, and no answer: it may have happened */
};

/* How much of one object was done: rows, keys, partitions. */
struct amount {
  int64_t done;
  int64_t total;    /* as planned; 0: not known */
  bool at_least;    /* the last batch was sent and not answered: it may be more */
  const char *unit; /* "rows", "keys"; static, or as long as the outcome; NULL: not counted */
};

struct object_outcome {
  enum object_result result;
  struct amount amount; /* kept while it is worked on (outcome_note) */
  const char *words;    /* why or the proof: "gone after 0.2 s"; "" if there is nothing to say */
};

enum { OUTCOME_BYTES_MAX = 8 << 20 };

struct outcome {
  struct arena arena;
  struct object_outcome *objects;
  size_t count;
  const char *proof; /* of the whole, one line: "offsets re-read: 12 of 12 as planned"; or NULL */
  const char *undo;  /* what takes it back, as `stacktop plan` takes it: "ACTION TARGET ARGS", each
                        word quoted where it needs to be (core/quote.h); NULL if nothing does */
};

void outcome_init(struct outcome *outcome, size_t objects);
void outcome_fini(struct outcome *outcome);
void outcome_set(struct outcome *outcome, size_t object, enum object_result result,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
/* While an object is worked on in several steps: how much of it is done so far. From then on it is
 * never called skipped, refused, gone or, before it is sent, unknown: outcome_set with any of these
 * makes it OBJECT_PARTLY (for unknown with at_least), no matter which code reports it, also the
 * pipeline of a step that was dropped. */
void outcome_note(struct outcome *outcome, size_t object, int64_t done, int64_t total,
                  const char *unit);
/* Partly done. amount NULL: as it was noted. The words say why, without the numbers. */
void outcome_set_partly(struct outcome *outcome, size_t object, const struct amount *amount,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same for all that still have `from`. */
void outcome_set_all(struct outcome *outcome, enum object_result from, enum object_result to,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));
void outcome_proof(struct outcome *outcome, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void outcome_undo(struct outcome *outcome, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
size_t outcome_count(const struct outcome *outcome, enum object_result result);

/* "pending", "sent", "done", "partly", "gone", "refused", "skipped", "unknown": for files. */
const char *object_result_name(enum object_result result);
/* The same for people: "partly done". */
const char *object_result_text(enum object_result result);
enum object_result object_result_parse(const char *name); /* OBJECT_UNKNOWN for an unknown word */

enum { AMOUNT_MAX = 160, OBJECT_TEXT_MAX = 1024 };

/* "1,200 of 5,000 rows", "at least 1,200 of 5,000 rows", "1,200 rows, of how many is not known";
 * "" when nothing was counted. Returns out. */
const char *amount_text(char out[AMOUNT_MAX], const struct amount *amount);
/* What there is to say of an object beyond its result: of one that is partly done the amount, then
 * the words. Returns out. */
const char *object_outcome_text(char out[OBJECT_TEXT_MAX], const struct object_outcome *object);

/* The whole in a word, the worst that is in it: "done" (also when some were gone already), "gone"
 * (all of them), "skipped", "refused", "partial" (some done and some not, or one of them partly),
 * "unknown". */
const char *outcome_word(const struct outcome *outcome);
/* The same for people: "partly done" for "partial". */
const char *outcome_word_text(const char *word);

/* How far something long has come. */
struct progress {
  int64_t done, total; /* total 0: not known */
  const char *unit;    /* "rows", "blocks", "keys"; static; NULL: only the step */
  char step[96];       /* "index rebuild, scanning" ; "" */
  int64_t started_ms;  /* of the first count; 0 before */
};
