/* A second opinion on which keys confirm a plan, written from the rules and not from the dialog:
 * random keys and the fuzzer compare the dialog with it. */
#pragma once

#include "ui/dialog/dialog.h"

#include <string.h>

struct agreement {
  int64_t key_ms; /* of the last key, or when the plan was first drawn */
  uint32_t runes[PLAN_PHRASE_MAX];
  size_t count, bytes;
  bool given;
};

/* The plan is on the screen for the first time. */
static inline void agreement_open(struct agreement *agreement, int64_t now_ms) {
  *agreement = (struct agreement){.key_ms = now_ms};
}

static inline size_t agreement_bytes(uint32_t rune) {
  bool typed = rune >= 0x20 && rune != 0x7f && rune <= 0x10FFFF && (rune < 0xD800 || rune > 0xDFFF);
  return !typed ? 0 : rune < 0x80 ? 1 : rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
}

static inline bool agreement_is_typed(const struct agreement *agreement, const struct plan *plan) {
  char phrase[PLAN_PHRASE_MAX];
  plan_phrase(plan, phrase);
  if (agreement->count != strlen(phrase))
    return false;
  for (size_t i = 0; i < agreement->count; i++)
    if (agreement->runes[i] != (unsigned char)phrase[i])
      return false;
  return true;
}

/* Whether the key must confirm; on a screen that is large enough, and while no err is shown. */
static inline bool agreement_key(struct agreement *agreement, const struct plan *plan,
                                 int64_t now_ms, struct key key) {
  bool y = !plan->production && plan->count <= 1 && plan->action->danger == DANGER_REVERSIBLE;
  bool ready = now_ms - agreement->key_ms >= 300 && now_ms - plan->made_ms <= 30000 &&
               now_ms >= plan->made_ms && !agreement->given;
  bool agrees = ready && (y ? key.code == KEY_CODE_RUNE && key.rune == 'y'
                            : key.code == KEY_CODE_ENTER && agreement_is_typed(agreement, plan));
  agreement->key_ms = now_ms;
  if (agrees) {
    agreement->given = true;
    agreement->count = agreement->bytes = 0;
  } else if (y) {
    return false;
  } else if (key.code == KEY_CODE_RUNE) {
    size_t bytes = agreement_bytes(key.rune);
    if (bytes > 0 && agreement->bytes + bytes < PLAN_PHRASE_MAX) {
      agreement->runes[agreement->count++] = key.rune;
      agreement->bytes += bytes;
    }
  } else if ((key.code == KEY_CODE_BACKSPACE || key.code == KEY_CODE_DELETE) &&
             agreement->count > 0) {
    agreement->bytes -= agreement_bytes(agreement->runes[--agreement->count]);
  } else if (key.code == KEY_CODE_CTRL && key.rune == 'u') {
    agreement->count = agreement->bytes = 0;
  }
  return agrees;
}
