/* Texts of a PostgreSQL server as UTF-8.
 *
 * The server stores a session's query as bytes in the encoding of that session's database, and
 * shows them to sessions of all databases; names of roles and databases are in the encoding of the
 * session that created them. So they are read without conversion and converted to UTF-8 here: only
 * invalid characters of a text are lost. */
#pragma once

#include <stddef.h>

/* Undoes encode(bytea, 'escape'): "caf\351" becomes the four bytes. At most size - 1 bytes, ended
 * with NUL; returns their number. */
size_t pg_unescape(const char *escaped, char *out, size_t size);

/* The bytes of that encoding, by PostgreSQL's name ("LATIN1", "EUC_JP"), as UTF-8 into out, at most
 * size - 1 bytes, ended with NUL; returns their number. What the encoding does not have becomes
 * U+FFFD; a character that is cut off at the end is left out. NULL, "UTF8", "SQL_ASCII" and an
 * unknown encoding: bytes that are UTF-8 stay, others become U+FFFD. */
size_t pg_utf8(const char *bytes, size_t length, const char *encoding, char *out, size_t size);

/* A name: UTF-8 if its bytes are valid, otherwise in that encoding. */
size_t pg_name_utf8(const char *name, const char *encoding, char *out, size_t size);
