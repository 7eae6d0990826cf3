/* Closes a connection during a login or a query.
 *
 * Closing a socket with an unread answer of the server resets the connection. During a login, which
 * libpq cannot end by a message, PostgreSQL then logs "could not receive data from client:
 * Connection reset by peer", and during a long answer "could not send data to client". So the login
 * or the answer is first read to its end, if that arrives within PG_FAREWELL_MS. */
#pragma once

#include "io/io.h"

#include <libpq-fe.h>

enum { PG_FAREWELL_MS = 100 };

/* Takes the connection, which must not have a handle. Returns at once; the answer is dropped
 * without a callback. The loop has handles for it until it is closed. */
void pg_farewell(struct io *io, PGconn *conn);
