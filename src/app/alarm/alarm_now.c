#include "app/alarm/alarm_now.h"

#include "app/runtime/print.h"
#include "operate/alarm/alarm_file.h"
#include "operate/state.h"

#include <stdlib.h>

void alarm_now_read(const struct config *config, struct alarm_marks *marks) {
  struct alarm_file_state seen = {0};
  struct err err;
  bool fresh;
  char *state = state_choose(config, &err);
  *marks = (struct alarm_marks){0};
  if (!state)
    return;
  char *path = alarm_file_path(state);
  if (!alarm_file_look(path, &seen, marks, &fresh, &err))
    error_print("acknowledgements and silences are not known: %s", err.text);
  free(path);
  free(state);
}
