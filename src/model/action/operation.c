#include "model/action/operation.h"

const char *operation_phase_text(enum operation_phase phase) {
  static const char *const texts[] = {
      [OPERATION_FORM] = "waiting for input",
      [OPERATION_SURVEY] = "reading the current state",
      [OPERATION_CHOICE] = "waiting for a choice",
      [OPERATION_PLAN] = "waiting for confirmation",
      [OPERATION_INTENT] = "recording the intent",
      [OPERATION_EXECUTE] = "running",
      [OPERATION_VERIFY] = "verifying",
      [OPERATION_OUTCOME] = "recording the outcome",
      [OPERATION_ENDED] = "finished",
  };
  return texts[phase];
}
