/* Sets what a group has committed, partition by partition. */
#include "actions/kafka/kafka_csv.h"
#include "actions/kafka/kafka_found.h"
#include "actions/kafka/kafka_offsets.h"
#include "actions/kafka/kafka_reset_plan.h"
#include "actions/kafka/kafka_step.h"
#include "actions/kafka/kafka_words.h"

#include <stdio.h>
#include <string.h>

enum { TO, FILE_PARAM };

static const struct option params[] = {
    [TO] = {.name = "to",
            .type = OPTION_TEXT,
            .help = "earliest, latest, an offset, +20 or -20 from where it is, 2h ago, a date and "
                    "time (of this zone, or with one), @milliseconds",
            .example = "2026-11-25T14:03",
            .check = kafka_to_check},
    [FILE_PARAM] = {.name = "file",
                    .type = OPTION_TEXT,
                    .help = "instead of it: a file of lines topic,partition,offset, as an undo "
                            "file is",
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
    return err_set(err, ERR_INVALID, "where to: write either to=... or file=...");
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
      return err_set(err, ERR_INVALID, "the file has %.150s/%d twice", spot->topic,
                     spot->partition);
  }
  return true;
}

static bool survey_ask(struct kafka_turn *turn) {
  const struct action_request *request = turn->act->request;
  struct kafka_admin *admin = turn->admin;
  struct kafka_to to;
  if (!to_of(request, &to, &turn->ended))
    return false;
  const char *file = request->texts[FILE_PARAM];
  if (to.kind == KAFKA_TO_FILE && turn->round == 0) {
    admin->run = kafka_run_load;
    admin->path = arena_text(&admin->arena, file, strlen(file));
    return true;
  }
  if (!kafka_offsets_group(request, admin, &turn->ended))
    return false;
  admin->run = kafka_run_look_group;
  admin->logs = true;
  admin->whole_topics = to.kind != KAFKA_TO_FILE;
  admin->time_ms = to.kind == KAFKA_TO_TIME ? to.number : -1;
  return to.kind != KAFKA_TO_FILE ||
         kafka_csv_read(file, turn->last->loaded, turn->last->loaded_len, admin->group, on_line,
                        admin, &turn->ended);
}

static void survey_take(struct kafka_turn *turn) {
  struct kafka_to to;
  struct kafka_facts facts;
  if (kafka_step_lost(turn) || !to_of(turn->act->request, &to, &turn->ended))
    return;
  if (turn->admin->run == kafka_run_load) {
    turn->again_ms = 0;
    return;
  }
  if (!each_once(turn->admin, &turn->ended))
    return;
  turn->found = kafka_found_group(turn->admin, &to);
  kafka_facts_read(turn->found, &facts);
  bool good = kafka_facts_allow(&facts, true, &turn->ended);
  if (good && turn->found->tables[0].row_count == 0)
    good = err_set(&turn->ended, ERR_INVALID, "%s",
                   to.kind == KAFKA_TO_FILE ? "the file has no line for this group"
                                            : "the group has committed nothing");
  if (good)
    return;
  sample_free(turn->found);
  turn->found = NULL;
}

/* ---- execute */

static bool execute_ask(struct kafka_turn *turn) {
  turn->admin->run = kafka_run_set_offsets;
  return kafka_offsets_fill(turn, KAFKA_RESET_NEW);
}

static void execute_take(struct kafka_turn *turn) {
  kafka_offsets_taken(turn);
  kafka_offsets_undo(turn->act);
}

/* ---- verify: at once, and once more after one commit interval */

enum { COMMIT_INTERVAL_MS = 5000 };

static bool verify_ask(struct kafka_turn *turn) {
  turn->admin->run = kafka_run_look_group;
  return kafka_offsets_fill(turn, KAFKA_RESET_NEW);
}

static void judge(struct kafka_turn *turn, size_t i, bool joined) {
  struct outcome *outcome = turn->act->outcome;
  const struct kafka_spot *spot = kafka_offsets_spot(turn, i);
  int64_t want = kafka_offsets_pin(turn->act->plan, i, KAFKA_RESET_NEW);
  if (spot && spot->committed == want)
    outcome_set(outcome, i, turn->round == 0 ? VICTIM_SENT : VICTIM_DONE, "read again: %lld",
                (long long)want);
  else if (spot && spot->committed >= 0 && joined)
    outcome_set(outcome, i, VICTIM_DONE, "a consumer has joined and is at %lld by now",
                (long long)spot->committed);
  else if (spot && spot->committed >= 0)
    outcome_set(outcome, i, VICTIM_UNKNOWN,
                "was set, but is %lld by now: somebody else commits in this group",
                (long long)spot->committed);
  else
    outcome_set(outcome, i, VICTIM_UNKNOWN, "was set, but nothing is committed by now");
}

static void verify_take(struct kafka_turn *turn) {
  struct act *act = turn->act;
  struct outcome *outcome = act->outcome;
  if (turn->err) {
    turn->ended = *turn->err;
    outcome_set_all(outcome, VICTIM_SENT, VICTIM_UNKNOWN,
                    "the broker took it, but it could not be read again: %s", turn->err->text);
    return;
  }
  bool joined = turn->admin->facts.state != KAFKA_GROUP_EMPTY;
  size_t held = 0, looked = 0;
  for (size_t i = 0; i < outcome->count; i++) {
    if (outcome->victims[i].result != VICTIM_SENT)
      continue;
    judge(turn, i, joined);
    looked++;
    held += outcome->victims[i].result != VICTIM_UNKNOWN;
  }
  if (turn->round == 0 && held > 0) {
    turn->again_ms = COMMIT_INTERVAL_MS;
    snprintf(act->progress->step, sizeof act->progress->step,
             "as planned; looking again in 5 s, whether anybody else commits");
  } else {
    outcome_proof(outcome, "offsets read again after 5 s: %zu of %zu as planned", held, looked);
  }
  act->changed(act);
}

KAFKA_STEP(survey, KAFKA_SURVEY_MS)
KAFKA_STEP(execute, KAFKA_EXECUTE_MS)
KAFKA_STEP(verify, KAFKA_VERIFY_MS)

const struct action action_kafka_reset_offsets = {
    .spec = {.id = "kafka.reset-offsets",
             .kind = "kafka",
             .table = KAFKA_LAG_TABLE,
             .key = 'O',
             .title = "reset offsets",
             .what = "sets where an Empty group goes on reading: messages are skipped or come "
                     "again",
             .runs = "kafka-consumer-groups.sh --reset-offsets --execute",
             .danger = DANGER_DESTRUCTIVE,
             .choice = CHOICE_MANY,
             .params = params,
             .param_count = sizeof params / sizeof *params},
    .applies = reset_applies,
    .survey = &survey_step,
    .plan = kafka_reset_plan,
    .execute = &execute_step,
    .verify = &verify_step,
};
