#include "model/own/own_text.h"

#include "core/mem.h"
#include "core/text/suggest.h"
#include "core/text/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 100 };

static const char option_prefix[] = "target.", ask_prefix[] = "ask.";

/* ---- from the file */

static void piece_add(struct own_text *text, enum own_piece_kind kind, const char *from,
                      size_t len) {
  text->pieces = mem_resize(text->pieces, (text->piece_count + 1) * sizeof *text->pieces);
  char *copy = mem_new(len + 1);
  memcpy(copy, from, len);
  text->pieces[text->piece_count++] = (struct own_piece){.kind = kind, .text = copy};
}

static bool starts_with(const char *name, const char *prefix) {
  return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool option_check(const struct own_scope *scope, const char *name, struct err *err) {
  struct suggestion near = {0};
  for (size_t i = 0; i < scope->kind->option_count; i++) {
    const struct option *option = &scope->kind->options[i];
    if (strcmp(option->name, name) != 0) {
      suggest_consider(&near, name, option->name);
      continue;
    }
    if (option->type == OPTION_SECRET || option->hidden)
      return err_set(err, ERR_INVALID,
                     "{target.%s} may hold a secret, and what is filled in is shown and recorded",
                     name);
    if (option->type == OPTION_LIST || option->type == OPTION_MAP)
      return err_set(err, ERR_INVALID, "{target.%s} has several values; it cannot fill one place",
                     name);
    return true;
  }
  return err_set(err, ERR_INVALID, "%s has no option \"%.60s\"%s", scope->kind->key, name,
                 suggest_text(&near));
}

static bool ask_check(const struct own_scope *scope, const char *name, struct err *err) {
  struct suggestion near = {0};
  if (action_param(scope->params, name) >= 0)
    return true;
  for (size_t i = 0; i < scope->params->param_count; i++)
    suggest_consider(&near, name, scope->params->params[i].name);
  return err_set(err, ERR_INVALID, "the action asks for nothing named \"%.60s\"%s", name,
                 suggest_text(&near));
}

static bool column_check(const struct own_scope *scope, const char *name, struct err *err) {
  struct suggestion near = {0};
  if (!scope->table)
    return err_set(err, ERR_INVALID,
                   "{%.60s} names a column, but the action is for the target itself; add table: to "
                   "rows, or use {target}",
                   name);
  if (table_column(scope->table, name) >= 0)
    return true;
  for (size_t i = 0; i < scope->table->column_count; i++)
    suggest_consider(&near, name, scope->table->columns[i].id);
  suggest_consider(&near, name, "row");
  suggest_consider(&near, name, "target");
  return err_set(err, ERR_INVALID, "the table %s has no column \"%.60s\"%s", scope->table->id, name,
                 suggest_text(&near));
}

static bool placeholder_add(struct own_text *text, const char *name, const struct own_scope *scope,
                            struct err *err) {
  enum own_piece_kind kind = OWN_COLUMN;
  bool good;
  if (strcmp(name, "target") == 0) {
    kind = OWN_TARGET;
    good = true;
  } else if (strcmp(name, "row") == 0) {
    kind = OWN_ROW;
    good = scope->table || err_set(err, ERR_INVALID, "{row}: the action is for the target itself");
  } else if (starts_with(name, option_prefix)) {
    kind = OWN_OPTION;
    name += sizeof option_prefix - 1;
    good = option_check(scope, name, err);
  } else if (starts_with(name, ask_prefix)) {
    kind = OWN_ASK;
    name += sizeof ask_prefix - 1;
    good = ask_check(scope, name, err);
  } else {
    good = column_check(scope, name, err);
  }
  if (good)
    piece_add(text, kind, name, strlen(name));
  return good;
}

/* *at is after the brace, and is moved after the closing one. */
static bool placeholder_read(struct own_text *text, const char **at, const struct own_scope *scope,
                             struct err *err) {
  char name[NAME_MAX_BYTES];
  const size_t len = strcspn(*at, "{}");
  if ((*at)[len] != '}' || len == 0 || len >= sizeof name)
    return err_set(err, ERR_INVALID,
                   "\"{%.40s\" is not a placeholder; write {column}, or {{ for a brace", *at);
  memcpy(name, *at, len);
  name[len] = '\0';
  *at += len + 1;
  return placeholder_add(text, name, scope, err);
}

static bool pieces_read(struct own_text *text, const char *from, const struct own_scope *scope,
                        struct err *err) {
  char *literal = mem_new(strlen(from) + 1);
  size_t len = 0;
  bool good = true;
  for (const char *at = from; good && *at;) {
    if ((*at == '{' || *at == '}') && at[1] == *at) {
      literal[len++] = *at;
      at += 2;
    } else if (*at == '{') {
      if (len > 0)
        piece_add(text, OWN_LITERAL, literal, len);
      len = 0;
      at++;
      good = placeholder_read(text, &at, scope, err);
    } else if (*at == '}') {
      good = err_set(err, ERR_INVALID, "\"}\" without \"{\"; write }} for a brace");
    } else {
      literal[len++] = *at++;
    }
  }
  if (len > 0)
    piece_add(text, OWN_LITERAL, literal, len);
  free(literal);
  return good;
}

bool own_text_parse(struct own_text *text, const char *source, const char *expanded,
                    const struct own_scope *scope, struct err *err) {
  *text = (struct own_text){.source = mem_dup(source)};
  if (pieces_read(text, expanded, scope, err))
    return true;
  own_text_fini(text);
  return false;
}

void own_text_fini(struct own_text *text) {
  for (size_t i = 0; i < text->piece_count; i++)
    free(text->pieces[i].text);
  free(text->pieces);
  free(text->source);
  *text = (struct own_text){0};
}

bool own_text_is_filled(const struct own_text *text) {
  for (size_t i = 0; i < text->piece_count; i++)
    if (text->pieces[i].kind != OWN_LITERAL)
      return true;
  return false;
}

const char *own_text_source(const struct own_text *text) {
  return text->source ? text->source : "";
}

/* ---- from a row */

static const char *number_text(struct arena *arena, struct value value) {
  char digits[40];
  if (value.type == VALUE_INT)
    return arena_printf(arena, "%lld", (long long)value.integer);
  for (int precision = 15; precision <= 17; precision++) { /* the shortest that reads back */
    snprintf(digits, sizeof digits, "%.*g", precision, value.real);
    if (strtod(digits, NULL) == value.real)
      break;
  }
  return arena_printf(arena, "%s", digits);
}

static const char *column_value(const struct own_row *row, const char *name, struct arena *arena,
                                struct err *err) {
  const int index = row->row ? table_column(row->table, name) : -1;
  const struct value value = index >= 0 ? row->row->cells[index] : value_none(NULL);
  if (value.type == VALUE_NONE) {
    err_set(err, ERR_INVALID, "%s is not known%s%s", name, value.text ? ": " : " for this row",
            value.text ? value.text : "");
    return NULL;
  }
  if (value.at_least) {
    err_set(err, ERR_INVALID, "%s is only known as a lower bound", name);
    return NULL;
  }
  return value.type == VALUE_TEXT ? value.text : number_text(arena, value);
}

static const char *option_value(const struct own_row *row, const char *name, struct arena *arena) {
  const struct option_value *value = target_option(row->target, name);
  if (value->text)
    return value->text;
  return value->set || value->number ? arena_printf(arena, "%lld", (long long)value->number) : NULL;
}

static const char *ask_value(const struct own_row *row, const char *name) {
  const int index = action_param(row->params, name);
  return index >= 0 && row->param_texts ? row->param_texts[index] : NULL;
}

/* A parameter may be empty where the configuration says so. */
static bool may_be_empty(const struct own_piece *piece, const struct own_row *row) {
  const int index = piece->kind == OWN_ASK ? action_param(row->params, piece->text) : -1;
  const char *fallback = index >= 0 ? row->params->params[index].fallback : NULL;
  return fallback && !*fallback;
}

/* What a plan shows is what is run, so a value has to look like what it is. */
static bool value_check(const struct own_piece *piece, const struct own_row *row, const char *name,
                        const char *value, struct err *err) {
  char clean[OWN_VALUE_MAX * 3 + 1];
  const size_t len = strlen(value);
  if (len == 0 && !may_be_empty(piece, row))
    return err_set(err, ERR_INVALID, "%s is empty", name);
  if (len > OWN_VALUE_MAX)
    return err_set(err, ERR_INVALID, "%s is longer than %d bytes", name, OWN_VALUE_MAX);
  text_sanitize(clean, sizeof clean, value, len, false);
  return strcmp(clean, value) == 0 ||
         err_set(err, ERR_INVALID,
                 "%s has a control character, a newline or bytes that are not UTF-8", name);
}

const char *own_value(const struct own_piece *piece, const struct own_row *row, struct arena *arena,
                      struct err *err) {
  const char *name = piece->text, *value = NULL;
  switch (piece->kind) {
  case OWN_LITERAL:
    return piece->text;
  case OWN_ROW:
    name = "the key of the row";
    value = row->row ? row->row->key : NULL;
    break;
  case OWN_TARGET:
    name = "the name of the target";
    value = row->target->name;
    break;
  case OWN_OPTION:
    value = option_value(row, name, arena);
    break;
  case OWN_ASK:
    value = ask_value(row, name);
    break;
  case OWN_COLUMN:
    value = column_value(row, name, arena, err);
    if (!value)
      return NULL;
    break;
  }
  if (!value) {
    err_set(err, ERR_INVALID, "%s is not set", name);
    return NULL;
  }
  return value_check(piece, row, name, value, err) ? arena_printf(arena, "%s", value) : NULL;
}

const char *own_text_fill(const struct own_text *text, const struct own_row *row,
                          struct arena *arena, struct err *err) {
  const char *filled = "";
  for (size_t i = 0; i < text->piece_count; i++) {
    const char *value = own_value(&text->pieces[i], row, arena, err);
    if (!value)
      return NULL;
    filled = i == 0 ? value : arena_printf(arena, "%s%s", filled, value);
  }
  return filled;
}

char **own_argv_fill(const struct own_text *words, size_t count, const struct own_row *row,
                     struct arena *arena, struct err *err) {
  char **argv = arena_alloc(arena, (count + 1) * sizeof *argv);
  bool ended = false; /* no more options: "--" stands before */
  for (size_t i = 0; argv && i < count; i++) {
    const bool begins = words[i].piece_count > 0 && words[i].pieces[0].kind != OWN_LITERAL;
    argv[i] = (char *)own_text_fill(&words[i], row, arena, err);
    if (!argv[i])
      return NULL;
    if (begins && *argv[i] == '-' && !ended) {
      err_set(err, ERR_INVALID,
              "%s would be an option of %.60s, because it begins with \"-\": \"%.80s\"",
              own_text_source(&words[i]), argv[0], argv[i]);
      return NULL;
    }
    ended = ended || (!own_text_is_filled(&words[i]) && strcmp(argv[i], "--") == 0);
  }
  if (!argv)
    err_set(err, ERR_LIMIT, "the command is too long");
  return argv;
}
