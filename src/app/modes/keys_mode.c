#include "app/modes/keys_mode.h"

#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "core/json/json_writer.h"
#include "core/mem.h"
#include "report/text/text_out.h"
#include "ui/view/keys/key_rows.h"

#include <stdlib.h>

enum { NAME_COLUMN = 18, HELP_COLUMN = 36 };

static void places_put(const struct key_row *row, char *out, size_t size) {
  size_t used = 0;
  *out = '\0';
  for (size_t i = 0; row->places[i] && used < size; i++)
    used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", row->places[i]);
}

static void row_put(struct text_out *out, const struct key_row *row) {
  char keys[KEYMAP_NAMES_MAX], places[256];
  text_out_begin(out, 2);
  text_out_bold(out, keymap_names(&row->keys, keys));
  if (out->column >= NAME_COLUMN)
    text_out_begin(out, 2);
  text_out_pad(out, NAME_COLUMN);
  text_out_piece(out, row->name ? row->name : "-", 0);
  text_out_pad(out, HELP_COLUMN);
  out->indent = HELP_COLUMN;
  places_put(row, places, sizeof places);
  text_out_words(out, row->help, 0);
  text_out_printf(out, 1, "(%s%s)", places, row->name && row->fixed ? "; cannot be changed" : "");
}

static bool text_show(const struct key_row *rows, size_t count, const struct options *options) {
  const struct report_text_options text = print_options(options);
  struct text_out out;
  text_out_init(&out, stdout, &text);
  for (size_t i = 0; i < count; i++) {
    if (i == 0 || !rows[i].name != !rows[i - 1].name) {
      text_out_begin(&out, 0);
      text_out_bold(&out, rows[i].name ? "Keys of the dashboard" : "Keys of dialogs");
      text_out_words(&out,
                     rows[i].name ? "(their names are those of `keys:` in the configuration)"
                                  : "(they cannot be changed)",
                     1);
    }
    row_put(&out, &rows[i]);
  }
  text_out_end(&out);
  return fflush(stdout) == 0 && !ferror(stdout);
}

static void keys_write(struct json_writer *writer, const char *name,
                       const struct keymap_keys *keys) {
  char text[KEY_TEXT_MAX];
  json_open(writer, name, '[');
  for (size_t i = 0; i < keys->count; i++)
    json_text(writer, NULL, key_text(keys->keys[i], text));
  json_close(writer, ']');
}

static bool json_show(const struct key_row *rows, size_t count) {
  struct json_writer writer = {.out = stdout, .lines = true};
  json_open(&writer, NULL, '{');
  json_open(&writer, "keys", '[');
  for (size_t i = 0; i < count; i++) {
    const struct key_row *row = &rows[i];
    json_line(&writer);
    json_open(&writer, NULL, '{');
    json_text_if(&writer, "name", row->name);
    keys_write(&writer, "keys", &row->keys);
    keys_write(&writer, "default", &row->by_default);
    json_open(&writer, "places", '[');
    for (size_t j = 0; row->places[j]; j++)
      json_text(&writer, NULL, row->places[j]);
    json_close(&writer, ']');
    json_bool(&writer, "fixed", row->fixed);
    json_text(&writer, "help", row->help);
    json_close(&writer, '}');
  }
  json_close(&writer, ']');
  json_close(&writer, '}');
  putchar('\n');
  return fflush(stdout) == 0 && !ferror(stdout);
}

int keys_show(const struct options *options, const struct app_schema *schema) {
  struct config *config = startup_config_file(options, schema);
  struct keymap map;
  struct err err; /* checked when the configuration was loaded */
  if (!config)
    return EXIT_CONFIG_BAD;
  keymap_init(&map);
  for (size_t i = 0; i < config->key_count; i++)
    if (!keymap_set(&map, &config->keys[i], &err))
      continue;
  struct key_row *rows = mem_new(KEY_ROWS_MAX * sizeof *rows);
  const size_t count = key_rows(&map, rows);
  const bool written =
      print_end(options->json ? json_show(rows, count) : text_show(rows, count, options));
  free(rows);
  keymap_fini(&map);
  config_free(config);
  return written ? EXIT_SUCCESS : EXIT_FAILURE;
}
