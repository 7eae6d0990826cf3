#include "actions/kubernetes/kubernetes_quantity.h"

#include "actions/shown.h"
#include "clients/kubernetes/kubernetes_read.h"

#include <stdio.h>
#include <string.h>

static const double least = 1 << 20, most = (double)(INT64_C(1) << 62);

bool kubernetes_size_parse(const char *text, int64_t *bytes, struct err *err) {
  const double size = kubernetes_quantity(text);
  const size_t length = strlen(text);
  if (size < 0)
    return err_set(err, ERR_INVALID,
                   "\"%.40s\" is not a quantity of Kubernetes; use one such as 512Mi (powers of "
                   "1024) or 512M (powers of 1000)",
                   text);
  if (size < least && length > 1 && text[length - 1] == 'm')
    return err_set(err, ERR_INVALID,
                   "%.40s means thousandths of a byte to Kubernetes; use %.*sMi or %.*sM", text,
                   (int)(length - 1 < 40 ? length - 1 : 40), text,
                   (int)(length - 1 < 40 ? length - 1 : 40), text);
  if (size < least || size > most)
    return err_set(err, ERR_INVALID, "%.40s is out of range; use a size from 1Mi, such as 512Mi",
                   text);
  *bytes = (int64_t)size;
  return true;
}

bool kubernetes_size_check(const char *text, struct err *err) {
  int64_t bytes;
  return kubernetes_size_parse(text, &bytes, err);
}

const char *kubernetes_size_shown(struct arena *arena, const char *text) {
  const double size = kubernetes_quantity(text);
  const char *bytes =
      size >= 0 && size <= most ? shown_bytes(arena, (int64_t)size) : "not a quantity";
  const char *shown = arena_printf(arena, "%.60s (%s)", text, bytes);
  return shown ? shown : text;
}
