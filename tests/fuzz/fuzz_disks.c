/* Exercises what the actions on disks read: names of files, a remembered look, texts of /proc, and
 * compressed data. Holds: a name that is shown is one line of printable UTF-8, and reads back as
 * the same bytes; a look that is read is written and read again unchanged; no text of /proc reads
 * beyond its end; a codec ends whatever it is given, and what it compresses it decompresses. */
#include "fuzz.h"

#include "clients/host/host_codec.h"
#include "clients/host/host_held.h"
#include "clients/host/host_look.h"
#include "clients/host/host_name.h"
#include "core/json/json_writer.h"

enum { NAME_MOST = 4000, OUT = 16384 };

static void check_name(const char *name) {
  static char shown[NAME_MOST * HOST_NAME_FACTOR + 1], read[NAME_MOST + 1];
  if (strlen(name) > NAME_MOST)
    return;
  host_name_show(shown, sizeof shown, name);
  assert(json_is_text(shown));
  for (const char *at = shown; *at; at++)
    assert((unsigned char)*at >= 0x20 && *at != 0x7F);
  assert(host_name_read(read, sizeof read, shown) && strcmp(read, name) == 0);
  host_name_show(shown, 7, name); /* cut at a whole unit */
  assert(strlen(shown) < 7 && host_name_read(read, sizeof read, shown));
  assert(strncmp(read, name, strlen(read)) == 0);
}

static void check_look(const char *text) {
  struct host_look look, again;
  size_t len;
  host_name_read((char[64]){0}, 64, text);
  if (!host_look_parse(&look, text, "/var"))
    return;
  assert(look.count <= HOST_LOOK_ENTRIES && look.at_ms > 0);
  char *written = host_look_text(&look, "/var", &len);
  assert(strlen(written) == len && host_look_parse(&again, written, "/var"));
  assert(again.count == look.count && again.at_ms == look.at_ms);
  for (size_t i = 0; i < look.count; i++) {
    assert(strcmp(look.items[i].path, again.items[i].path) == 0);
    assert(look.items[i].bytes == again.items[i].bytes && look.items[i].bytes >= 0);
  }
  free(written);
  host_look_fini(&look);
  host_look_fini(&again);
}

/* All output of a codec, at most `most` bytes of it are kept; false: invalid or not complete. */
static bool run(enum host_format format, bool decompress, const uint8_t *in, size_t in_len,
                uint8_t *out, size_t most, size_t *out_len) {
  struct host_codec *codec = host_codec_new(format, decompress);
  static uint8_t part[OUT];
  bool ended = false, good = true;
  struct host_chunk chunk = {.in = in, .in_len = in_len};
  *out_len = 0;
  for (int calls = 0; good && !ended; calls++) {
    const size_t before = chunk.in_len;
    chunk.out = part;
    chunk.out_len = sizeof part;
    good = host_codec_run(codec, &chunk, true, &ended);
    if (!good || (!ended && chunk.in_len == before && chunk.out_len == 0) || calls > 2000)
      break;
    assert(chunk.in_len <= before && chunk.out_len <= sizeof part);
    if (*out_len + chunk.out_len > most)
      break;
    memcpy(out + *out_len, part, chunk.out_len);
    *out_len += chunk.out_len;
  }
  host_codec_free(codec);
  return good && ended;
}

static void check_codec(const uint8_t *data, size_t size) {
  static uint8_t packed[1 << 18], back[1 << 18];
  size_t packed_len, back_len;
  for (int format = HOST_GZIP; format <= HOST_ZSTD; format++) {
    run((enum host_format)format, true, data, size, back, sizeof back, &back_len);
    if (size > 100000)
      continue;
    assert(run((enum host_format)format, false, data, size, packed, sizeof packed, &packed_len));
    assert(run((enum host_format)format, true, packed, packed_len, back, sizeof back, &back_len));
    assert(back_len == size && memcmp(back, data, size) == 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  memcpy(text, data, size);
  text[size] = '\0';
  check_name(text);
  check_look(text);
  host_started_parse(text);
  assert(host_flags_parse(text) >= -1);
  check_codec(data, size);
  free(text);
  return 0;
}
