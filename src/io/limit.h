/* The limits of this process and of this machine: open files, threads, memory.
 *
 * A call that fails for want of them says nothing about the server that was to be asked. Its error
 * is ERR_LIMIT, which is judged as UNKNOWN, and names the limit and how to raise it. */
#pragma once

#include "core/err.h"

/* If the errno is one of these (EMFILE, ENFILE, ENOMEM, ENOBUFS): fills *err and returns true. */
bool limit_error(int error, struct err *err);
/* The same for the words of a library: "...: Too many open files". */
bool limit_error_in(const char *message, struct err *err);
/* " (memory is limited: ulimit -v 40000)", or "" where it is not: for a library that dies of it. */
enum { LIMIT_TEXT_MAX = 64 };
const char *limit_memory_text(char out[LIMIT_TEXT_MAX]);
/* Of a thread that was not started; status is pthread_create's. Returns false. */
bool limit_thread(int status, struct err *err);

/* Whether so many more descriptors can be opened at this moment; else *err says which limit is in
 * the way. For libraries that do not say why they failed, or abort. */
bool limit_files_free(int count, struct err *err) MUST_CHECK;
