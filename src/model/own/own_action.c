#include "model/own/own_action.h"

#include "core/mem.h"
#include "core/secret.h"
#include "core/text/mask.h"

#include <stdlib.h>
#include <string.h>

static void strings_free(char **items, size_t count) {
  for (size_t i = 0; i < count; i++)
    free(items[i]);
  free(items);
}

static void texts_free(struct own_text *texts, size_t count) {
  for (size_t i = 0; i < count; i++)
    own_text_fini(&texts[i]);
  free(texts);
}

static void params_free(struct action_spec *spec) {
  struct option *params = (struct option *)spec->params; /* they are its own */
  for (size_t i = 0; i < spec->param_count; i++) {
    free((char *)params[i].name);
    free((char *)params[i].help);
    free((char *)params[i].fallback);
    for (size_t c = 0; params[i].choices && params[i].choices[c]; c++)
      free((char *)params[i].choices[c]);
    free((void *)params[i].choices);
  }
  free(params);
}

struct own_action *own_action_new(void) {
  struct own_action *action = mem_new(sizeof *action);
  action->spec.past = OWN_PAST;
  action->spec.danger = DANGER_DESTRUCTIVE;
  return action;
}

void own_action_free(struct own_action *action) {
  if (!action)
    return;
  params_free(&action->spec);
  free((char *)action->spec.id);
  free((char *)action->spec.title);
  free((char *)action->spec.what);
  free((char *)action->spec.runs);
  strings_free(action->targets, action->target_count);
  strings_free(action->where_columns, action->where_count);
  strings_free(action->where_values, action->where_count);
  texts_free(action->argv, action->argv_count);
  texts_free(action->values, action->value_count);
  texts_free(action->verify, action->verify_count);
  own_text_fini(&action->input);
  for (size_t i = 0; i < action->variable_count; i++) {
    free(action->variables[i].name);
    free(action->variables[i].file);
    own_text_fini(&action->variables[i].value);
  }
  free(action->variables);
  free(action->sql);
  free(action->origins);
  free(action);
}

void own_action_texts(const struct own_action *action,
                      void (*told)(void *arg, const struct own_text *text), void *arg) {
  for (size_t i = 0; i < action->argv_count; i++)
    told(arg, &action->argv[i]);
  for (size_t i = 0; i < action->value_count; i++)
    told(arg, &action->values[i]);
  for (size_t i = 0; i < action->variable_count; i++)
    told(arg, &action->variables[i].value);
  if (action->has_input)
    told(arg, &action->input);
  for (size_t i = 0; i < action->verify_count; i++)
    told(arg, &action->verify[i]);
}

struct source {
  struct arena *arena;
  const char *text;
};

/* With its length, so that no two lists of texts have the same source. */
static void source_add(struct source *source, const char *text) {
  source->text = arena_printf(source->arena, "%s%zu:%s,", source->text, strlen(text), text);
}

static void texts_add(struct source *source, const struct own_text *texts, size_t count) {
  source->text = arena_printf(source->arena, "%s%zu;", source->text, count);
  for (size_t i = 0; i < count; i++)
    source_add(source, own_text_source(&texts[i]));
}

/* A plan keeps it, so it holds no secret. */
static void variables_add(struct source *source, const struct own_action *action) {
  for (size_t i = 0; i < action->variable_count; i++) {
    const struct own_variable *variable = &action->variables[i];
    source_add(source, variable->name);
    source_add(source, variable->file ? variable->file : "");
    source_add(source, name_is_secret(variable->name) ? "" : own_text_source(&variable->value));
  }
}

char *own_action_input(const struct own_action *action) {
  size_t len = strlen(own_text_source(&action->input));
  return mask_likely(own_text_source(&action->input), &len);
}

const char *own_action_source(const struct own_action *action, struct arena *arena) {
  struct source source = {.arena = arena, .text = ""};
  char *input = own_action_input(action);
  source_add(&source, action->spec.id);
  source_add(&source, action->sql ? action->sql : "");
  source_add(&source, action->writes ? "writes" : "");
  texts_add(&source, action->argv, action->argv_count);
  texts_add(&source, action->values, action->value_count);
  texts_add(&source, action->verify, action->verify_count);
  variables_add(&source, action);
  source_add(&source, action->has_input ? "stdin" : "");
  source_add(&source, input);
  free(input);
  return source.text;
}
