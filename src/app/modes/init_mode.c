#include "app/modes/init_mode.h"

#include "app/modes/act/ask.h"
#include "app/runtime/print.h"
#include "app/startup/init_draft.h"
#include "app/startup/startup.h"
#include "config/config_load.h"
#include "core/mem.h"
#include "io/file/file_save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A draft with an error would be a fault of ours: it is not written. */
static bool draft_loads(const struct init_draft *draft, const char *path,
                        const struct app_schema *schema) {
  struct config_errors errors;
  config_errors_init(&errors, path);
  struct config *config =
      config_parse(path, draft->text, strlen(draft->text), &schema->schema, &errors);
  config_errors_print(&errors, stderr);
  config_errors_fini(&errors);
  config_free(config);
  return config != NULL;
}

/* A new file beside it takes its place, so that it is whole at every moment; the old one becomes
 * PATH.old. */
static bool file_write(const char *path, const char *text, struct err *err) {
  char *fresh = mem_printf("%s.new-%d", path, (int)getpid()), *old = mem_printf("%s.old", path);
  bool good = file_save_new(fresh, text, strlen(text), err) &&
              (rename(path, old) == 0 || errno == ENOENT) && rename(fresh, path) == 0;
  if (!good && access(fresh, F_OK) == 0) {
    err_set(err, ERR_IO, "%.150s: %s", path, strerror(errno));
    unlink(fresh);
  }
  free(fresh);
  free(old);
  return good;
}

/* Whether to write: asked at a terminal, else by --yes, or by naming a file that does not exist
 * yet. */
static bool is_agreed(const struct options *options, const char *path, bool exists) {
  char answer[16];
  const int terminal = options->yes ? -1 : ask_open(false);
  if (options->yes || (terminal < 0 && options->word_count > 0 && !exists))
    return true;
  if (terminal < 0) {
    error_print("%s %s: standard input is no terminal; use --yes%s", path,
                exists ? "exists" : "is not written",
                exists ? " (the old file becomes FILE.old)" : " or `stacktop init FILE`");
    return false;
  }
  char *prompt = exists ? mem_printf("%s exists. Replace it (the old one becomes FILE.old)? "
                                     "Type yes: ",
                                     path)
                        : mem_printf("Write this to %s? [y/N] ", path);
  const bool read = ask_line(terminal, prompt, answer, sizeof answer);
  const bool agreed = read && (strcmp(answer, "yes") == 0 || (!exists && strcmp(answer, "y") == 0));
  ask_close(terminal);
  free(prompt);
  if (!agreed)
    error_print("nothing was written");
  return agreed;
}

static int draft_write(const struct init_draft *draft, const struct options *options,
                       const char *path) {
  struct err err;
  if (!is_agreed(options, path, access(path, F_OK) == 0))
    return EXIT_FAILURE;
  if (!file_write(path, draft->text, &err)) {
    error_print("%s", err.text);
    return EXIT_FAILURE;
  }
  fprintf(stderr,
          "stacktop: wrote %s (%zu targets). Next: `stacktop%s%s`, or edit it and run "
          "`stacktop config --check`\n",
          path, draft->targets, options->word_count > 0 ? " -c " : "",
          options->word_count > 0 ? path : "");
  return EXIT_SUCCESS;
}

int init_run(struct runtime *runtime, const struct options *options,
             const struct app_schema *schema) {
  const char *word = options->word_count > 0 ? options->words[0] : NULL;
  char *path = word ? mem_dup(word) : startup_config_path_home();
  struct init_draft draft;
  if (!path) {
    error_print("no home directory is known: name the file, `stacktop init FILE`");
    return EXIT_FAILURE;
  }
  init_draft_make(&draft, &runtime->io, schema);
  if (draft.trouble)
    error_print("%s", draft.trouble);
  int status = EXIT_CONFIG_BAD;
  if (draft_loads(&draft, path, schema)) {
    fputs(draft.text, stdout);
    status = print_end(true) ? EXIT_SUCCESS : EXIT_FAILURE;
    if (status == EXIT_SUCCESS && strcmp(path, "-") != 0)
      status = draft_write(&draft, options, path);
  }
  init_draft_fini(&draft);
  free(path);
  return status;
}
