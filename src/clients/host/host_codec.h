/* A stream through gzip or zstd, in either direction: pure. */
#pragma once

#include "clients/host/host_rule.h"

#include <stdbool.h>
#include <stddef.h>

struct host_codec;

/* NULL: no memory for it. */
struct host_codec *host_codec_new(enum host_format format, bool decompress);
void host_codec_free(struct host_codec *codec); /* NULL is fine */

struct host_chunk {
  const unsigned char *in;
  size_t in_len; /* what is left of it after the call */
  unsigned char *out;
  size_t out_len; /* room before, written after the call */
};

/* One call takes some input and writes some output. last: there is no further input. *ended: the
 * stream is complete. False: the data is invalid. */
bool host_codec_run(struct host_codec *codec, struct host_chunk *chunk, bool last, bool *ended);
