/* Exercises the reader of the audit's lines, with any line and with records of any texts.
 * Holds: a parsed line is written again as the same record, what is cut on the way is cut only
 * once, and the line is printable UTF-8; a written line always parses. */
#include "audit/audit_format.h"
#include "audit/audit_syslog.h"
#include "audit/read/audit_parse.h"
#include "fuzz.h"

static void check_text(const char *first, const char *second) {
  if (!first || !second) {
    assert(!first && !second);
    return;
  }
  size_t len = strlen(second);
  if (strlen(first) > AUDIT_TEXT_MAX) /* cut at a whole character */
    assert(len <= AUDIT_TEXT_MAX && len > AUDIT_TEXT_MAX - 4 && memcmp(first, second, len) == 0);
  else
    assert(strcmp(first, second) == 0);
}

static void check_lists(const struct audit_record *first, const struct audit_record *second) {
  assert(first->param_count == second->param_count);
  for (size_t i = 0; i < first->param_count; i++)
    check_text(first->params[i].value, second->params[i].value);
  assert(first->plan_count == second->plan_count);
  for (size_t i = 0; i < first->plan_count; i++)
    check_text(first->plan[i], second->plan[i]);
  assert(first->object_count == second->object_count);
  for (size_t i = 0; i < first->object_count; i++) {
    check_text(first->objects[i].key, second->objects[i].key);
    check_text(first->objects[i].label, second->objects[i].label);
    check_text(first->objects[i].result, second->objects[i].result);
    check_text(first->objects[i].words, second->objects[i].words);
  }
  assert(first->params_left_out == second->params_left_out);
  assert(first->plan_left_out == second->plan_left_out);
  assert(first->objects_left_out == second->objects_left_out);
}

static void check_same(const struct audit_record *first, const struct audit_record *second) {
  assert(first->event == second->event && first->at_ms == second->at_ms);
  assert(first->count == second->count);
  check_text(first->id, second->id);
  check_text(first->who.user, second->who.user);
  check_text(first->who.login, second->who.login);
  check_text(first->who.ssh, second->who.ssh);
  check_text(first->who.tty, second->who.tty);
  check_text(first->who.host, second->who.host);
  assert(first->who.uid == second->who.uid && first->who.pid == second->who.pid &&
         first->who.pid_start == second->who.pid_start);
  check_text(first->platform, second->platform);
  check_text(first->environment, second->environment);
  check_text(first->kind, second->kind);
  check_text(first->target, second->target);
  check_text(first->address, second->address);
  check_text(first->action, second->action);
  check_text(first->title, second->title);
  check_text(first->danger, second->danger);
  check_text(first->hash, second->hash);
  check_text(first->confirm, second->confirm);
  check_text(first->unit, second->unit);
  check_text(first->result, second->result);
  check_text(first->proof, second->proof);
  check_text(first->error, second->error);
  if (!first->undo || strlen(first->undo) <= AUDIT_UNDO_MAX)
    assert(!first->undo == !second->undo && (!first->undo || !strcmp(first->undo, second->undo)));
  assert(first->plan_ms == second->plan_ms && first->wait_ms == second->wait_ms);
  assert(first->execute_ms == second->execute_ms && first->verify_ms == second->verify_ms);
  check_lists(first, second);
}

static void check_record(const struct audit_record *record, bool as_it_is) {
  struct audit_parsed parsed;
  char notice[AUDIT_SYSLOG_MAX];
  char *line = audit_line(record);
  size_t len = strlen(line);
  fuzz_check_clean(line, len, false);
  assert(len + 2 <= AUDIT_LINE_MAX);
  bool fine = audit_parse(&parsed, line, len);
  assert(fine);
  if (as_it_is)
    check_same(record, &parsed.record);
  char *again = audit_line(&parsed.record);
  assert(strcmp(line, again) == 0);
  audit_syslog_line(notice, record);
  fuzz_check_clean(notice, strlen(notice), false);
  audit_parsed_fini(&parsed);
  free(line);
  free(again);
}

/* From texts as a server may send them. */
static void check_made(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, size};
  char *texts[6];
  for (size_t i = 0; i < 6; i++)
    texts[i] = fuzz_text(&input, '\n');
  struct plan_param param = {"p", texts[2]};
  const char *plan[] = {texts[3], texts[0]};
  struct audit_object object = {
      .key = texts[4], .label = texts[1], .result = "done", .words = texts[5]};
  struct audit_record record = {.event = size % 2 ? AUDIT_INTENT : AUDIT_OUTCOME,
                                .id = "i",
                                .at_ms = size ? data[0] : 0,
                                .who = {.user = texts[0], .host = texts[1]},
                                .target = texts[1],
                                .title = texts[2],
                                .proof = texts[5],
                                .undo = texts[3],
                                .unit = texts[4],
                                .params = &param,
                                .param_count = 1,
                                .plan = plan,
                                .plan_count = 2,
                                .objects = &object,
                                .object_count = 1};
  check_record(&record, false);
  for (size_t i = 0; i < 6; i++)
    free(texts[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct audit_parsed parsed;
  check_made(data, size);
  if (!audit_parse(&parsed, (const char *)data, size))
    return 0;
  check_record(&parsed.record, true);
  audit_parsed_fini(&parsed);
  return 0;
}
