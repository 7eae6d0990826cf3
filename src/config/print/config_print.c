#include "config/print/config_print.h"

#include "core/quantity.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* Characters without a meaning in YAML at any position, and no word that YAML reads as another
 * type. */
static bool is_plain(const char *text) {
  static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "off"};
  if (!isalnum((unsigned char)*text) && *text != '/')
    return false;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcasecmp(text, words[i]) == 0)
      return strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0;
  return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                           "_-./%+")] == '\0';
}

static void print_text(FILE *out, const char *text, bool escape) {
  if (is_plain(text)) {
    fputs(text, out);
    return;
  }
  fputc('"', out);
  for (; *text; text++) {
    unsigned char byte = (unsigned char)*text;
    if (byte == '"' || byte == '\\')
      fprintf(out, "\\%c", byte);
    else if (byte < 0x20 || byte == 0x7F)
      fprintf(out, "\\x%02X", byte);
    else if (byte == '$' && text[1] == '{' && escape)
      fputs("$$", out);
    else
      fputc(byte, out);
  }
  fputc('"', out);
}

void config_print_text(FILE *out, const char *text) {
  print_text(out, text, true);
}

void config_print_source(FILE *out, const char *text) {
  print_text(out, text, false);
}

struct step {
  double size;
  const char *suffix;
};

void config_print_duration(FILE *out, int64_t ms) {
  char text[DURATION_TEXT_MAX];
  fputs(duration_text(text, ms), out);
}

static void print_bytes(FILE *out, double bytes) {
  static const struct step steps[] = {
      {1099511627776.0, "TB"}, {1073741824, "GB"}, {1048576, "MB"}, {1024, "kB"}, {1, "B"}};
  size_t i = 0;
  while (i < 4 && (bytes < steps[i].size || fmod(bytes, steps[i].size) != 0))
    i++;
  fprintf(out, "%.15g%s", bytes / steps[i].size, steps[i].suffix);
}

/* In milliseconds, which a double represents exactly up to there. */
static const double DURATION_MOST = 9e18;

void config_print_limit(FILE *out, double limit, enum unit unit) {
  switch (unit) {
  case UNIT_RATIO:
    fprintf(out, "%.12g%%", limit * 100);
    break;
  case UNIT_SECONDS:
    config_print_duration(out, llround(fmin(fmax(limit * 1000, -DURATION_MOST), DURATION_MOST)));
    break;
  case UNIT_BYTES:
    print_bytes(out, limit);
    break;
  case UNIT_BYTES_PER_SECOND:
    print_bytes(out, limit);
    fputs("/s", out);
    break;
  case UNIT_PER_SECOND:
    fprintf(out, "%.15g/s", limit);
    break;
  default:
    fprintf(out, "%.15g", limit);
  }
}

void config_print_threshold(FILE *out, const struct threshold *threshold, enum unit unit) {
  if (!threshold->has_warn && !threshold->has_crit) {
    fputs("off", out);
    return;
  }
  const char *comma = "";
  fputc('{', out);
  if (threshold->has_warn) {
    fputs("warn: ", out);
    config_print_limit(out, threshold->warn, unit);
    comma = ", ";
  }
  if (threshold->has_crit) {
    fprintf(out, "%scrit: ", comma);
    config_print_limit(out, threshold->crit, unit);
  }
  if (threshold->for_ms > 0) {
    fputs(", for: ", out);
    config_print_duration(out, threshold->for_ms);
  }
  if (threshold->below)
    fputs(", below: true", out);
  if (threshold->has_clear) {
    fputs(", clear: ", out);
    config_print_limit(out, threshold->clear, unit);
  }
  if (threshold->clear_for_ms > 0) {
    fputs(", clear_for: ", out);
    config_print_duration(out, threshold->clear_for_ms);
  }
  fputc('}', out);
}
