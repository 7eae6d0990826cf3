#include "model/operation.h"

const char *operation_phase_text(enum operation_phase phase) {
  static const char *const texts[] = {
      [OPERATION_FORM] = "waiting for what is needed",
      [OPERATION_SURVEY] = "reading what is there",
      [OPERATION_CHOICE] = "waiting for what is picked",
      [OPERATION_PLAN] = "waiting for your word",
      [OPERATION_INTENT] = "writing down what is about to be done",
      [OPERATION_EXECUTE] = "under way",
      [OPERATION_VERIFY] = "looking for the proof",
      [OPERATION_OUTCOME] = "writing down what became of it",
      [OPERATION_ENDED] = "over",
  };
  return texts[phase];
}
