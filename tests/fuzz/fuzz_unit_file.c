/* Exercises how an environment file of a unit is read. Holds: each name is set, empty or missing,
 * and one that is not in the text is missing. */
#include "fuzz.h"

#include "clients/service/service_systemd_variables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static char first[] = "A", second[] = "NAME", third[] = "not in the text\f";
  static char *const names[] = {first, second, third};
  enum service_variable found[] = {VARIABLE_MISSING, VARIABLE_MISSING, VARIABLE_MISSING};
  struct fuzz_input input = {data, size};
  char *text = fuzz_text(&input, '\f');
  unit_file_parse(text, names, 3, found);
  for (size_t i = 0; i < 3; i++)
    assert(found[i] == VARIABLE_SET || found[i] == VARIABLE_EMPTY || found[i] == VARIABLE_MISSING);
  assert(found[0] == VARIABLE_MISSING || strstr(text, "A"));
  assert(found[1] == VARIABLE_MISSING || strstr(text, "NAME"));
  assert(found[2] == VARIABLE_MISSING);
  free(text);
  return 0;
}
