#include "clients/network/network_space.h"

#include "io/limit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

bool network_space_enter(const char *path, struct err *err) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0)
    return limit_error(errno, err) ? false
                                   : err_set(err, errno == EACCES ? ERR_DENIED : ERR_IO,
                                             "network namespace %.150s: %s", path, strerror(errno));
  const int status = setns(fd, CLONE_NEWNET), error = errno;
  close(fd);
  if (status == 0)
    return true;
  if (error == EPERM)
    return err_set(err, ERR_DENIED, "network namespace %.150s: to enter it needs root", path);
  return err_set(err, ERR_IO, "network namespace %.150s: %s", path,
                 error == EINVAL ? "the file is no network namespace" : strerror(error));
}
