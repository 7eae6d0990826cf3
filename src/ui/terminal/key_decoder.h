/* Bytes from a terminal to keys. Pure: no terminal, no clock.
 *
 * An unknown key is swallowed as a whole, so that no part of a sequence acts as a letter: unknown
 * CSI and SS3 sequences, mouse reports where the mouse is off, and answers to queries (including
 * those of the previous program). Only a lone ESC is a key, and ESC with a letter right after it is
 * Esc and that letter: behind a multiplexer or a slow line two keys that were pressed one after the
 * other look like that. A bracketed paste arrives as KEY_CODE_PASTED, without its control
 * characters. */
#pragma once

#include "ui/terminal/key.h"
#include "ui/terminal/report.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  KEY_BYTES_MAX = 1024, /* bytes held: more are read after these are decoded */
  KEY_ESC_MS = 40,      /* how long a lone ESC may be the start of a sequence */
  KEY_PASTE_MS = 2000,  /* a paste that is silent for this long has lost its end */
};

enum key_mode {
  KEY_MODE_PLAIN,
  KEY_MODE_CSI,    /* inside a sequence that is too long to be a key: up to its end */
  KEY_MODE_STRING, /* the same for an OSC, DCS, APC, PM or SOS string */
  KEY_MODE_PASTE,
};

struct key_decoder {
  enum key_mode mode;
  bool mouse;   /* reports of its mode 1006 are keys: it was switched on */
  bool expired; /* an ESC at the start is a key */
  uint8_t bytes[KEY_BYTES_MAX];
  size_t count;
  struct reports reports; /* answers of the terminal that were among the bytes */
  bool osc;               /* the string is an OSC */
  char string[REPORT_STRING_MAX];
  size_t string_count;
};

/* Takes as many of the bytes as there is room for; returns their number. Decode, then call again.
 */
size_t key_decoder_add(struct key_decoder *decoder, const uint8_t *bytes, size_t count);
/* The next whole key. False when there is none yet. */
bool key_decoder_next(struct key_decoder *decoder, struct key *key);
/* How long to wait for more bytes before key_decoder_expire; 0: nothing waits. */
int key_decoder_wait(const struct key_decoder *decoder);
/* The wait is over: no more bytes belong to the sequence. Call key_decoder_next again. */
void key_decoder_expire(struct key_decoder *decoder);
