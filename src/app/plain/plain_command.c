/* What may be typed: the commands of this mode, those of `:` in the dashboard, an action, and other
 * commands of stacktop, whose output follows. */
#include "app/plain/plain.h"

#include "actions/action_list.h"
#include "app/modes/headless_mode.h"
#include "core/mem.h"
#include "core/text/words.h"
#include "io/child.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { CHILD_MS = 30000, ARGV_MAX = 24 };

static void run_help(struct plain *plain, const char *argument) {
  static const char *const lines[] = {
      "list: all findings, numbered",
      "NUMBER: select a finding, print all about it and the actions for it",
      "targets: all targets",
      "actions: the actions for the selected finding, and why others are not available",
      "do NUMBER [NAME=VALUE...]: plan that action; to confirm it, type what it asks for",
      "ACTION TARGET [ROW...]: plan any action, such as postgres.terminate ecap 8123",
      "undo: plan the undo of the last action",
      "stop: stop the running action at the next safe point",
      "logs TARGET [OPTIONS], page PAGE TARGET [ROW], runbook, audit: as in stacktop -h",
      "unlock NAME, lock, incident, note TEXT: as after : in the dashboard",
      "quit",
  };
  (void)argument;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    plain_say(plain, "%s", lines[i]);
}

static void run_list(struct plain *plain, const char *argument) {
  (void)argument;
  plain_list(plain);
}

static void run_targets(struct plain *plain, const char *argument) {
  (void)argument;
  plain_targets(plain);
}

static void run_actions(struct plain *plain, const char *argument) {
  (void)argument;
  plain_actions(plain, true);
}

static void run_stop(struct plain *plain, const char *argument) {
  (void)argument;
  if (plain->model.operations.front)
    dashboard_operations_request(&plain->operations, &(struct request){.kind = REQUEST_CANCEL});
  else
    plain_say(plain, "no action is running");
}

static void run_quit(struct plain *plain, const char *argument) {
  (void)argument;
  plain->ended = true;
  uv_stop(&plain->runtime->loop);
}

/* "2 limit=256mb" */
static void run_do(struct plain *plain, const char *argument) {
  struct operations *operations = &plain->model.operations;
  struct subject subject;
  const char *keys[1];
  char *end;
  const unsigned long number = strtoul(argument, &end, 10);
  if (end == argument || !plain_subject(plain, &subject, keys)) {
    if (end == argument)
      plain_say(plain, "do NUMBER: actions numbers them");
    return;
  }
  dashboard_operations_request(&plain->operations,
                               &(struct request){.kind = REQUEST_MENU, .subject = subject});
  const struct action_offer *offer =
      number > 0 && number <= operations->offer_count ? &operations->offers[number - 1] : NULL;
  const struct action_spec *action = offer && !offer->why ? offer->action : NULL;
  if (!action)
    plain_say(plain, "no action %lu: %s", number,
              offer && offer->why ? offer->why : "actions numbers them");
  dashboard_operations_request(&plain->operations, &(struct request){.kind = REQUEST_MENU_CLOSE});
  if (!action)
    return;
  free(plain->dialog.given);
  plain->dialog.given = mem_dup(end);
  if (!action_takes_rows(action, subject.table) && !action->picks)
    subject = (struct subject){.target_index = subject.target_index}; /* it is for the target */
  dashboard_operations_request(
      &plain->operations,
      &(struct request){.kind = REQUEST_ACT, .action = action, .subject = subject});
}

/* ---- stacktop itself, as a program */

static void on_child(void *arg, const struct child_result *result, const struct err *err) {
  struct plain *plain = arg;
  plain->child = NULL;
  if (result) {
    const char *at = result->output, *end = at + result->output_len;
    if (result->output_cut)
      plain_say(plain, "(only the end of the output)");
    while (at < end) {
      const char *stop = memchr(at, '\n', (size_t)(end - at));
      const size_t length = (size_t)((stop ? stop : end) - at);
      plain_say(plain, "%.*s", (int)length, at);
      at += length + 1;
    }
  }
  if (err)
    plain_say(plain, "%s", err->text);
  fflush(stdout);
}

static void self_run(struct plain *plain, const char *mode, const char *argument) {
  char self[] = "/proc/self/exe", config_option[] = "-c";
  char *argv[ARGV_MAX] = {self};
  size_t count = 0, used = 1;
  struct err err;
  char **words = words_split(argument, &count, &err);
  if (!words || plain->child || count + 6 > ARGV_MAX) {
    plain_say(plain, "%s",
              !words         ? err.text
              : plain->child ? "wait for the output of the last one"
                             : "too many words");
    free(words);
    return;
  }
  char *named = mem_dup(mode),
       *config = plain->model.config->path ? mem_dup(plain->model.config->path) : NULL;
  if (config) {
    argv[used++] = config_option;
    argv[used++] = config;
  }
  argv[used++] = named;
  for (size_t i = 0; i < count; i++)
    argv[used++] = words[i];
  plain->child =
      child_start(&plain->runtime->io, &(struct child_query){.argv = argv, .timeout_ms = CHILD_MS},
                  on_child, plain);
  free(named);
  free(config);
  free(words);
}

static void run_logs(struct plain *plain, const char *argument) {
  self_run(plain, "logs", argument);
}

static void run_page(struct plain *plain, const char *argument) {
  self_run(plain, "show", argument);
}

static void run_runbook(struct plain *plain, const char *argument) {
  const bool asks = strncmp(argument, "list", 4) != 0 && strncmp(argument, "show", 4) != 0 &&
                    strncmp(argument, "due", 3) != 0 && strncmp(argument, "runs", 4) != 0 &&
                    !strstr(argument, "--dry-run");
  if (asks)
    plain_say(plain, "a run asks questions: start it in a shell with stacktop runbook %s",
              argument);
  else
    self_run(plain, "runbook", argument);
}

static void run_audit(struct plain *plain, const char *argument) {
  self_run(plain, "audit", argument);
}

/* ---- an action by its id */

/* The page whose rows it acts on is opened first. False: it has none, or the line is no action. */
static bool page_begin(struct plain *plain, const char *line) {
  char id[64];
  size_t target;
  snprintf(id, sizeof id, "%.*s", (int)strcspn(line, " "), line);
  const struct action *action = action_find_in(plain->operations.actions.actions, id);
  const struct page_spec *page = action ? headless_mode_page(&action->spec) : NULL;
  const char *name = line + strcspn(line, " ");
  name += strspn(name, " ");
  const size_t length = strcspn(name, " ");
  for (target = 0; page && target < plain->model.target_count; target++) {
    const struct target *each = plain->model.targets[target].target;
    if (strlen(each->name) == length && strncmp(each->name, name, length) == 0 &&
        strcmp(each->kind->kind, action->spec.kind) == 0)
      break;
  }
  if (!page || target == plain->model.target_count || plain->paged)
    return false;
  const size_t state = model_page_open(&plain->model, target, page, NULL, NULL, NULL);
  scheduler_page_open(plain->scheduler, state, false);
  plain->waiting = mem_dup(line);
  plain->paged = true;
  return true;
}

static void line_run(struct plain *plain, const char *line) {
  dashboard_operations_request(&plain->operations,
                               &(struct request){.kind = REQUEST_COMMAND, .text = line});
}

void plain_command_turn(struct plain *plain) {
  if (!plain->paged)
    return;
  const size_t state = model_state_count(&plain->model) - 1;
  const struct target_state *page = &plain->model.targets[state];
  if (plain->waiting && page->samples == 0 && page->failures == 0)
    return;
  if (plain->waiting) {
    char *line = plain->waiting;
    plain->waiting = NULL;
    line_run(plain, line);
    free(line);
  }
  if (plain->model.operations.front)
    return;
  scheduler_page_close(plain->scheduler, state);
  model_page_close(&plain->model);
  plain->paged = false;
}

void plain_command(struct plain *plain, const char *line) {
  static const struct {
    const char *name;
    void (*run)(struct plain *plain, const char *argument);
  } commands[] = {
      {"help", run_help},       {"?", run_help},    {"list", run_list}, {"targets", run_targets},
      {"actions", run_actions}, {"do", run_do},     {"stop", run_stop}, {"quit", run_quit},
      {"q", run_quit},          {"logs", run_logs}, {"page", run_page}, {"runbook", run_runbook},
      {"audit", run_audit},
  };
  line += strspn(line, " :");
  const size_t length = strcspn(line, " ");
  const char *argument = line + length + strspn(line + length, " ");
  if (length == 0)
    return;
  if (strspn(line, "0123456789") == length && length < 7) {
    plain_select(plain, strtoul(line, NULL, 10));
    return;
  }
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (strlen(commands[i].name) == length && strncmp(commands[i].name, line, length) == 0) {
      commands[i].run(plain, argument);
      return;
    }
  if (!page_begin(plain, line))
    line_run(plain, line);
}
