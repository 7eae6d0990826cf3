#include "core/text/excerpt.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_LOOK = 4 << 10 }; /* how far from a cut its line is looked for */

void excerpt_init(struct excerpt *excerpt, size_t head_max, size_t tail_max) {
  *excerpt = (struct excerpt){.head_max = head_max, .tail_max = tail_max};
}

void excerpt_fini(struct excerpt *excerpt) {
  free(excerpt->bytes);
  *excerpt = (struct excerpt){0};
}

/* Room for as much again as the tail, so that it is moved only once in tail_max bytes. */
static void make_room(struct excerpt *excerpt, size_t len) {
  const size_t most = excerpt->head_max + 2 * excerpt->tail_max;
  if (excerpt->len + len > most) {
    const size_t keep = excerpt->tail_max;
    memmove(excerpt->bytes + excerpt->head_max, excerpt->bytes + excerpt->len - keep, keep);
    excerpt->len = excerpt->head_max + keep;
  }
  if (excerpt->len + len > excerpt->capacity) {
    size_t capacity = 2 * (excerpt->len + len);
    excerpt->capacity = capacity < most ? capacity : most;
    excerpt->bytes = mem_resize(excerpt->bytes, excerpt->capacity);
  }
}

void excerpt_add(struct excerpt *excerpt, const char *bytes, size_t len) {
  excerpt->total += (int64_t)len;
  if (excerpt->tail_max == 0 && excerpt->len + len > excerpt->head_max)
    len = excerpt->head_max - excerpt->len; /* the rest is in no tail */
  while (len > 0) {
    const size_t piece =
        excerpt->tail_max == 0 || len < excerpt->tail_max ? len : excerpt->tail_max;
    make_room(excerpt, piece);
    memcpy(excerpt->bytes + excerpt->len, bytes, piece);
    excerpt->len += piece;
    bytes += piece;
    len -= piece;
  }
}

/* The length of the head up to its last line, and where the first line of the tail begins. */
static size_t head_end(const char *head, size_t len) {
  for (size_t at = len; at > 0 && len - at < LINE_LOOK; at--)
    if (head[at - 1] == '\n')
      return at;
  return len;
}

static size_t tail_begin(const char *tail, size_t len) {
  for (size_t at = 0; at + 1 < len && at < LINE_LOOK; at++)
    if (tail[at] == '\n')
      return at + 1;
  return 0;
}

struct excerpt_view excerpt_view(const struct excerpt *excerpt) {
  struct excerpt_view view = {.head = excerpt->bytes ? excerpt->bytes : "", .tail = ""};
  if (!excerpt->bytes || excerpt->total <= (int64_t)(excerpt->head_max + excerpt->tail_max)) {
    view.head_len = excerpt->len;
    return view;
  }
  view.head_len = head_end(view.head, excerpt->head_max);
  view.tail = excerpt->bytes + excerpt->len - excerpt->tail_max;
  const size_t skip = tail_begin(view.tail, excerpt->tail_max);
  view.tail += skip;
  view.tail_len = excerpt->tail_max - skip;
  view.left_out = excerpt->total - (int64_t)(view.head_len + view.tail_len);
  return view;
}
