#include "ui/terminal/key_decoder.h"

#include <stdlib.h>
#include <string.h>

enum {
  ESC = 0x1b,
  BEL = 0x07,
  DEL = 0x7f,
  CSI_MAX = 32,   /* bytes; no key's sequence is longer */
  MOUSE_BYTES = 3 /* after ESC [ M, in the oldest of the mouse protocols */
};

/* The item at the start of the bytes. */
enum outcome {
  OUTCOME_MORE, /* incomplete: wait */
  OUTCOME_KEY,
  OUTCOME_NOTHING, /* swallowed */
};

struct decoded {
  enum outcome outcome;
  size_t used;
  struct key key;
};

static struct decoded decoded_more(void) {
  return (struct decoded){.outcome = OUTCOME_MORE};
}

static struct decoded decoded_nothing(size_t used) {
  return (struct decoded){.outcome = OUTCOME_NOTHING, .used = used};
}

static struct decoded decoded_key(size_t used, enum key_code code, uint32_t rune) {
  if (code == KEY_CODE_NONE)
    return decoded_nothing(used);
  return (struct decoded){.outcome = OUTCOME_KEY, .used = used, .key = {.code = code, rune}};
}

size_t key_decoder_add(struct key_decoder *decoder, const uint8_t *bytes, size_t count) {
  const size_t room = sizeof decoder->bytes - decoder->count;
  if (count > room)
    count = room;
  decoder->expired = false;
  memcpy(decoder->bytes + decoder->count, bytes, count);
  decoder->count += count;
  return count;
}

static void decoder_drop(struct key_decoder *decoder, size_t count) {
  decoder->count -= count;
  memmove(decoder->bytes, decoder->bytes + count, decoder->count);
}

/* One character. Overlong forms, surrogates, stray and C1 bytes are swallowed. */
static struct decoded decode_rune(const uint8_t *bytes, size_t count) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const uint8_t lead = bytes[0];
  if (lead < 0x80)
    return decoded_key(1, KEY_CODE_RUNE, lead);
  const size_t len = lead >= 0xf5 ? 0 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (len == 0)
    return decoded_nothing(1);
  uint32_t rune = lead & (0xffU >> (len + 1));
  for (size_t i = 1; i < len; i++) {
    if (i == count)
      return decoded_more();
    if ((bytes[i] & 0xc0) != 0x80)
      return decoded_nothing(i);
    rune = rune << 6 | (bytes[i] & 0x3f);
  }
  if (rune < least[len] || rune < 0xa0 || (rune >= 0xd800 && rune <= 0xdfff) || rune > 0x10ffff)
    return decoded_nothing(len);
  return decoded_key(len, KEY_CODE_RUNE, rune);
}

static struct decoded decode_control(uint8_t byte) {
  switch (byte) {
  case '\r':
    return decoded_key(1, KEY_CODE_ENTER, 0);
  case '\t':
    return decoded_key(1, KEY_CODE_TAB, 0);
  case '\b':
  case DEL:
    return decoded_key(1, KEY_CODE_BACKSPACE, 0);
  default:
    if (byte >= 1 && byte <= 26)
      return decoded_key(1, KEY_CODE_CTRL, (uint32_t)'a' + byte - 1);
    return decoded_nothing(1);
  }
}

static struct key key_of_letter(uint8_t letter) {
  static const struct {
    uint8_t letter;
    struct key key;
  } keys[] = {
      {'A', {KEY_CODE_UP, 0}},       {'B', {KEY_CODE_DOWN, 0}},     {'C', {KEY_CODE_RIGHT, 0}},
      {'D', {KEY_CODE_LEFT, 0}},     {'F', {KEY_CODE_END, 0}},      {'H', {KEY_CODE_HOME, 0}},
      {'P', {KEY_CODE_FUNCTION, 1}}, {'Q', {KEY_CODE_FUNCTION, 2}}, {'R', {KEY_CODE_FUNCTION, 3}},
      {'S', {KEY_CODE_FUNCTION, 4}}, {'Z', {KEY_CODE_BACKTAB, 0}}};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (keys[i].letter == letter)
      return keys[i].key;
  return (struct key){KEY_CODE_NONE, 0};
}

static struct key key_of_number(const char *number) {
  static const struct {
    const char *number;
    struct key key;
  } keys[] = {{"1", {KEY_CODE_HOME, 0}},       {"7", {KEY_CODE_HOME, 0}},
              {"4", {KEY_CODE_END, 0}},        {"8", {KEY_CODE_END, 0}},
              {"3", {KEY_CODE_DELETE, 0}},     {"5", {KEY_CODE_PAGE_UP, 0}},
              {"6", {KEY_CODE_PAGE_DOWN, 0}},  {"11", {KEY_CODE_FUNCTION, 1}},
              {"12", {KEY_CODE_FUNCTION, 2}},  {"13", {KEY_CODE_FUNCTION, 3}},
              {"14", {KEY_CODE_FUNCTION, 4}},  {"15", {KEY_CODE_FUNCTION, 5}},
              {"17", {KEY_CODE_FUNCTION, 6}},  {"18", {KEY_CODE_FUNCTION, 7}},
              {"19", {KEY_CODE_FUNCTION, 8}},  {"20", {KEY_CODE_FUNCTION, 9}},
              {"21", {KEY_CODE_FUNCTION, 10}}, {"23", {KEY_CODE_FUNCTION, 11}},
              {"24", {KEY_CODE_FUNCTION, 12}}};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (strcmp(keys[i].number, number) == 0)
      return keys[i].key;
  return (struct key){KEY_CODE_NONE, 0};
}

/* A keypad in application mode sends ESC O and, for the characters on its keys, 'j'..'y'. */
static struct decoded decode_ss3(const uint8_t *bytes, size_t count) {
  if (count < 3)
    return decoded_more();
  const uint8_t final = bytes[2];
  if (final < 0x20)
    return decoded_nothing(2);
  if (final == 'M')
    return decoded_key(3, KEY_CODE_ENTER, 0);
  if (final >= 'j' && final <= 'y')
    return decoded_key(3, KEY_CODE_RUNE, final - 0x40U);
  const struct key key = key_of_letter(final);
  return decoded_key(3, key.code, key.rune);
}

/* The position of the final byte of the sequence that begins with ESC [; 0: not there yet. *broken:
 * at a control character, which is not part of it: Ctrl-C works anywhere. */
static size_t csi_end(const uint8_t *bytes, size_t count, bool *broken) {
  size_t i = 2;
  if (i < count && bytes[i] == '[') /* the function keys of the Linux console: ESC [ [ A */
    i++;
  for (; i < count; i++) {
    *broken = bytes[i] < 0x20;
    if (*broken || (bytes[i] >= 0x40 && bytes[i] < DEL))
      return i;
  }
  return 0;
}

/* "<BUTTON;X;Y" of the mouse's mode 1006, from 1 on; `final` is M when a button goes down. Other
 * buttons, releases, and those with Ctrl, Alt or Shift are swallowed: terminals keep these for
 * themselves. */
static struct decoded decode_mouse(const struct key_decoder *decoder, const char *parameters,
                                   uint8_t final, size_t used) {
  enum { LEFT = 0, WHEEL_UP = 64, WHEEL_DOWN = 65, SIDE_MOST = 10000 };
  long numbers[3];
  const char *at = parameters + 1;
  for (size_t i = 0; i < 3; i++) {
    char *end;
    if (*at < '0' || *at > '9')
      return decoded_nothing(used);
    numbers[i] = strtol(at, &end, 10);
    if (numbers[i] > SIDE_MOST || *end != (i < 2 ? ';' : '\0'))
      return decoded_nothing(used);
    at = end + 1;
  }
  const enum key_code code = numbers[0] == LEFT         ? KEY_CODE_CLICK
                             : numbers[0] == WHEEL_UP   ? KEY_CODE_WHEEL_UP
                             : numbers[0] == WHEEL_DOWN ? KEY_CODE_WHEEL_DOWN
                                                        : KEY_CODE_NONE;
  if (!decoder->mouse || final != 'M' || numbers[1] < 1 || numbers[2] < 1)
    return decoded_nothing(used);
  struct decoded decoded = decoded_key(used, code, 0);
  decoded.key.x = (int)numbers[1] - 1;
  decoded.key.y = (int)numbers[2] - 1;
  return decoded;
}

static struct decoded decode_csi(struct key_decoder *decoder) {
  const uint8_t *bytes = decoder->bytes;
  bool broken = false;
  const size_t count = decoder->count < CSI_MAX ? decoder->count : CSI_MAX;
  const size_t end = csi_end(bytes, count, &broken);
  if (broken)
    return decoded_nothing(end);
  if (end == 0 && count < CSI_MAX)
    return decoded_more();
  if (end == 0) {
    decoder->mode = KEY_MODE_CSI;
    return decoded_nothing(count);
  }
  char parameters[CSI_MAX] = "";
  memcpy(parameters, bytes + 2, end - 2);
  if (bytes[end] == 'M' && end == 2)
    return decoder->count < end + 1 + MOUSE_BYTES ? decoded_more()
                                                  : decoded_nothing(end + 1 + MOUSE_BYTES);
  if (parameters[0] == '[')
    return decoded_key(end + 1, bytes[end] <= 'E' ? KEY_CODE_FUNCTION : KEY_CODE_NONE,
                       bytes[end] - 'A' + 1U);
  if (parameters[0] == '<')
    return decode_mouse(decoder, parameters, bytes[end], end + 1);
  if (bytes[end] == '~' && strcmp(parameters, "200") == 0) {
    decoder->mode = KEY_MODE_PASTE;
    return decoded_nothing(end + 1);
  }
  reports_csi(&decoder->reports, parameters, (char)bytes[end]);
  const struct key key = bytes[end] == '~'       ? key_of_number(parameters)
                         : parameters[0] == '\0' ? key_of_letter(bytes[end])
                                                 : (struct key){KEY_CODE_NONE, 0};
  return decoded_key(end + 1, key.code, key.rune);
}

static bool begins_string(uint8_t byte) {
  return byte && strchr("]P_^X", byte);
}

static struct decoded decode_escape(struct key_decoder *decoder) {
  if (decoder->expired) { /* a letter after it is a key of its own */
    decoder->expired = false;
    return decoded_key(1, KEY_CODE_ESC, 0);
  }
  if (decoder->count == 1)
    return decoded_more();
  const uint8_t next = decoder->bytes[1];
  if (next == '[')
    return decode_csi(decoder);
  if (next == 'O')
    return decode_ss3(decoder->bytes, decoder->count);
  if (begins_string(next)) {
    if (decoder->count == 2)
      return decoded_more();
    decoder->mode = KEY_MODE_STRING;
    decoder->osc = next == ']';
    decoder->string_count = 0;
    return decoded_nothing(2);
  }
  return decoded_key(1, KEY_CODE_ESC, 0);
}

static struct decoded decode_plain(struct key_decoder *decoder) {
  const uint8_t first = decoder->bytes[0];
  if (first == ESC)
    return decode_escape(decoder);
  if (first < 0x20 || first == DEL)
    return decode_control(first);
  return decode_rune(decoder->bytes, decoder->count);
}

static struct decoded decode_long_csi(struct key_decoder *decoder) {
  const uint8_t first = decoder->bytes[0];
  if ((first >= 0x20 && first < 0x40) || first >= DEL)
    return decoded_nothing(1);
  decoder->mode = KEY_MODE_PLAIN;
  return decoded_nothing(first < 0x20 ? 0 : 1);
}

static void string_end(struct key_decoder *decoder) {
  decoder->mode = KEY_MODE_PLAIN;
  if (!decoder->osc || decoder->string_count == sizeof decoder->string)
    return;
  decoder->string[decoder->string_count] = '\0';
  reports_osc(&decoder->reports, decoder->string);
}

static struct decoded decode_string(struct key_decoder *decoder) {
  const uint8_t first = decoder->bytes[0];
  if (first == ESC) {
    if (decoder->count == 1)
      return decoded_more();
    string_end(decoder);
    return decoded_nothing(decoder->bytes[1] == '\\' ? 2 : 0);
  }
  if (first == BEL)
    string_end(decoder);
  else if (decoder->string_count < sizeof decoder->string)
    decoder->string[decoder->string_count++] = (char)first;
  return decoded_nothing(1);
}

static bool may_be(const struct key_decoder *decoder, const uint8_t *sequence, size_t length) {
  return memcmp(decoder->bytes, sequence, decoder->count < length ? decoder->count : length) == 0;
}

/* An answer of the terminal may come in the middle: the next frame waits for it. */
static struct decoded decode_paste(struct key_decoder *decoder) {
  static const uint8_t answer[] = {ESC, '[', '0', 'n'};
  static const uint8_t end[] = {ESC, '[', '2', '0', '1', '~'};
  const uint8_t first = decoder->bytes[0];
  if (first == ESC) {
    const bool ends = may_be(decoder, end, sizeof end);
    const size_t length = ends ? sizeof end : sizeof answer;
    if (!ends && !may_be(decoder, answer, sizeof answer))
      return decoded_nothing(1);
    if (decoder->count < length)
      return decoded_more();
    if (ends)
      decoder->mode = KEY_MODE_PLAIN;
    else
      reports_csi(&decoder->reports, "0", 'n');
    return decoded_nothing(length);
  }
  if (first < 0x20 || first == DEL)
    return decoded_nothing(1);
  struct decoded decoded = decode_rune(decoder->bytes, decoder->count);
  if (decoded.outcome == OUTCOME_KEY)
    decoded.key.code = KEY_CODE_PASTED;
  return decoded;
}

static struct decoded decode(struct key_decoder *decoder) {
  switch (decoder->mode) {
  case KEY_MODE_CSI:
    return decode_long_csi(decoder);
  case KEY_MODE_STRING:
    return decode_string(decoder);
  case KEY_MODE_PASTE:
    return decode_paste(decoder);
  default:
    return decode_plain(decoder);
  }
}

bool key_decoder_next(struct key_decoder *decoder, struct key *key) {
  while (decoder->count > 0) {
    struct decoded decoded = decode(decoder);
    if (decoded.outcome == OUTCOME_MORE)
      return false;
    decoder_drop(decoder, decoded.used);
    if (decoded.outcome == OUTCOME_KEY) {
      *key = decoded.key;
      return true;
    }
  }
  return false;
}

int key_decoder_wait(const struct key_decoder *decoder) {
  switch (decoder->mode) {
  case KEY_MODE_PASTE:
    return KEY_PASTE_MS;
  case KEY_MODE_STRING:
    return KEY_ESC_MS;
  case KEY_MODE_CSI:
    return 0;
  default:
    break;
  }
  if (decoder->count == 0 || decoder->bytes[0] != ESC)
    return 0;
  /* After ESC [ only its rest can follow, however late: giving up would let that rest act as
   * letters. */
  return decoder->count > 1 && decoder->bytes[1] == '[' ? 0 : KEY_ESC_MS;
}

void key_decoder_expire(struct key_decoder *decoder) {
  if (decoder->mode != KEY_MODE_PLAIN) {
    decoder->mode = KEY_MODE_PLAIN;
    decoder->count = 0;
    return;
  }
  if (key_decoder_wait(decoder) == 0)
    return;
  decoder->expired = true;
}
