/* Writes one of the files that the package has beside the program: `documents KIND > FILE`. */
#include "documents.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const struct {
  const char *kind;
  void (*write)(FILE *out);
} documents[] = {
    {"stacktop.1", manual_program},     {"stacktop.yaml.5", manual_config},
    {"stacktop.bash", completion_bash}, {"_stacktop", completion_zsh},
    {"stacktop.fish", completion_fish},
};

int main(int argc, char **argv) {
  for (size_t i = 0; argc == 2 && i < sizeof documents / sizeof *documents; i++) {
    if (strcmp(documents[i].kind, argv[1]) != 0)
      continue;
    documents[i].write(stdout);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  fputs("usage: documents KIND; KIND is the name of a file, such as stacktop.1\n", stderr);
  return EX_USAGE;
}
