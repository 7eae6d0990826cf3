/* One short line for tmux, a prompt or a bar: what `stacktop status` prints.
 *
 *   2 CRIT, 1 WARN ecap: api: refused: nothing listens on port 8501
 *   all ok ecap 9/9 targets
 *
 * For tmux with its styles ("#[fg=...]"), in which no text of a server is one. */
#pragma once

#include "report/status/status_brief.h"

#include <stdio.h>

enum status_form { STATUS_PLAIN, STATUS_TMUX, STATUS_JSON };

struct status_line_options {
  enum status_form form;
  bool ascii;
  int width; /* cells; not for JSON */
};

/* Where it comes from; for JSON. */
struct status_origin {
  int64_t pid;    /* of the running stacktop that said it; 0: an own check */
  int64_t age_ms; /* since it said so */
};

/* True unless writing failed. */
bool status_line_write(FILE *out, const struct status_brief *brief,
                       const struct status_origin *origin,
                       const struct status_line_options *options) MUST_CHECK;
/* "UNKNOWN stacktop: TEXT", where nothing is known. An empty line would look like calm. */
bool status_line_trouble(FILE *out, const char *text,
                         const struct status_line_options *options) MUST_CHECK;

/* Several environments: what each says, or why that is not known. */
struct status_item {
  const char *name, *path;
  const char *environment;          /* of the configuration; NULL: none */
  const char *trouble;              /* without brief */
  const struct status_brief *brief; /* NULL: it is not known */
  struct status_origin origin;
};

enum severity status_item_severity(const struct status_item *item);
/* One line, the worst first, and what is wrong there:
 *
 *   2 CRIT, 1 WARN ecap (production); UNKNOWN shop; 1 ok: ecap: api: refused
 *   all ok 3 environments 27/27 targets */
bool status_several_write(FILE *out, const struct status_item *items, size_t count,
                          const struct status_line_options *options) MUST_CHECK;
