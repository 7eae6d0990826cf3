/* An answer of a survey as UTF-8. The names of a SQL_ASCII database may hold any bytes, those of
 * roles are shared by databases of all encodings, and other encodings have bytes that stand for no
 * character: the server then sends no answer at all to a client that wants UTF-8 (22021, 22P05).
 * The same question is asked again without any conversion, and bytes that are not UTF-8 are
 * replaced here: good enough to be shown, and never acted on. */
#pragma once

#include "clients/postgres/pg.h"
#include "core/arena.h"

enum { POSTGRES_ENCODING_MAX = 32 };

/* "its name is not valid UTF-8" */
extern const char postgres_no_name[];

struct postgres_utf8 {
  struct arena arena;
  struct pg_rows rows;
  const bool *broken; /* by cell: whether something in it was replaced; NULL: nothing in any */
};

/* Whether the SQLSTATE is that of a text that cannot be sent as UTF-8. */
bool postgres_utf8_failed(const char *sqlstate);

/* encoding: PostgreSQL's name for the encoding of bytes that arrived unconverted; "" where they
 * should be UTF-8 already. rows are borrowed for as long as the result lives. False beyond the
 * limit. */
bool postgres_utf8_init(struct postgres_utf8 *utf8, const struct pg_rows *rows,
                        const char *encoding) MUST_CHECK;
void postgres_utf8_fini(struct postgres_utf8 *utf8);
