/* Exercises the decoder of keys. Holds: bytes split anywhere give the same keys; no rune is a
 * control character; the buffer is never stuck; after the wait, Ctrl-C is Ctrl-C. */
#include "ui/terminal/key_decoder.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 512 };

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static size_t decode(struct key_decoder *decoder, const unsigned char *data, size_t size,
                     size_t step, struct key *keys) {
  size_t count = 0;
  for (size_t at = 0; at < size; at += step) {
    const size_t part = size - at < step ? size - at : step;
    if (key_decoder_add(decoder, data + at, part) != part)
      abort();
    while (key_decoder_next(decoder, &keys[count])) {
      const struct key *key = &keys[count++];
      if ((key->code == KEY_CODE_RUNE || key->code == KEY_CODE_PASTED) && key->rune < 0x20)
        abort();
    }
  }
  return count;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
  struct key_decoder whole = {0}, split = {0};
  struct key keys[BYTES_MAX], same[BYTES_MAX], key = {0};
  if (size > BYTES_MAX)
    return 0;
  const size_t count = decode(&whole, data, size, BYTES_MAX, keys);
  if (decode(&split, data, size, 1, same) != count ||
      memcmp(keys, same, count * sizeof *keys) != 0 || whole.mode != split.mode)
    abort();
  for (int i = 0; i < 4; i++) { /* an ESC, then the bytes after it */
    key_decoder_expire(&whole);
    while (key_decoder_next(&whole, &key))
      ;
  }
  key_decoder_add(&whole, (const uint8_t *)"\003\003\003\003", 4);
  while (key_decoder_next(&whole, &key))
    ;
  if (key.code != KEY_CODE_CTRL || key.rune != 'c')
    abort();
  return 0;
}
