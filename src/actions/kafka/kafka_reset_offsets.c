/* Sets the committed offsets of a group, partition by partition. */
#include "actions/kafka/kafka_csv.h"
#include "actions/kafka/kafka_found.h"
#include "actions/kafka/kafka_planned.h"
#include "actions/kafka/kafka_reset_plan.h"
#include "actions/kafka/kafka_words.h"

#include <stdio.h>
#include <string.h>

enum { TO, FILE_PARAM };

static const struct option params[] = {
    [TO] = {.name = "to",
            .type = OPTION_TEXT,
            .help = "earliest, latest, an offset, +20 or -20 relative to the current one, 2h ago, "
                    "a date and time (local, or with a zone), @milliseconds",
            .example = "2026-11-25T14:03",
            .check = kafka_to_check},
    [FILE_PARAM] =
        {.name = "file",
         .type = OPTION_TEXT,
         .help = "instead of to: a file with lines topic,partition,offset, such as an undo file",
         .example = "/tmp/offsets.csv"},
};

static bool reset_applies(const struct action_request *request, struct err *why) {
  return kafka_row_fits(request, KAFKA_LEVEL_GROUP, true, why);
}

/* ---- survey: the file, where there is one; then the group */

static bool to_of(const struct action_request *request, struct kafka_to *to, struct err *err) {
  const char *text = request->texts[TO], *file = request->texts[FILE_PARAM];
  bool has_text = text && *text, has_file = file && *file;
  *to = (struct kafka_to){KAFKA_TO_FILE, 0};
  if (has_text == has_file)
    return err_set(err, ERR_INVALID, "give either to=... or file=...");
  return has_file || kafka_to_parse(text, request->now_ms, to, err);
}

static bool on_line(void *arg, const struct kafka_csv_line *line, int number, struct err *err) {
  struct kafka_admin *admin = arg;
  struct kafka_spot *spot = kafka_admin_spot(admin, line->topic, line->partition);
  if (!spot)
    return err_set(err, ERR_LIMIT, "line %d: more than %d partitions", number, KAFKA_SPOTS_MAX);
  spot->want = line->offset;
  return true;
}

static bool each_once(const struct kafka_admin *admin, struct err *err) {
  for (size_t i = 1; i < admin->spot_count; i++) {
    const struct kafka_spot *spot = &admin->spots[i], *before = spot - 1;
    if (spot->partition == before->partition && strcmp(spot->topic, before->topic) == 0)
      return err_set(err, ERR_INVALID, "the file lists %.150s/%d twice", spot->topic,
                     spot->partition);
  }
  return true;
}

/* The file's partitions, as the spots of the question. */
static bool add_file(struct step *step, const char *path, struct kafka_admin *group) {
  struct kafka_admin *file = kafka_question(step, kafka_run_load);
  file->path = path;
  return kafka_ask(step, file) && kafka_csv_read(path, file->loaded, file->loaded_len, group->group,
                                                 on_line, group, &step->err);
}

static bool survey(struct step *step) {
  const struct action_request *request = step->call->request;
  struct kafka_facts facts;
  struct kafka_to to;
  if (!to_of(request, &to, &step->err))
    return false;
  struct kafka_admin *group = kafka_question(step, kafka_run_look_group);
  group->logs = true;
  group->whole_topics = to.kind != KAFKA_TO_FILE;
  group->time_ms = to.kind == KAFKA_TO_TIME ? to.number : -1;
  if (!kafka_group_ask(request, group, &step->err) ||
      (to.kind == KAFKA_TO_FILE && !add_file(step, request->texts[FILE_PARAM], group)) ||
      !kafka_ask(step, group) || !each_once(group, &step->err))
    return false;
  step->found = kafka_found_group(group, &to);
  kafka_facts_read(step->found, &facts);
  if (!kafka_facts_allow(&facts, true, &step->err))
    return false;
  return step->found->tables[0].row_count > 0 ||
         step_fail(step, ERR_INVALID, "%s",
                   to.kind == KAFKA_TO_FILE ? "the file has no line for this group"
                                            : "the group has committed nothing");
}

/* ---- execute */

static bool execute(struct step *step) {
  bool good = kafka_change(step, kafka_run_set_offsets);
  kafka_undo_offer(step);
  return good;
}

/* ---- verify: at once, and once more after one commit interval */

enum { COMMIT_INTERVAL_MS = 5000 };

static bool judge(struct step *step, const struct kafka_admin *now, size_t i,
                  const struct kafka_spot *spot, enum object_result held) {
  struct outcome *outcome = step->call->outcome;
  const long long committed = spot->committed;
  if (committed == kafka_identity_number(step->call->plan, i, "new"))
    outcome_set(outcome, i, held, "read again: %lld", committed);
  else if (committed >= 0 && now->facts.state != KAFKA_GROUP_EMPTY)
    outcome_set(outcome, i, OBJECT_DONE, "a consumer has joined and is at %lld", committed);
  else if (committed >= 0)
    outcome_set(outcome, i, OBJECT_UNKNOWN,
                "was set, but is now %lld: another client commits for this group", committed);
  else
    outcome_set(outcome, i, OBJECT_UNKNOWN, "was set, but nothing is committed now");
  return outcome->objects[i].result != OBJECT_UNKNOWN;
}

static bool verify(struct step *step) {
  struct outcome *outcome = step->call->outcome;
  struct progress *progress = step->call->progress;
  size_t looked = outcome_count(outcome, OBJECT_SENT);
  const struct kafka_admin *now = kafka_look(step, kafka_run_look_group);
  if (!now)
    return false;
  size_t held = kafka_judge_sent(step, now, judge, OBJECT_SENT);
  if (held > 0) {
    looked = outcome_count(outcome, OBJECT_SENT);
    snprintf(progress->step, sizeof progress->step,
             "as planned; checking again in 5 s for commits by other clients");
    step_report(step);
    if (!step_sleep(step, COMMIT_INTERVAL_MS) || !(now = kafka_look(step, kafka_run_look_group)))
      return false;
    held = kafka_judge_sent(step, now, judge, OBJECT_DONE);
  }
  outcome_proof(outcome, "offsets read again after 5 s: %zu of %zu as planned", held, looked);
  return true;
}

KAFKA_STEPS

const struct action action_kafka_reset_offsets = {
    .spec = {.id = "kafka.reset-offsets",
             .kind = "kafka",
             .table = KAFKA_LAG_TABLE,
             .key = 'O',
             .title = "reset offsets",
             .past = "reset",
             .what =
                 "sets where an Empty group continues to read: messages are skipped or read again",
             .runs = "kafka-consumer-groups.sh --reset-offsets --execute",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_MANY,
             ACTION_PARAMS(params)},
    .applies = reset_applies,
    STEPS_WITH(kafka_reset_plan),
};
