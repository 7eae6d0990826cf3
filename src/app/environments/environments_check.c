#include "app/environments/environments_check.h"

#include "app/environments/environments_children.h"
#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "core/json/json_writer.h"
#include "core/mem.h"
#include "core/text/text.h"
#include "report/json/json.h"
#include "report/text/text.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* What a report says, or why there is none. */
struct verdict {
  enum severity severity;
  const char *trouble; /* NULL: there is a report */
  struct report_document document;
};

static bool is_status(int status) {
  return status >= 0 && status <= 3;
}

static enum severity severity_of(int status) {
  for (int severity = SEVERITY_OK; severity <= SEVERITY_CRIT; severity++)
    if (severity_exit((enum severity)severity) == status)
      return (enum severity)severity;
  return SEVERITY_UNKNOWN;
}

static void verdict_make(struct verdict *verdict, struct part_output *output) {
  struct err err;
  *verdict = (struct verdict){.severity = SEVERITY_UNKNOWN};
  if (!is_status(output->status)) {
    verdict->trouble = *output->said ? output->said : "it was not checked";
  } else if (report_json_read(&verdict->document, output->text, output->len, &err)) {
    verdict->severity = severity_of(output->status);
  } else {
    snprintf(output->said, PART_SAID_MAX, "its report cannot be read: %.400s", err.text);
    verdict->trouble = output->said;
  }
}

/* ---- as text */

static void heading_write(const struct environment_file *file, bool first, bool ascii) {
  char path[1024], name[256];
  text_sanitize(path, sizeof path, file->path, strlen(file->path), ascii);
  text_sanitize(name, sizeof name, file->name, strlen(file->name), ascii);
  printf("%s=== %s%s  %s\n", first ? "" : "\n", name, file->production ? " PRODUCTION" : "", path);
}

static bool text_write(const struct environment_files *files, struct verdict *verdicts,
                       const struct options *options) {
  const struct report_text_options text = print_options(options);
  size_t counts[SEVERITY_CRIT + 1] = {0};
  bool good = true;
  for (size_t i = 0; i < files->count; i++) {
    struct verdict *verdict = &verdicts[i];
    char shown[PART_SAID_MAX];
    counts[verdict->severity]++;
    heading_write(&files->items[i], i == 0, text.ascii);
    if (verdict->trouble) {
      text_sanitize(shown, sizeof shown, verdict->trouble, strlen(verdict->trouble), text.ascii);
      printf("UNKNOWN %s\n", shown);
    } else {
      good = report_text_write(stdout, &verdict->document.model, verdict->document.now_ms, &text) &&
             good;
    }
  }
  printf("\n=== %zu environments: %zu CRIT, %zu WARN, %zu UNKNOWN, %zu ok\n", files->count,
         counts[SEVERITY_CRIT], counts[SEVERITY_WARN], counts[SEVERITY_UNKNOWN],
         counts[SEVERITY_OK]);
  return good;
}

/* ---- as JSON */

static void one_json(struct json_writer *json, const struct environment_file *file,
                     const struct verdict *verdict, const struct part_output *output) {
  size_t len = output->len;
  json_line(json);
  json_open(json, NULL, '{');
  json_text(json, "path", file->path);
  json_text(json, "name", file->name);
  json_text_if(json, "environment", file->text);
  json_bool(json, "production", file->production);
  json_text(json, "severity", severity_name(verdict->severity));
  json_int(json, "exit_status", severity_exit(verdict->severity));
  if (verdict->trouble) {
    json_text(json, "error", verdict->trouble);
  } else {
    while (len > 0 && output->text[len - 1] == '\n')
      len--;
    fputs(",\n\"report\":", json->out); /* as it was written, and read once */
    fwrite(output->text, 1, len, json->out);
  }
  json_close(json, '}');
}

static bool json_write(const struct environment_files *files, const struct verdict *verdicts,
                       const struct part_output *outputs, enum severity worst) {
  struct json_writer json = {.out = stdout, .lines = true};
  json_open(&json, NULL, '{');
  json_int(&json, "version", REPORT_JSON_VERSION);
  json_text(&json, "severity", severity_name(worst));
  json_int(&json, "exit_status", severity_exit(worst));
  json_open(&json, "environments", '[');
  for (size_t i = 0; i < files->count; i++)
    one_json(&json, &files->items[i], &verdicts[i], &outputs[i]);
  json_close(&json, ']');
  json_close(&json, '}');
  putchar('\n');
  return !ferror(stdout);
}

/* ---- the command */

static void words_make(const struct options *options, const char *words[PART_WORDS_MAX],
                       char timeout[32], char duration[32]) {
  size_t count = 0;
  words[count++] = "check";
  words[count++] = "--json";
  if (options->only) {
    words[count++] = "--only";
    words[count++] = options->only;
  }
  if (options->timeout_ms) {
    snprintf(timeout, 32, "%lldms", (long long)options->timeout_ms);
    words[count++] = "--timeout";
    words[count++] = timeout;
  }
  if (options->duration_ms) {
    snprintf(duration, 32, "%lldms", (long long)options->duration_ms);
    words[count++] = "--duration";
    words[count++] = duration;
  }
  if (options->acknowledged)
    words[count++] = "--acknowledged";
  words[count] = NULL;
}

int environments_check(const struct environment_files *files, const struct options *options) {
  struct part_output outputs[ENVIRONMENTS_MAX] = {0};
  struct verdict *verdicts = mem_new(files->count * sizeof *verdicts);
  const char *words[PART_WORDS_MAX];
  char timeout[32], duration[32];
  enum severity worst = SEVERITY_OK;
  struct err err;
  for (size_t i = 0; i < files->count; i++)
    outputs[i].wanted = true;
  words_make(options, words, timeout, duration);
  if (!parts_run(files, words, outputs, &err)) {
    error_print("%s", err.text);
    parts_fini(outputs, files->count);
    free(verdicts);
    return EX_OSERR;
  }
  for (size_t i = 0; i < files->count; i++) {
    verdict_make(&verdicts[i], &outputs[i]);
    worst = severity_worse(worst, verdicts[i].severity);
  }
  const bool written = print_end(options->json ? json_write(files, verdicts, outputs, worst)
                                               : text_write(files, verdicts, options)) ||
                       print_is_closed();
  for (size_t i = 0; i < files->count; i++)
    if (!verdicts[i].trouble)
      report_document_fini(&verdicts[i].document);
  parts_fini(outputs, files->count);
  free(verdicts);
  return severity_exit(written ? worst : severity_worse(worst, SEVERITY_UNKNOWN));
}

int environments_config_check(const struct environment_files *files,
                              const struct options *options) {
  static const char *const words[] = {"config", "--check", NULL};
  struct part_output outputs[ENVIRONMENTS_MAX] = {0};
  int status = EXIT_SUCCESS;
  struct err err;
  (void)options;
  for (size_t i = 0; i < files->count; i++)
    outputs[i].wanted = true;
  if (!parts_run(files, words, outputs, &err)) {
    error_print("%s", err.text);
    parts_fini(outputs, files->count);
    return EX_OSERR;
  }
  for (size_t i = 0; i < files->count; i++) {
    fputs(outputs[i].text, stdout);
    fflush(stdout);
    fputs(outputs[i].errors, stderr);
    if (outputs[i].status != 0)
      status = EXIT_CONFIG_BAD;
  }
  parts_fini(outputs, files->count);
  return print_end(true) ? status : EXIT_FAILURE;
}
