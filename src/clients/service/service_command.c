/* Services that programs of the operator's own start and stop. Their identity is the text of these
 * programs: what runs is what was shown. */
#include "clients/service/service_driver.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "core/text/quote.h"
#include "core/text/text.h"
#include "io/child.h"
#include "io/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRAMS_MAX = 2, LINE_MAX_BYTES = 200, NOTE_MAX_BYTES = 400, WORDS_MAX = 600 };

/* Those that do it, in their order; ends with NULL. */
struct programs {
  char **argv[PROGRAMS_MAX + 1];
};

struct command_runtime {
  struct service_runtime runtime; /* first */
  struct service_commands commands;
  struct child *child; /* NULL: none runs */
  struct programs programs;
  size_t at; /* the one that runs */
  int64_t timeout_ms;
  service_look_cb looked;
  service_change_cb changed;
  void *arg;
  uv_timer_t *timer; /* an answer that needs no program; NULL */
};

extern const struct service_driver service_driver_command;

static struct programs programs_of(const struct service_commands *commands,
                                   enum service_verb verb) {
  if (commands->verbs[verb])
    return (struct programs){{commands->verbs[verb]}};
  return (struct programs){{commands->verbs[SERVICE_STOP], commands->verbs[SERVICE_START]}};
}

/* Takes the text, and returns a longer one. */
static char *text_add(char *text, const char *separator, const char *more) {
  char *longer = mem_printf("%s%s%s", text, separator, more);
  free(text);
  return longer;
}

/* Each word as a shell takes it; to be freed. */
static char *argv_text(char *const *argv) {
  char *text = mem_dup("");
  for (size_t i = 0; argv && argv[i]; i++) {
    const size_t size = strlen(argv[i]) * 4 + 3;
    char *word = mem_new(size);
    text = text_add(text, i > 0 ? " " : "", quote_word(word, size, argv[i]));
    free(word);
  }
  return text;
}

/* All of them: whichever is run, none was changed. To be freed. */
static char *identity_text(const struct service_commands *commands) {
  char *text = mem_dup("");
  for (enum service_verb verb = 0; verb < SERVICE_VERB_COUNT; verb++) {
    if (!commands->verbs[verb])
      continue;
    char *argv = argv_text(commands->verbs[verb]);
    text = text_add(text, *text ? "; " : "", service_verb_name(verb));
    text = text_add(text, ": ", argv);
    free(argv);
  }
  return text;
}

/* ---- options */

static bool check(const char *runtime, const char *text, struct err *err) {
  (void)runtime;
  return service_runtime_check(text, err);
}

static bool can(const struct target *target, enum service_verb verb, struct err *why) {
  struct service_commands commands;
  service_commands_init(&commands, target);
  const bool good = service_commands_can(&commands, verb);
  service_commands_fini(&commands);
  return good || err_set(why, ERR_UNSUPPORTED,
                         "the configuration does not say how: add runtime: {%s: \"PROGRAM ARGS\"} "
                         "to the service",
                         service_verb_name(verb));
}

static bool explains(const struct target *target) {
  struct service_commands commands;
  service_commands_init(&commands, target);
  const bool good = commands.status;
  service_commands_fini(&commands);
  return good;
}

static struct service_runtime *open_runtime(struct io *io, const struct target *target,
                                            struct err *err) {
  struct command_runtime *runtime = mem_new(sizeof *runtime);
  (void)err;
  runtime->runtime = (struct service_runtime){&service_driver_command, io, target};
  service_commands_init(&runtime->commands, target);
  return &runtime->runtime;
}

/* ---- an answer without a program, in a later turn of the loop */

static void on_timer_closed(uv_handle_t *handle) {
  free(handle);
}

static void timer_close(struct command_runtime *runtime) {
  if (runtime->timer)
    uv_close((uv_handle_t *)runtime->timer, on_timer_closed);
  runtime->timer = NULL;
}

static void later(struct command_runtime *runtime, uv_timer_cb done) {
  runtime->timer = mem_new(sizeof *runtime->timer);
  uv_timer_init(runtime->runtime.io->loop, runtime->timer);
  runtime->timer->data = runtime;
  uv_timer_start(runtime->timer, done, 0, 0);
}

/* ---- the environment of its programs */

/* Never all of stacktop's own: it has secrets of other targets. */
static char **environment_of(const struct target *target) {
  const struct option_value *names = target_option(target, "environment");
  return environment_shared(names->items, names->item_count);
}

/* What the option names and stacktop cannot hand on: "its programs start without A, B"; names only.
 * "": nothing. */
static void missing_note(char *out, size_t size, const struct target *target) {
  const struct option_value *names = target_option(target, "environment");
  size_t used = 0, missing = 0;
  *out = '\0';
  for (size_t i = 0; i < names->item_count; i++) {
    const char *value = getenv(names->items[i]);
    if (value && *value)
      continue;
    if (used < size)
      snprintf(out + used, size - used, "%s%.80s", missing++ ? ", " : "its programs start without ",
               names->items[i]);
    used += strlen(out + used);
  }
  if (missing > 0 && used < size)
    snprintf(out + used, size - used, ": not set in stacktop's environment");
}

/* ---- the status */

/* said: the program ended with this exit code and last line; NULL: it said nothing. */
static void look_done(struct command_runtime *runtime, const int *exit_code, const char *line,
                      const char *status) {
  char missing[NOTE_MAX_BYTES], note[2 * NOTE_MAX_BYTES];
  missing_note(missing, sizeof missing, runtime->runtime.target);
  snprintf(note, sizeof note, "%s%s%s", status ? status : "", status && *missing ? "; " : "",
           missing);
  char *identity = identity_text(&runtime->commands);
  const struct service_object object = {
      .identity = {.place = "", .id = identity, .run = "", .state = "", .restarts = ""},
      .name = runtime->runtime.target->name,
      .group = "",
      .image = ""};
  struct service_state state = service_state_unknown;
  state.objects = &object;
  state.object_count = 1;
  state.note = *note ? note : NULL;
  if (exit_code && *exit_code == 0)
    snprintf(state.state, sizeof state.state, "running");
  if (exit_code && *exit_code != 0) {
    snprintf(state.state, sizeof state.state, "not running");
    snprintf(state.reason, sizeof state.reason, "%s", *line ? line : "it does not run");
    state.severity = SEVERITY_WARN;
  }
  runtime->looked(runtime->arg, &state, NULL);
  free(identity);
}

static void on_status(void *arg, const struct child_result *result, const struct err *err) {
  struct command_runtime *runtime = arg;
  char line[LINE_MAX_BYTES], note[NOTE_MAX_BYTES];
  runtime->child = NULL;
  if (err || result->exit_code < 0) {
    snprintf(note, sizeof note, "its status command did not end by itself%s%s", err ? ": " : "",
             err ? err->text : "");
    look_done(runtime, NULL, "", note);
    return;
  }
  text_last_line(line, sizeof line, result->output, result->output_len);
  snprintf(note, sizeof note, "its status command says that it %s%s%s",
           result->exit_code == 0 ? "runs" : "does not run", *line ? ": " : "", line);
  look_done(runtime, &result->exit_code, line, note);
}

static void on_no_status(uv_timer_t *timer) {
  struct command_runtime *runtime = timer->data;
  timer_close(runtime);
  look_done(runtime, NULL, "", NULL);
}

static void look(struct service_runtime *self, const struct service_look *query,
                 service_look_cb done, void *arg) {
  struct command_runtime *runtime = (struct command_runtime *)self;
  char **environment = environment_of(self->target);
  const struct child_query child = {.argv = runtime->commands.status,
                                    .environment = environment,
                                    .timeout_ms = query->timeout_ms};
  runtime->looked = done;
  runtime->arg = arg;
  if (child.argv)
    runtime->child = child_start(self->io, &child, on_status, runtime);
  else
    later(runtime, on_no_status);
  free(environment);
}

/* ---- a change: its programs, one after the other */

static void run(struct command_runtime *runtime);

static void change_done(struct command_runtime *runtime, enum object_result result,
                        const char *words) {
  runtime->runtime.running = NULL;
  runtime->changed(runtime->arg, result, words);
}

/* The program before it, which has done its part; NULL: it is the first. */
static const char *earlier(const struct command_runtime *runtime) {
  return runtime->at > 0 ? runtime->programs.argv[runtime->at - 1][0] : NULL;
}

static void say_not_run(struct command_runtime *runtime, const struct err *err) {
  char words[WORDS_MAX];
  const char *before = earlier(runtime);
  const char *separator = before ? " did its part, but then: " : "";
  snprintf(words, sizeof words, "%.80s%s%s", before ? before : "", separator, err->text);
  change_done(runtime,
              err->kind == ERR_TIMEOUT ? OBJECT_UNKNOWN
              : before                 ? OBJECT_PARTLY
                                       : OBJECT_REFUSED,
              err->kind == ERR_TIMEOUT ? err->text : words);
}

static void say_ended(struct command_runtime *runtime, const struct child_result *result) {
  const char *name = runtime->programs.argv[runtime->at][0], *before = earlier(runtime);
  char words[WORDS_MAX], line[LINE_MAX_BYTES], took[FORMAT_MAX];
  text_last_line(line, sizeof line, result->output, result->output_len);
  if (result->exit_code == 0) {
    snprintf(words, sizeof words, "%.80s ended with 0 after %s", name,
             format_duration(took, sizeof took, (double)result->took_us / 1e6));
    change_done(runtime, OBJECT_SENT, words);
  } else if (result->exit_code < 0) {
    snprintf(words, sizeof words, "%.80s was ended by a signal", name);
    change_done(runtime, OBJECT_UNKNOWN, words);
  } else {
    snprintf(words, sizeof words, "%.80s%s%.80s ended with %d%s%s", before ? before : "",
             before ? " did its part, but " : "", name, result->exit_code, *line ? ": " : "", line);
    change_done(runtime, before ? OBJECT_PARTLY : OBJECT_REFUSED, words);
  }
}

static void on_ended(void *arg, const struct child_result *result, const struct err *err) {
  struct command_runtime *runtime = arg;
  runtime->child = NULL;
  if (err) {
    say_not_run(runtime, err);
  } else if (result->exit_code == 0 && runtime->programs.argv[runtime->at + 1]) {
    runtime->at++;
    run(runtime);
  } else {
    say_ended(runtime, result);
  }
}

static void run(struct command_runtime *runtime) {
  char **argv = runtime->programs.argv[runtime->at];
  char **environment = environment_of(runtime->runtime.target);
  const struct child_query child = {
      .argv = argv, .environment = environment, .timeout_ms = runtime->timeout_ms};
  runtime->runtime.sent = true;
  runtime->runtime.running = argv[0];
  runtime->child = child_start(runtime->runtime.io, &child, on_ended, runtime);
  free(environment);
}

static void on_other_commands(uv_timer_t *timer) {
  struct command_runtime *runtime = timer->data;
  timer_close(runtime);
  change_done(runtime, OBJECT_REFUSED, "the configuration now names other commands");
}

static void change(struct service_runtime *self, const struct service_change *change,
                   service_change_cb done, void *arg) {
  struct command_runtime *runtime = (struct command_runtime *)self;
  char *identity = identity_text(&runtime->commands);
  const bool same = strcmp(identity, change->identity.id) == 0;
  free(identity);
  runtime->changed = done;
  runtime->arg = arg;
  runtime->timeout_ms = change->timeout_ms;
  runtime->programs = programs_of(&runtime->commands, change->verb);
  runtime->at = 0;
  self->sent = false;
  if (same && runtime->programs.argv[0])
    run(runtime);
  else
    later(runtime, on_other_commands);
}

/* What became of it, only the service itself can say. */
static void on_followed(uv_timer_t *timer) {
  struct command_runtime *runtime = timer->data;
  timer_close(runtime);
  change_done(runtime, OBJECT_DONE, "");
}

static void follow(struct service_runtime *self, const struct service_change *change,
                   service_change_cb done, void *arg) {
  struct command_runtime *runtime = (struct command_runtime *)self;
  (void)change;
  runtime->changed = done;
  runtime->arg = arg;
  later(runtime, on_followed);
}

static void cancel(struct service_runtime *self) {
  struct command_runtime *runtime = (struct command_runtime *)self;
  if (runtime->child)
    child_cancel(runtime->child);
  runtime->child = NULL;
  timer_close(runtime);
}

static void close_runtime(struct service_runtime *self, void (*closed)(void *arg), void *arg) {
  struct command_runtime *runtime = (struct command_runtime *)self;
  service_commands_fini(&runtime->commands);
  free(runtime);
  if (closed)
    closed(arg);
}

static bool fits(enum service_verb verb, const char *state) {
  (void)verb;
  (void)state;
  return true;
}

static const char *command(struct arena *arena, const struct target *target,
                           const struct service_change *change) {
  struct service_commands commands;
  const char *text = "";
  service_commands_init(&commands, target);
  const struct programs programs = programs_of(&commands, change->verb);
  for (size_t i = 0; programs.argv[i]; i++) {
    char *argv = argv_text(programs.argv[i]);
    text = arena_printf(arena, "%s%s%s", text, i > 0 ? "\n" : "", argv);
    free(argv);
  }
  service_commands_fini(&commands);
  return text;
}

static const char *impact(enum service_verb verb) {
  (void)verb;
  return "";
}

static const char *const runtimes[] = {"start", "stop", "restart", "status", NULL};

const struct service_driver service_driver_command = {.name = "commands",
                                                      .runtimes = runtimes,
                                                      .noun = "service",
                                                      .nouns = "services",
                                                      .kills = true,
                                                      .check = check,
                                                      .explains = explains,
                                                      .can = can,
                                                      .open = open_runtime,
                                                      .look = look,
                                                      .change = change,
                                                      .follow = follow,
                                                      .cancel = cancel,
                                                      .close = close_runtime,
                                                      .fits = fits,
                                                      .command = command,
                                                      .impact = impact};
