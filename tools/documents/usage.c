#include "usage.h"

#include "core/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { CONTINUED_FROM = 15 }; /* spaces before a line that continues an item or a synopsis */

static struct usage_part *part_add(struct usage *usage, enum usage_kind kind, const char *name,
                                   size_t length, const char *text) {
  usage->parts = mem_resize(usage->parts, (usage->count + 1) * sizeof *usage->parts);
  struct usage_part *part = &usage->parts[usage->count++];
  *part = (struct usage_part){.kind = kind,
                              .name = name ? mem_printf("%.*s", (int)length, name) : NULL,
                              .text = *text ? mem_dup(text) : NULL};
  return part;
}

static void text_append(struct usage_part *part, const char *more) {
  char *joined = part->text ? mem_printf("%s %s", part->text, more) : mem_dup(more);
  free(part->text);
  part->text = joined;
}

/* Where the name ends: at two blanks, or at the end. */
static size_t name_length(const char *text) {
  const char *gap = strstr(text, "  ");
  return gap ? (size_t)(gap - text) : strlen(text);
}

static const char *after_blanks(const char *text) {
  return text + strspn(text, " ");
}

static void line_take(struct usage *usage, const char *line, bool *joins) {
  static const char first[] = "usage: ", program[] = "stacktop";
  const size_t indent = strspn(line, " ");
  const char *text = line + indent;
  struct usage_part *last = usage->count > 0 ? &usage->parts[usage->count - 1] : NULL;
  if (strncmp(line, first, sizeof first - 1) == 0)
    text = line + sizeof first - 1;
  if (strncmp(text, program, sizeof program - 1) == 0 && (indent > 0 || text != line)) {
    part_add(usage, USAGE_SYNOPSIS, text, name_length(text),
             after_blanks(text + name_length(text)));
  } else if (indent >= CONTINUED_FROM && last && last->kind != USAGE_PARAGRAPH) {
    text_append(last, text);
  } else if (indent > 0) {
    part_add(usage, USAGE_ITEM, text, name_length(text), after_blanks(text + name_length(text)));
  } else if (*joins && last && last->kind == USAGE_PARAGRAPH) {
    text_append(last, text);
  } else {
    part_add(usage, USAGE_PARAGRAPH, NULL, 0, text);
  }
  *joins = true;
}

struct usage usage_read(enum mode mode) {
  struct usage usage = {0};
  char *text, *line;
  size_t length;
  bool joins = false;
  FILE *out = open_memstream(&text, &length);
  if (!out)
    mem_failed();
  options_usage(out, mode);
  fclose(out);
  for (char *rest = text; (line = strsep(&rest, "\n"));) {
    if (*line)
      line_take(&usage, line, &joins);
    else
      joins = false;
  }
  free(text);
  return usage;
}

void usage_fini(struct usage *usage) {
  for (size_t i = 0; i < usage->count; i++) {
    free(usage->parts[i].name);
    free(usage->parts[i].text);
  }
  free(usage->parts);
}

/* The place after --NAME in the text; NULL if it is not there as a whole word. */
static const char *option_find(const char *text, const char *name) {
  const size_t length = strlen(name);
  for (const char *at = text; at && (at = strstr(at, "--")); at += 2)
    if (strncmp(at + 2, name, length) == 0 && !isalnum((unsigned char)at[2 + length]) &&
        at[2 + length] != '-')
      return at + 2 + length;
  return NULL;
}

/* "; --wall: for a wall display": an option within the text of another. */
static bool clause_take(char *out, size_t size, const char *text, const char *name) {
  const char *at = option_find(text, name);
  if (!at)
    return false;
  at += strcspn(at, ":;");
  if (*at != ':')
    return false;
  at = after_blanks(at + 1);
  snprintf(out, size, "%.*s", (int)strcspn(at, ";"), at);
  return true;
}

static bool part_take(char *out, size_t size, const struct usage_part *part, const char *name) {
  if (part->kind != USAGE_ITEM)
    return false;
  if (!option_find(part->name, name))
    return part->text && clause_take(out, size, part->text, name);
  const char *text = part->text ? part->text : "";
  size_t length = strcspn(text, ";");
  const char *next = strstr(text, "; --");
  if (next)
    length = (size_t)(next - text);
  snprintf(out, size, "%.*s", (int)length, text);
  return true;
}

static bool mode_take(char *out, size_t size, enum mode mode, const char *name) {
  struct usage usage = usage_read(mode);
  bool found = false;
  for (size_t i = 0; i < usage.count && !found; i++)
    found = part_take(out, size, &usage.parts[i], name);
  usage_fini(&usage);
  return found;
}

void usage_option(char *out, size_t size, enum mode mode, const char *name) {
  enum mode other;
  *out = '\0';
  bool found = mode_take(out, size, mode, name) || mode_take(out, size, MODE_DASHBOARD, name);
  for (size_t i = 0; !found && options_command(i, &other); i++)
    found = mode_take(out, size, other, name);
}
