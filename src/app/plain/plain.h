/* `stacktop --plain`: everything as lines of text that are only ever appended, for screen readers,
 * pipes and poor terminals. One line a change; commands are typed as lines (help lists them), and
 * an action is confirmed by typing its phrase, as in the dashboard. */
#pragma once

#include "app/dashboard/dashboard_operations.h"
#include "app/dashboard/records/dashboard_incident.h"
#include "app/dashboard/terminal/signals.h"
#include "app/runtime/runtime.h"
#include "app/runtime/status_beacon.h"
#include "app/startup/options.h"
#include "core/text/format.h"

struct child;

enum {
  PLAIN_LINE_MAX = 4096,
  PLAIN_ITEMS_MAX = 500,  /* findings of a list */
  PLAIN_FIRST_MS = 10000, /* then the first list is printed although a target is silent */
  PLAIN_QUIET_MS = 400,   /* an answer that comes sooner after its question was typed before it */
  PLAIN_PARAMS_MAX = 32,
};

/* A finding of the last list, by its identity. */
struct plain_item {
  size_t target_index;
  char *table, *row, *column; /* NULL: none */
};

/* What is asked about the operation in front. */
enum plain_question { QUESTION_NONE, QUESTION_PARAM, QUESTION_CHOICE, QUESTION_PLAN };

struct plain_dialog {
  uint32_t id; /* of the operation that is followed; 0: none */
  enum operation_phase phase;
  enum plain_question question;
  int64_t asked_ms;
  size_t param;
  char *texts[PLAIN_PARAMS_MAX];
  char *given;    /* NAME=VALUE... of the line that began it; NULL: none */
  char *plan;     /* its text, as last shown */
  size_t *leaves; /* rows of the candidates that can be picked, as numbered */
  size_t leaf_count;
};

struct plain {
  struct runtime *runtime;
  const struct options *options;
  struct model model;
  struct scheduler *scheduler;
  struct dashboard_operations operations;
  struct dashboard_incident incident;
  struct status_beacon beacon;
  struct signals signals;
  uv_prepare_t before_sleep;
  uv_timer_t timer;
  uv_poll_t input;
  int input_fd;  /* -1: nothing is read */
  bool terminal; /* it is one */
  bool dirty, begun, ended;
  int signal; /* that ended it; 0: none */
  int64_t started_ms;
  uint64_t printed; /* events */
  char line[PLAIN_LINE_MAX];
  size_t used;
  bool cut; /* the line is too long: the rest of it is dropped */
  struct plain_item *items;
  size_t item_count, selected; /* selected: place + 1; 0: none */
  struct plain_dialog dialog;
  struct child *child; /* `logs`, `page`, ...: stacktop itself */
  char *waiting;       /* a line that waits for the page of its rows; NULL: none */
  bool paged;          /* that page is open */
};

/* Returns the exit status; takes the configuration, ends the runtime. */
int plain_run(struct runtime *runtime, struct config *config, const struct options *options);

/* ---- output (plain_say.c). A whole line, sanitised. */
void plain_say(const struct plain *plain, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct report_text_options plain_text(const struct plain *plain);
/* Events that were not printed yet, one a line. */
void plain_events(struct plain *plain);
/* "14:03:12" */
const char *plain_time(const struct plain *plain, char out[FORMAT_MAX], int64_t at_ms);

/* ---- findings (plain_list.c) */
void plain_list(struct plain *plain);
void plain_targets(const struct plain *plain);
/* Selects a finding of the list by its number and prints all of it, with the actions for it. */
void plain_select(struct plain *plain, size_t number);
/* The subject of the selected finding; keys has room for one. False, said: there is none. */
bool plain_subject(const struct plain *plain, struct subject *subject, const char **keys);
/* The actions for it, numbered, with the reasons why others are unavailable. */
void plain_actions(struct plain *plain, bool all);
void plain_list_fini(struct plain *plain);

/* ---- lines that were typed (plain_command.c) */
void plain_command(struct plain *plain, const char *line);
/* A page that a line waits for has been collected, or an operation is over. */
void plain_command_turn(struct plain *plain);

/* ---- the operation in front (plain_dialog.c) */
/* Says what has changed, and asks what has to be answered. */
void plain_dialog_turn(struct plain *plain);
/* The line answers a question; alone: nothing came with it, neither before nor after. */
bool plain_dialog_answer(struct plain *plain, const char *line, bool alone);
void plain_dialog_fini(struct plain_dialog *dialog);
