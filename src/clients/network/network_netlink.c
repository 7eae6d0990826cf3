#include "clients/network/network_netlink.h"

#include "core/mem.h"
#include "io/limit.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* The kernel fills messages of 32 kB if there is room for them. */
enum { BUFFER_BYTES = 64 << 10, REQUEST_MAX = 128, WAIT_S = 3, SEQUENCE = 1 };

static bool failed(int error, const char *doing, struct err *err) {
  if (limit_error(error, err))
    return false;
  const bool unknown = error == ENOENT || error == EAFNOSUPPORT || error == EPROTONOSUPPORT ||
                       error == EOPNOTSUPP || error == EINVAL || error == EPERM ||
                       error == EACCES || error == ENOSYS || error == ESOCKTNOSUPPORT;
  return err_set(err,
                 unknown                                   ? ERR_UNSUPPORTED
                 : error == EAGAIN || error == EWOULDBLOCK ? ERR_TIMEOUT
                                                           : ERR_IO,
                 "netlink: cannot %s: %s", doing,
                 error == EAGAIN || error == EWOULDBLOCK ? "no answer" : strerror(error));
}

static bool ask(int fd, unsigned type, const void *request, size_t size, struct err *err) {
  struct {
    struct nlmsghdr header;
    char bytes[REQUEST_MAX];
  } message = {{.nlmsg_len = (uint32_t)(sizeof message.header + size),
                .nlmsg_type = (uint16_t)type,
                .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                .nlmsg_seq = SEQUENCE},
               {0}};
  const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  memcpy(message.bytes, request, size);
  return sendto(fd, &message, message.header.nlmsg_len, 0, (const struct sockaddr *)&kernel,
                sizeof kernel) >= 0 ||
         failed(errno, "ask", err);
}

/* Whether more follows. On an error *err is filled. */
static bool read_messages(const char *bytes, size_t size, network_message *each, void *arg,
                          struct err *err) {
  while (size >= sizeof(struct nlmsghdr)) {
    const struct nlmsghdr *header = (const void *)bytes;
    if (header->nlmsg_len < sizeof *header || header->nlmsg_len > size)
      return err_set(err, ERR_PROTOCOL, "netlink: a message of the wrong length");
    const size_t length = header->nlmsg_len - sizeof *header;
    const bool ends = header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR;
    int status = 0;
    if (ends && length >= sizeof status)
      memcpy(&status, header + 1, sizeof status);
    if (status < 0)
      return failed(-status, "read the answer", err);
    if (ends)
      return false;
    if (header->nlmsg_seq == SEQUENCE && header->nlmsg_type >= NLMSG_MIN_TYPE)
      each(arg, header->nlmsg_type, header + 1, length);
    const size_t step = NLMSG_ALIGN(header->nlmsg_len);
    if (step >= size)
      break;
    bytes += step;
    size -= step;
  }
  return true;
}

static bool receive(int fd, network_message *each, void *arg, struct err *err) {
  char *buffer = mem_new(BUFFER_BYTES);
  *err = (struct err){0};
  for (bool more = true; more;) {
    ssize_t size = recv(fd, buffer, BUFFER_BYTES, MSG_TRUNC);
    if (size < 0 && errno == EINTR)
      continue;
    if (size < 0 || size > BUFFER_BYTES) {
      if (size < 0)
        failed(errno, "read the answer", err);
      else
        err_set(err, ERR_PROTOCOL, "netlink: a message of %zd bytes", size);
      break;
    }
    more = read_messages(buffer, (size_t)size, each, arg, err);
  }
  free(buffer);
  return err->kind == ERR_NONE;
}

bool network_dump(int protocol, unsigned type, const void *request, size_t size,
                  network_message *each, void *arg, struct err *err) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  if (fd < 0)
    return failed(errno, "open a socket", err);
  const struct timeval wait = {.tv_sec = WAIT_S};
  const bool done = (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 ||
                     failed(errno, "set a deadline", err)) &&
                    ask(fd, type, request, size, err) && receive(fd, each, arg, err);
  close(fd);
  return done;
}
