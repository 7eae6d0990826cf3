/* Turns errors of libpq and PostgreSQL into messages for the operator: pure. */
#pragma once

#include "core/err.h"

/* Why there is no connection, from libpq's message, with the server's errors in verbose form
 * ("FATAL:  53300: sorry, too many clients already"), which is the only way to get their SQLSTATE.
 * Of several hosts, the first message counts. */
void pg_error_connect(const char *message, struct err *err);

/* Whether it means that no connection slot is left: of the server, the database or the role. */
bool pg_error_is_full(const struct err *err);

/* An error of the server by its code (PostgreSQL documentation, appendix A) and its first line. */
void pg_error_server(const char *sqlstate, const char *message, struct err *err);
