/* The end of a connection whose log-in or query is under way.
 *
 * A socket that is closed while a server's answer lies in it unread resets the connection. During a
 * log-in, which libpq cannot end by a message, PostgreSQL then logs "could not receive data from
 * client: Connection reset by peer", and during a long answer "could not send data to client". So
 * the log-in or the answer is read to its end first, where that comes within PG_FAREWELL_MS. */
#pragma once

#include "io/io.h"

#include <libpq-fe.h>

enum { PG_FAREWELL_MS = 100 };

/* Takes the connection, which no handle watches any more. Returns at once; the answer is dropped,
 * and nobody is called. The loop has handles for it until it is closed. */
void pg_farewell(struct io *io, PGconn *conn);
