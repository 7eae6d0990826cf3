#include "io/limit.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NUMBER_MAX = 24, FILES_MAX = 16 };

/* "1024", or "none". */
static const char *limit_text(int resource, char out[NUMBER_MAX]) {
  struct rlimit limit;
  if (getrlimit((__rlimit_resource_t)resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    snprintf(out, NUMBER_MAX, "none");
  else
    snprintf(out, NUMBER_MAX, "%llu", (unsigned long long)limit.rlim_cur);
  return out;
}

bool limit_error(int error, struct err *err) {
  char number[NUMBER_MAX];
  switch (error) {
  case EMFILE:
    err_set(err, ERR_LIMIT, "too many open files: the limit of this process is %s (ulimit -n)",
            limit_text(RLIMIT_NOFILE, number));
    return true;
  case ENFILE:
    err_set(err, ERR_LIMIT, "too many open files on this host (sysctl fs.file-max)");
    return true;
  case ENOMEM:
  case ENOBUFS:
    err_set(err, ERR_LIMIT, "not enough memory on this host or for this process (ulimit -v)");
    return true;
  default:
    return false;
  }
}

bool limit_error_in(const char *message, struct err *err) {
  static const int errors[] = {ENFILE, EMFILE, ENOMEM, ENOBUFS}; /* longer messages first */
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
    if (strstr(message, strerror(errors[i])))
      return limit_error(errors[i], err);
  return false;
}

const char *limit_memory_text(char out[LIMIT_TEXT_MAX]) {
  struct rlimit limit;
  *out = '\0';
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    snprintf(out, LIMIT_TEXT_MAX, " (memory is limited: ulimit -v %llu)",
             (unsigned long long)limit.rlim_cur / 1024);
  return out;
}

bool limit_thread(int status, struct err *err) {
  char number[NUMBER_MAX];
  if (status != EAGAIN)
    return limit_error(status, err)
               ? false
               : err_set(err, ERR_IO, "cannot start a thread: %s", strerror(status));
  return err_set(err, ERR_LIMIT,
                 "cannot start a thread: the limit of this process is %s processes and threads "
                 "(ulimit -u), or memory is short (ulimit -v)",
                 limit_text(RLIMIT_NPROC, number));
}

bool limit_files_free(int count, struct err *err) {
  int files[FILES_MAX], opened = 0, error = 0;
  assert(count <= FILES_MAX);
  while (opened < count && error == 0) {
    files[opened] = open("/", O_PATH | O_CLOEXEC);
    if (files[opened] >= 0)
      opened++;
    else
      error = errno;
  }
  while (opened > 0)
    close(files[--opened]);
  return error == 0 || !limit_error(error, err);
}
