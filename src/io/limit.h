/* Limits of this process and this machine: open files, threads, memory.
 *
 * A call that fails because of them says nothing about the server. Its error is ERR_LIMIT, which is
 * judged as UNKNOWN, and names the limit and how to raise it. */
#pragma once

#include "core/err.h"

/* If the errno is one of these (EMFILE, ENFILE, ENOMEM, ENOBUFS): fills *err and returns true. */
bool limit_error(int error, struct err *err);
/* The same for the message of a library: "...: Too many open files". */
bool limit_error_in(const char *message, struct err *err);
/* " (memory is limited: ulimit -v 40000)", or "" without a limit: for a library that fails because
 * of it. */
enum { LIMIT_TEXT_MAX = 64 };
const char *limit_memory_text(char out[LIMIT_TEXT_MAX]);
/* For a thread that could not be started; status is that of pthread_create. Returns false. */
bool limit_thread(int status, struct err *err);

/* Whether that many more descriptors can be opened now; otherwise *err names the limit. For
 * libraries that do not report why they failed, or abort. */
bool limit_files_free(int count, struct err *err) MUST_CHECK;
