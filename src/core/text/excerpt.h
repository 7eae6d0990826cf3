/* A stream of bytes of which the beginning and the end are kept, within a limit. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct excerpt {
  char *bytes; /* the head, then at least the last tail_max bytes behind it */
  size_t len, capacity;
  size_t head_max, tail_max; /* 0: no tail is kept */
  int64_t total;             /* bytes added */
};

/* What is kept: `head` bytes, then a gap of left_out bytes if that is not 0, then the rest. */
struct excerpt_view {
  const char *head, *tail; /* tail: "" without a gap */
  size_t head_len, tail_len;
  int64_t left_out;
};

void excerpt_init(struct excerpt *excerpt, size_t head_max, size_t tail_max);
void excerpt_fini(struct excerpt *excerpt);
void excerpt_add(struct excerpt *excerpt, const char *bytes, size_t len);
/* Valid until the next call. A gap begins and ends at a line, unless lines are longer than 4 kB. */
struct excerpt_view excerpt_view(const struct excerpt *excerpt);
