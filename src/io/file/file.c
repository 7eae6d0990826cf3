#include "io/file/file.h"

#include "core/mem.h"
#include "io/limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_BYTES = 4096 };

static bool file_fail(struct file_text *file, const char *path) {
  int code = errno;
  free(file->text);
  *file = (struct file_text){0};
  if (limit_error(code, &file->err))
    return false;
  return err_set(&file->err, code == EACCES || code == EPERM ? ERR_DENIED : ERR_IO, "%s: %s", path,
                 strerror(code));
}

/* True while there may be more. */
static bool read_some(int fd, const char *path, size_t *capacity, size_t ceiling,
                      struct file_text *file) {
  if (file->len == ceiling) {
    char more;
    file->cut = read(fd, &more, 1) > 0;
    return false;
  }
  if (file->len + 1 >= *capacity) {
    *capacity *= 2;
    file->text = mem_resize(file->text, *capacity);
  }
  size_t room = *capacity - 1 - file->len;
  if (room > ceiling - file->len)
    room = ceiling - file->len;
  ssize_t count = read(fd, file->text + file->len, room);
  if (count < 0)
    return errno == EINTR || file_fail(file, path);
  file->len += (size_t)count;
  return count > 0;
}

void file_read(const char *path, size_t ceiling, struct file_text *file) {
  *file = (struct file_text){0};
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    file_fail(file, path);
    return;
  }
  size_t capacity = FIRST_BYTES;
  file->text = mem_new(capacity);
  while (read_some(fd, path, &capacity, ceiling, file))
    ;
  if (file->text)
    file->text[file->len] = '\0';
  close(fd);
}

void file_text_fini(struct file_text *file) {
  free(file->text);
  *file = (struct file_text){0};
}
