#include "ui/table/columns_choice.h"

#include "core/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void columns_choices_fini(struct columns_choices *choices) {
  for (size_t i = 0; i < choices->count; i++)
    free(choices->items[i].columns);
  free(choices->items);
  free(choices->kept);
  *choices = (struct columns_choices){0};
}

struct columns_choice *columns_choices_find(const struct columns_choices *choices,
                                            const char *table) {
  for (size_t i = 0; i < choices->count; i++)
    if (strcmp(choices->items[i].table, table) == 0)
      return &choices->items[i];
  return NULL;
}

struct columns_choice *columns_choices_set(struct columns_choices *choices, const char *table) {
  struct columns_choice *choice = columns_choices_find(choices, table);
  if (choice) {
    choice->count = 0;
    choice->line = 0;
    choice->checked = false;
    return choice;
  }
  if (choices->count == COLUMN_CHOICES_MAX || strlen(table) >= COLUMN_CHOICE_ID_MAX)
    return NULL;
  choices->items = mem_resize(choices->items, (choices->count + 1) * sizeof *choices->items);
  choice = &choices->items[choices->count++];
  *choice = (struct columns_choice){0};
  snprintf(choice->table, sizeof choice->table, "%s", table);
  return choice;
}

void columns_choices_remove(struct columns_choices *choices, const char *table) {
  struct columns_choice *choice = columns_choices_find(choices, table);
  if (!choice)
    return;
  free(choice->columns);
  *choice = choices->items[--choices->count];
}

bool columns_choice_add(struct columns_choice *choice, const char *id, int width) {
  if (choice->count == COLUMN_CHOICE_COLUMNS_MAX || strlen(id) >= COLUMN_CHOICE_ID_MAX)
    return false;
  choice->columns = mem_resize(choice->columns, (choice->count + 1) * sizeof *choice->columns);
  struct chosen_column *column = &choice->columns[choice->count++];
  *column = (struct chosen_column){.width = width};
  snprintf(column->id, sizeof column->id, "%s", id);
  return true;
}

void columns_choice_check(struct columns_choice *choice, const struct table_spec *spec) {
  for (size_t i = 0; !choice->checked && i < choice->count; i++)
    if (table_column(spec, choice->columns[i].id) < 0 && !*choice->unknown)
      snprintf(choice->unknown, sizeof choice->unknown, "%s", choice->columns[i].id);
  choice->checked = true;
}

/* ---- the file */

static bool is_id(const char *text, size_t len, bool dots) {
  for (size_t i = 0; i < len; i++)
    if (!islower((unsigned char)text[i]) && !isdigit((unsigned char)text[i]) && text[i] != '_' &&
        text[i] != '-' && !(dots && text[i] == '.'))
      return false;
  return len > 0 && len < COLUMN_CHOICE_ID_MAX;
}

static const char *skip(const char *at, const char *end) {
  while (at < end && isspace((unsigned char)*at))
    at++;
  return at;
}

static const char *trim(const char *from, const char *end) {
  while (end > from && isspace((unsigned char)end[-1]))
    end--;
  return end;
}

/* "query=40" */
static bool column_read(struct columns_choice *choice, const char *at, const char *end, int line,
                        struct err *err) {
  char id[COLUMN_CHOICE_ID_MAX], number[8];
  const char *equal = memchr(at, '=', (size_t)(end - at));
  const char *id_end = trim(at, equal ? equal : end);
  int width = 0;
  if (!is_id(at, (size_t)(id_end - at), false))
    return err_set(err, ERR_INVALID, "line %d: \"%.*s\" is not the name of a column", line,
                   (int)(end - at < 40 ? end - at : 40), at);
  if (equal) {
    const char *digits = skip(equal + 1, end);
    snprintf(number, sizeof number, "%.*s", (int)(end - digits), digits);
    char *after;
    const long cells = strtol(number, &after, 10);
    if (end - digits >= (long)sizeof number || *after || after == number || cells < 1 ||
        cells > COLUMN_CHOICE_WIDTH_MAX)
      return err_set(err, ERR_INVALID, "line %d: the width \"%.*s\" is not a number from 1 to %d",
                     line, (int)(end - digits < 40 ? end - digits : 40), digits,
                     COLUMN_CHOICE_WIDTH_MAX);
    width = (int)cells;
  }
  snprintf(id, sizeof id, "%.*s", (int)(id_end - at), at);
  return columns_choice_add(choice, id, width) ||
         err_set(err, ERR_LIMIT, "line %d: more than %d columns", line, COLUMN_CHOICE_COLUMNS_MAX);
}

static bool line_read(struct columns_choices *choices, const char *at, const char *end, int line,
                      struct err *err) {
  char table[COLUMN_CHOICE_ID_MAX];
  at = skip(at, end);
  end = trim(at, end);
  if (at == end || *at == '#')
    return true;
  const char *colon = memchr(at, ':', (size_t)(end - at));
  const char *id_end = colon ? trim(at, colon) : at;
  if (!colon || !is_id(at, (size_t)(id_end - at), true) || !memchr(at, '.', (size_t)(id_end - at)))
    return err_set(err, ERR_INVALID,
                   "line %d: expected KIND.TABLE: COLUMN, COLUMN=WIDTH, found \"%.*s\"", line,
                   (int)(end - at < 40 ? end - at : 40), at);
  snprintf(table, sizeof table, "%.*s", (int)(id_end - at), at);
  struct columns_choice *choice = columns_choices_set(choices, table);
  if (!choice)
    return err_set(err, ERR_LIMIT, "line %d: more than %d tables", line, COLUMN_CHOICES_MAX);
  choice->line = line;
  for (at = skip(colon + 1, end); at < end;) {
    const char *comma = memchr(at, ',', (size_t)(end - at));
    if (!column_read(choice, at, trim(at, comma ? comma : end), line, err)) {
      columns_choices_remove(choices, table);
      return false;
    }
    at = comma ? skip(comma + 1, end) : end;
  }
  return true;
}

static const char head[] = "# Columns of stacktop's tables, written by its chooser. A line names a "
                           "table and its columns;\n# COLUMN=CELLS sets a width. Without this file "
                           "all tables have their usual columns.\n";

/* A line without a choice, unless it is one of the head. */
static void line_keep(struct columns_choices *choices, const char *at, const char *end) {
  char *line = mem_printf("%.*s\n", (int)(trim(at, end) - at), at);
  if (line[strspn(line, " \t\r\n")] && !strstr(head, line)) {
    char *kept = mem_printf("%s%s", choices->kept ? choices->kept : "", line);
    free(choices->kept);
    choices->kept = kept;
  }
  free(line);
}

bool columns_choices_read(struct columns_choices *choices, const char *text, size_t len,
                          struct err *err) {
  const char *at = text, *end = text + len;
  bool good = true;
  for (int line = 1; at < end; line++) {
    const char *next = memchr(at, '\n', (size_t)(end - at));
    struct err own;
    const char *first = skip(at, next ? next : end);
    const bool right = line_read(choices, at, next ? next : end, line, &own);
    if (!right && good) {
      *err = own;
      good = false;
    }
    if (!right || (first < end && *first == '#'))
      line_keep(choices, at, next ? next : end);
    at = next ? next + 1 : end;
  }
  return good;
}

static int choice_compare(const void *a, const void *b) {
  const struct columns_choice *const *one = a, *const *other = b;
  return strcmp((*one)->table, (*other)->table);
}

char *columns_choices_text(const struct columns_choices *choices) {
  const struct columns_choice **sorted = mem_new((choices->count + 1) * sizeof *sorted);
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);
  for (size_t i = 0; i < choices->count; i++)
    sorted[i] = &choices->items[i];
  qsort(sorted, choices->count, sizeof *sorted, choice_compare);
  if (out) {
    fprintf(out, "%s%s", head, choices->kept ? choices->kept : "");
    for (size_t i = 0; i < choices->count; i++) {
      fprintf(out, "%s:", sorted[i]->table);
      for (size_t c = 0; c < sorted[i]->count; c++) {
        fprintf(out, "%s %s", c > 0 ? "," : "", sorted[i]->columns[c].id);
        if (sorted[i]->columns[c].width > 0)
          fprintf(out, "=%d", sorted[i]->columns[c].width);
      }
      fputc('\n', out);
    }
    fclose(out);
  }
  free(sorted);
  return text;
}
