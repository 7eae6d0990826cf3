#include "app/runtime/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

/* open() returns the lowest free number, and those below `wanted` are already open. Without /dev (a
 * chroot) a directory is used: it can be neither read nor written. */
static bool descriptor_open(int wanted) {
  if (fcntl(wanted, F_GETFD) >= 0 || errno != EBADF)
    return true;
  const int access = wanted == STDIN_FILENO ? O_WRONLY : O_RDONLY;
  int fd = open("/dev/null", access | O_NOCTTY); /* NOLINT(android-cloexec-open): as 0-2 are */
  if (fd < 0)
    fd = open("/", O_PATH); /* NOLINT(android-cloexec-open) */
  return fd == wanted;
}

static bool descriptors_open(void) {
  return descriptor_open(STDIN_FILENO) && descriptor_open(STDOUT_FILENO) &&
         descriptor_open(STDERR_FILENO);
}

static void signals_begin(void) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGCHLD, SIG_DFL);
  signal(SIGXFSZ, SIG_IGN);
}

static void limit_raise(void) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max)
    return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

bool process_begin(void) {
  if (!descriptors_open())
    return false;
  signals_begin();
  limit_raise();
  return true;
}
