/* Data checks of the configuration: a query whose result is judged by limits, or compared with a
 * text. Immutable after loading. */
#pragma once

#include "core/origin.h"
#include "model/table.h"

enum {
  DATA_CHECKS_MAX = 100,      /* of one target */
  DATA_CHECK_ROWS_MAX = 100,  /* that are judged of one result */
  DATA_CHECK_TEXT_MAX = 200,  /* bytes of a name or a value that are kept */
  DATA_CHECK_REASON_MAX = 500 /* bytes of a sentence */
};

struct data_check {
  char *name;
  char *sql;    /* one statement; never shown outside of the configuration: it may have secrets */
  char *unit;   /* "% null", "rows", "bytes", "seconds"; "": none */
  char *expect; /* the only value that is right; NULL: the threshold decides */
  int64_t interval_ms, timeout_ms;
  bool per_row; /* each row is a name and a value */
  struct threshold threshold;
  struct origin *origins; /* by enum check_option; NULL: not known */
};

void data_checks_free(struct data_check *checks, size_t count);

struct data_verdict {
  enum severity severity;
  struct value number;                /* of the value; none if it is not one */
  char shown[DATA_CHECK_TEXT_MAX];    /* the value with its unit: "12% null" */
  char reason[DATA_CHECK_REASON_MAX]; /* unless it is OK: "12% null, above 5%" */
};

/* Pure. cell: the value as the server wrote it, in UTF-8; NULL is SQL's NULL, which is UNKNOWN. */
void data_check_judge(const struct data_check *check, const char *cell,
                      struct data_verdict *verdict);
/* The limits in words: "above 5%, critical 20%", "expected abc"; "" if there are none. */
void data_check_limits(const struct data_check *check, char *out, size_t size);
