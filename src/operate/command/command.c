#include "operate/command/command.h"

#include "io/clock.h"
#include "operate/command/words.h"

#include <stdlib.h>
#include <string.h>

enum { ARGUMENT_MAX = 512 };

static void say(const struct command_context *context, enum severity severity, const char *text) {
  events_add(&context->model->events, clock_now_ms(), severity, "stacktop", "%s", text);
  events_mark_action(&context->model->events);
  context->model->generation++;
  if (context->say)
    context->say(context->arg, text);
}

/* The line was not run. */
static void refuse(const struct command_context *context, const char *text) {
  struct command_context told = *context;
  if (told.wrong)
    told.say = told.wrong;
  say(&told, SEVERITY_WARN, text);
}

/* The name may have blanks in it: "eu production" needs no quotes. */
static void run_unlock(const struct command_context *context, const char *argument) {
  struct err err = {0};
  char text[64];
  if (!lock_open(context->lock, context->model->config, argument, clock_now_ms(), &err)) {
    refuse(context, err.text);
    return;
  }
  snprintf(text, sizeof text, "unlocked until %d minutes pass without an action",
           LOCK_IDLE_MS / 60000);
  say(context, SEVERITY_WARN, text);
  pipeline_record_lock(context->pipeline, false);
}

static void run_lock(const struct command_context *context, const char *argument) {
  (void)argument;
  if (context->lock->open_until_ms > clock_now_ms())
    pipeline_record_lock(context->pipeline, true);
  lock_close(context->lock);
  say(context, context->lock->why ? SEVERITY_OK : SEVERITY_WARN,
      context->lock->why ? "read-only again" : "not in read-only mode; start with --read-only");
}

static void run_acknowledge(const struct command_context *context, const char *argument) {
  char id[ARGUMENT_MAX];
  const size_t length = strcspn(argument, " ");
  const char *reason = argument + length + strspn(argument + length, " ");
  if (length == 0 || !*reason) {
    refuse(context,
           "`:acknowledge ID REASON`: the id is in the event and in `stacktop audit --unknown`");
    return;
  }
  snprintf(id, sizeof id, "%.*s", (int)length, argument);
  pipeline_acknowledge(context->pipeline, id, reason);
}

static void run_undo(const struct command_context *context, const char *argument) {
  (void)argument;
  pipeline_request(context->pipeline, &(struct request){.kind = REQUEST_UNDO});
}

static void run_incident(const struct command_context *context, const char *argument) {
  if (context->incident)
    context->incident(context->arg, argument);
}

static void run_note(const struct command_context *context, const char *argument) {
  char line[ARGUMENT_MAX + 8];
  snprintf(line, sizeof line, "note %s", argument);
  run_incident(context, line);
}

static void run_reload(const struct command_context *context, const char *argument) {
  (void)argument;
  if (context->reload)
    context->reload(context->arg);
}

static void run_quit(const struct command_context *context, const char *argument) {
  (void)argument;
  context->quit(context->arg);
}

static void run_help(const struct command_context *context, const char *argument) {
  char text[ARGUMENT_MAX];
  size_t used = 0;
  (void)argument;
  for (const struct command_name *each = command_names; each->name && used < sizeof text; each++)
    used += (size_t)snprintf(text + used, sizeof text - used, ":%s%s%s, ", each->name,
                             *each->argument ? " " : "", each->argument);
  if (used < sizeof text)
    snprintf(text + used, sizeof text - used, "or ACTION TARGET [ROW...] [NAME=VALUE...]");
  say(context, SEVERITY_OK, text);
}

const struct command_name command_names[] = {
    {"unlock", "NAME", "leaves read-only mode for a while; NAME is that of the environment"},
    {"lock", "", "read-only again"},
    {"acknowledge", "ID REASON", "records that an unknown outcome was investigated"},
    {"undo", "", "plans the undo of the last action"},
    {"incident", "open|note|status|severity|role|close|show|list|export|use ...",
     "incidents: their time line, status and roles"},
    {"note", "TEXT", "adds a note to the current incident"},
    {"reload", "", "loads the configuration again; the old one stays if the new one has errors"},
    {"quit", "", "exits stacktop"},
    {"q", "", "exits stacktop"},
    {"help", "", "lists the commands"},
    {NULL, NULL, NULL},
};

/* In the order of command_names. */
static void (*const runs[])(const struct command_context *context, const char *argument) = {
    run_unlock, run_lock,   run_acknowledge, run_undo, run_incident,
    run_note,   run_reload, run_quit,        run_quit, run_help,
};

static void run_action(const struct command_context *context, const char *line) {
  struct err err = {0};
  size_t count = 0;
  char **words = words_split(line, &count, &err);
  if (!words || (count > 0 && !pipeline_begin(context->pipeline, count, (const char *const *)words,
                                              false, &err)))
    refuse(context, err.text);
  free(words);
}

void command_run(const struct command_context *context, const char *line) {
  line += strspn(line, " ");
  const size_t length = strcspn(line, " ");
  if (length == 0)
    return;
  for (size_t i = 0; command_names[i].name; i++) {
    if (strlen(command_names[i].name) != length ||
        strncmp(command_names[i].name, line, length) != 0)
      continue;
    char argument[ARGUMENT_MAX];
    const char *rest = line + length + strspn(line + length, " ");
    snprintf(argument, sizeof argument, "%s", rest);
    for (size_t end = strlen(argument); end > 0 && argument[end - 1] == ' ';)
      argument[--end] = '\0';
    runs[i](context, argument);
    return;
  }
  run_action(context, line);
}
