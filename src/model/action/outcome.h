/* The result of a plan, object by object. Filled in by an action while it runs; owned by the
 * pipeline. */
#pragma once

#include "core/arena.h"
#include "core/text/excerpt.h"
#include "core/text/mask.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum object_result {
  OBJECT_PENDING, /* not attempted yet */
  OBJECT_SENT,    /* requested and accepted, not yet verified */
  OBJECT_DONE,    /* verified */
  OBJECT_PARTLY,  /* a part was done and stays, the rest was not: see struct amount */
  OBJECT_GONE,    /* it no longer exists or was replaced: nothing was done to it */
  OBJECT_REFUSED, /* with the server's message */
  OBJECT_SKIPPED, /* cancelled before it was reached */
  OBJECT_UNKNOWN, /* requested without an answer: it may have taken effect */
};

/* How much of one object was done: rows, keys, partitions. */
struct amount {
  int64_t done;
  int64_t total;    /* as planned; 0: not known */
  bool at_least;    /* the last batch was sent and not answered: a lower bound */
  const char *unit; /* "rows", "keys"; static, or valid as long as the outcome; NULL: not counted */
};

struct object_outcome {
  enum object_result result;
  struct amount amount; /* so far, while it is processed (outcome_note) */
  const char *words;    /* reason or proof: "gone after 0.2 s"; may be "" */
};

/* What the action's program, command or query has printed. */
enum output_stream {
  OUTPUT_STDOUT, /* also the rows of a query */
  OUTPUT_STDERR, /* also the notices of a server */
};

/* Of one stream, in the order in which they are to be read. Bytes as they came, but for secrets and
 * NUL bytes (which are 0xFF): sanitise them for display (model/action/output.h does). */
struct output {
  enum output_stream stream;
  const char *text; /* terminated */
  size_t len;
  int64_t left_out; /* bytes between text and tail that were not kept; 0: none, and no tail */
  const char *tail; /* terminated; "" */
  size_t tail_len;
};

enum {
  OUTCOME_BYTES_MAX = 8 << 20,
  OUTPUTS_MAX = 16,
  OUTPUT_HEAD_MAX = 64 << 10, /* of one stream, for an excerpt */
  OUTPUT_TAIL_MAX = 192 << 10,
};

struct outcome {
  struct arena arena;
  struct object_outcome *objects;
  size_t count;
  const char
      *proof; /* of the whole plan, one line: "offsets re-read: 12 of 12 as planned"; or NULL */
  const char *undo; /* how to undo it, as arguments of `stacktop plan`: "ACTION TARGET ARGS", quoted
                       as needed (core/text/quote.h); NULL if it cannot be undone */
  struct output outputs[OUTPUTS_MAX];
  size_t output_count;
  bool output_private; /* shown, but not written to the audit log */
};

void outcome_init(struct outcome *outcome, size_t objects);
void outcome_fini(struct outcome *outcome);
void outcome_set(struct outcome *outcome, size_t object, enum object_result result,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
/* While an object is processed in several steps: how much of it is done so far. From then on it is
 * never reported as skipped, refused, gone or, before it is sent, unknown: outcome_set with any of
 * these makes it OBJECT_PARTLY (for unknown with at_least), whichever code reports it, including
 * the pipeline when it drops a step. */
void outcome_note(struct outcome *outcome, size_t object, int64_t done, int64_t total,
                  const char *unit);
/* Partly done. amount NULL: as noted. The words give the reason, without the numbers. */
void outcome_set_partly(struct outcome *outcome, size_t object, const struct amount *amount,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same for all objects that still have `from`. */
void outcome_set_all(struct outcome *outcome, enum object_result from, enum object_result to,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));
void outcome_proof(struct outcome *outcome, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void outcome_undo(struct outcome *outcome, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds what a stream printed, with the known secrets masked (mask may be NULL). An empty stream
 * adds nothing; beyond OUTPUTS_MAX it is dropped. */
void outcome_output(struct outcome *outcome, enum output_stream stream,
                    const struct excerpt *excerpt, const struct mask *mask);
/* "stdout", "stderr": for files. */
const char *output_stream_name(enum output_stream stream);
size_t outcome_count(const struct outcome *outcome, enum object_result result);

/* "pending", "sent", "done", "partly", "gone", "refused", "skipped", "unknown": for files. */
const char *object_result_name(enum object_result result);
/* The same for display: "partly done". */
const char *object_result_text(enum object_result result);
enum object_result object_result_parse(const char *name); /* OBJECT_UNKNOWN for an unknown word */

enum { AMOUNT_MAX = 160, OBJECT_TEXT_MAX = 1024 };

/* "1,200 of 5,000 rows", "at least 1,200 of 5,000 rows", "1,200 rows, total unknown"; "" if nothing
 * was counted. Returns out. */
const char *amount_text(char out[AMOUNT_MAX], const struct amount *amount);
/* The text of an object besides its result: the amount if it is partly done, then the words.
 * Returns out. */
const char *object_outcome_text(char out[OBJECT_TEXT_MAX], const struct object_outcome *object);

/* One word for all objects, the worst that applies: "done" (also if some were already gone), "gone"
 * (all of them), "skipped", "refused", "partial" (some done and some not, or one partly done),
 * "unknown". */
const char *outcome_word(const struct outcome *outcome);
/* The same for display: "partly done" for "partial". */
const char *outcome_word_text(const char *word);

/* Progress of a long step. */
struct progress {
  int64_t done, total; /* total 0: not known */
  const char *unit;    /* "rows", "blocks", "keys"; static; NULL: only the name of the step */
  char step[96];       /* "index rebuild, scanning" ; "" */
  int64_t started_ms;  /* of the first count; 0 before */
};
