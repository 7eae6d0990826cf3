#include "app/environments/environments_check.h"

#include "app/environments/environments_children.h"
#include "app/runtime/print.h"
#include "audit/audit.h"
#include "core/mem.h"
#include "io/file/beacon_file.h"
#include "report/status/status_line.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct known {
  struct status_brief brief;
  char trouble[PART_SAID_MAX];
};

/* What running instances say. */
static void running_read(const struct environment_files *files, struct status_item *items,
                         struct known *known) {
  char *fallback = state_folder();
  for (size_t i = 0; i < files->count; i++) {
    struct beacon_seen seen;
    struct err err;
    bool good = beacon_file_read(fallback, files->items[i].path, &seen, &err);
    if (good) {
      items[i].origin = (struct status_origin){.pid = seen.pid, .age_ms = seen.age_ms};
      good = status_brief_read(seen.text, &known[i].brief, &err);
      free(seen.text);
    }
    if (good)
      items[i].brief = &known[i].brief;
    else
      snprintf(known[i].trouble, sizeof known[i].trouble, "%s", err.text);
    items[i].trouble = known[i].trouble;
  }
  free(fallback);
}

static size_t words_make(const struct options *options, const char *words[PART_WORDS_MAX],
                         char timeout[32]) {
  size_t count = 0;
  words[count++] = "status";
  words[count++] = "--json";
  if (options->timeout_ms) {
    snprintf(timeout, 32, "%lldms", (long long)options->timeout_ms);
    words[count++] = "--timeout";
    words[count++] = timeout;
  }
  words[count] = NULL;
  return count;
}

/* The others are checked, all at the same time. */
static bool others_check(const struct environment_files *files, const struct options *options,
                         struct status_item *items, struct known *known, struct err *err) {
  struct part_output outputs[ENVIRONMENTS_MAX] = {0};
  const char *words[PART_WORDS_MAX];
  char timeout[32];
  bool any = false;
  for (size_t i = 0; i < files->count; i++)
    any = (outputs[i].wanted = !items[i].brief) || any;
  words_make(options, words, timeout);
  const bool good = !any || parts_run(files, words, outputs, err);
  for (size_t i = 0; any && good && i < files->count; i++) {
    struct err why;
    if (!outputs[i].wanted)
      continue;
    items[i].origin = (struct status_origin){0};
    if (outputs[i].status >= 0 && outputs[i].status <= 3 &&
        status_brief_read(outputs[i].text, &known[i].brief, &why))
      items[i].brief = &known[i].brief;
    else
      snprintf(known[i].trouble, sizeof known[i].trouble, "%s",
               *outputs[i].said ? outputs[i].said : "it was not checked");
  }
  parts_fini(outputs, any ? files->count : 0);
  return good;
}

int environments_status(const struct environment_files *files, const struct options *options) {
  struct status_item items[ENVIRONMENTS_MAX] = {0};
  struct known *known = mem_new(files->count * sizeof *known);
  const struct status_line_options form = {.form = options->tmux   ? STATUS_TMUX
                                                   : options->json ? STATUS_JSON
                                                                   : STATUS_PLAIN,
                                           .ascii = options->no_unicode,
                                           .width = (int)options->width};
  enum severity worst = SEVERITY_OK;
  struct err err;
  for (size_t i = 0; i < files->count; i++)
    items[i] = (struct status_item){.name = files->items[i].name,
                                    .path = files->items[i].path,
                                    .environment = files->items[i].text};
  running_read(files, items, known);
  if (!options->no_check && !others_check(files, options, items, known, &err)) {
    (void)print_end(status_line_trouble(stdout, err.text, &form));
    free(known);
    return EX_OSERR;
  }
  for (size_t i = 0; i < files->count; i++)
    worst = severity_worse(worst, status_item_severity(&items[i]));
  const bool written = print_end(status_several_write(stdout, items, files->count, &form));
  free(known);
  return severity_exit(written ? worst : severity_worse(worst, SEVERITY_UNKNOWN));
}
