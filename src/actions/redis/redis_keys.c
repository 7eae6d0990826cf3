#include "actions/redis/redis_keys.h"

#include "actions/redis/redis_unique.h"
#include "core/format.h"
#include "core/mem.h"
#include "io/clock.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LONGEST = 4096, NAME_SHOWN = 400, MARGIN_MS = 30000, SAMPLE_LINE = 90 };

enum sample_column { SAMPLE_KEY, SAMPLE_BYTES, SAMPLE_TTL, SAMPLE_COLUMN_COUNT };

static const struct column_spec sample_columns[SAMPLE_COLUMN_COUNT] = {
    [SAMPLE_KEY] = {.id = "key", .title = "KEY", .help = "as redis-cli prints it"},
    [SAMPLE_BYTES] = {.id = "bytes",
                      .title = "BYTES",
                      .unit = UNIT_BYTES,
                      .help = "MEMORY USAGE key SAMPLES 5"},
    [SAMPLE_TTL] = {.id = "ttl", .title = "TTL", .help = "PTTL: milliseconds; -1: it has none"},
};
static const struct table_spec sample_spec = {.id = "sample",
                                              .title = "Sample",
                                              .columns = sample_columns,
                                              .column_count = SAMPLE_COLUMN_COUNT};

/* ---- the survey */

struct kept {
  char *name;
  size_t length;
  int64_t bytes, ttl; /* -1 if not known; ttl -2: the key is gone */
};

struct survey {
  struct redis_sweep sweep;
  struct redis_unique unique;
  int64_t count; /* different ones, as far as is remembered */
  int64_t total; /* keys of the database */
  uint64_t random;
  struct kept kept[REDIS_KEYS_SAMPLED];
  size_t kept_count, answered;
  struct err bytes_err, ttl_err;
};

static int survey_db(const struct act *act) {
  const struct option_value *db = &act->request->params[REDIS_KEYS_DB];
  return db->set ? (int)db->number : -1;
}

static int survey_db_shown(const struct act *act) {
  int db = survey_db(act);
  return db >= 0 ? db : redis_url_database(act->target);
}

/* xorshift64: which keys are shown need not be hard to guess. */
static uint64_t next_random(struct survey *survey) {
  uint64_t bits = survey->random;
  bits ^= bits << 13;
  bits ^= bits >> 7;
  bits ^= bits << 17;
  return survey->random = bits;
}

/* Every key seen so far is in the sample with the same probability. */
static void keep_perhaps(struct survey *survey, const char *name, size_t length) {
  size_t place = survey->kept_count;
  if (length > NAME_LONGEST)
    return;
  if (place == REDIS_KEYS_SAMPLED)
    place = next_random(survey) % (uint64_t)survey->count;
  else
    survey->kept_count++;
  if (place >= REDIS_KEYS_SAMPLED)
    return;
  struct kept *kept = &survey->kept[place];
  free(kept->name);
  *kept = (struct kept){mem_new(length + 1), length, -1, -1};
  memcpy(kept->name, name, length);
}

static void tell_progress(struct survey *survey) {
  struct act *act = survey->sweep.work.act;
  struct progress *progress = act->progress;
  if (!progress->started_ms)
    progress->started_ms = clock_now_ms();
  progress->done = survey->count;
  progress->unit = "keys";
  if (survey->sweep.fraction >= 0)
    snprintf(progress->step, sizeof progress->step, "%.0f%% of the database looked at",
             100 * survey->sweep.fraction);
  else
    snprintf(progress->step, sizeof progress->step, "looking at the database");
  act->changed(act);
}

static bool survey_keys(void *self, const struct redisReply *names) {
  struct survey *survey = self;
  for (size_t i = 0; i < names->elements; i++) {
    const redisReply *name = names->element[i];
    if (!redis_unique_add(&survey->unique, name->str, name->len))
      continue;
    survey->count++;
    keep_perhaps(survey, name->str, name->len);
  }
  tell_progress(survey);
  return true;
}

static void add_sample(struct survey *survey, struct sample *found) {
  struct table *table = sample_table(found, sample_spec.id);
  for (size_t i = 0; i < survey->kept_count; i++) {
    const struct kept *kept = &survey->kept[i];
    char text[NAME_SHOWN], key[24];
    snprintf(key, sizeof key, "%zu", i);
    struct row *row = kept->ttl != -2 ? sample_row(found, table, key, NULL) : NULL;
    if (!row)
      continue;
    row->cells[SAMPLE_KEY] =
        value_text(sample_copy(found, redis_repr(text, sizeof text, kept->name, kept->length)));
    row->cells[SAMPLE_BYTES] =
        kept->bytes >= 0 ? value_int(kept->bytes) : value_none("not answered");
    row->cells[SAMPLE_TTL] =
        survey->ttl_err.kind == ERR_NONE ? value_int(kept->ttl) : value_none("not answered");
  }
}

static void survey_finish(struct survey *survey) {
  static const struct table_spec *const specs[] = {&sample_spec};
  const struct redis_sweep *sweep = &survey->sweep;
  struct sample *found = redis_found_new(&sweep->work, specs, 1);
  redis_fact_int(found, "keys", survey->count);
  redis_fact_int(found, "exact", !survey->unique.full);
  redis_fact_int(found, "complete", !sweep->late);
  redis_fact_int(found, "looked", sweep->fraction >= 0 ? (int64_t)(1000 * sweep->fraction) : -1);
  redis_fact_int(found, "total", survey->total);
  redis_fact_int(found, "db", survey_db_shown(sweep->work.act));
  redis_fact_text(found, "bytes_why", survey->bytes_err.text);
  redis_fact_text(found, "ttl_why", survey->ttl_err.text);
  add_sample(survey, found);
  redis_work_end(survey, found, NULL);
}

/* Two answers a key, in order: its size, its time to live. What the server refuses is said in the
 * plan; the link's end ends the survey. */
static void on_sampled(void *self, const struct redisReply *reply, const struct err *err) {
  struct survey *survey = self;
  struct kept *kept = &survey->kept[survey->answered / 2];
  bool of_ttl = survey->answered % 2;
  if (err && !redis_link_stands(survey->sweep.work.link)) {
    redis_work_fail(survey, err);
    return;
  }
  if (err)
    *(of_ttl ? &survey->ttl_err : &survey->bytes_err) = *err;
  else if (reply->type == REDIS_REPLY_INTEGER)
    *(of_ttl ? &kept->ttl : &kept->bytes) = reply->integer;
  if (++survey->answered == 2 * survey->kept_count)
    survey_finish(survey);
}

static void survey_counted(void *self) {
  struct survey *survey = self;
  struct err cancelled;
  err_set(&cancelled, ERR_NONE, "cancelled");
  if (survey->sweep.cancelled) {
    redis_work_end(survey, NULL, &cancelled);
    return;
  }
  if (survey->kept_count == 0) {
    survey_finish(survey);
    return;
  }
  for (size_t i = 0; i < survey->kept_count; i++) {
    const struct kept *kept = &survey->kept[i];
    redis_link_ask(survey->sweep.work.link, on_sampled, 5,
                   (const char *const[]){"MEMORY", "USAGE", kept->name, "SAMPLES", "5"},
                   (const size_t[]){6, 5, kept->length, 7, 1});
    redis_link_ask(survey->sweep.work.link, on_sampled, 2,
                   (const char *const[]){"PTTL", kept->name}, (const size_t[]){4, kept->length});
  }
}

static void survey_ready(void *self) {
  struct survey *survey = self;
  struct redis_sweep *sweep = &survey->sweep;
  struct act *act = sweep->work.act;
  int64_t expires;
  redis_told_keys(sweep->work.info, survey_db_shown(act), &survey->total, &expires);
  redis_unique_init(&survey->unique);
  survey->random = (uint64_t)clock_now_us() | 1;
  sweep->pattern = act->request->params[REDIS_KEYS_PATTERN].text;
  sweep->until_ms = clock_now_ms() + REDIS_KEYS_SURVEY_MS;
  sweep->keys = survey_keys;
  sweep->done = survey_counted;
  sweep->failed = redis_work_fail;
  redis_sweep_start(sweep, 0);
}

static void survey_fini(void *self) {
  struct survey *survey = self;
  redis_unique_fini(&survey->unique);
  for (size_t i = 0; i < survey->kept_count; i++)
    free(survey->kept[i].name);
}

static const struct redis_work_kind survey_kind = {.size = sizeof(struct survey),
                                                   .phase = REDIS_SURVEY,
                                                   .writes = true,
                                                   .db = survey_db,
                                                   .ready = survey_ready,
                                                   .fini = survey_fini};

static void survey_start(struct act *act) {
  redis_work_start(act, &survey_kind);
}

const struct act_step redis_keys_survey = {.timeout_ms = REDIS_KEYS_SURVEY_MS + MARGIN_MS,
                                           .start = survey_start,
                                           .cancel = redis_sweep_cancel,
                                           .drop = redis_work_drop};

/* ---- the plan */

bool redis_keys_preset(const struct row *row, size_t param, char *out, size_t size) {
  return param == REDIS_KEYS_DB && redis_row_database(row, out, size);
}

const char *redis_keys_pattern(const struct plan *plan) {
  return redis_pin(plan, "pattern");
}

const char *redis_keys_bytes(char out[64], const struct sample *found) {
  const struct table *table = sample_table_view(found, sample_spec.id);
  double sum = 0;
  size_t known = 0;
  for (size_t i = 0; i < table->row_count; i++)
    if (table->rows[i].cells[SAMPLE_BYTES].type == VALUE_INT) {
      sum += (double)table->rows[i].cells[SAMPLE_BYTES].integer;
      known++;
    }
  *out = '\0';
  if (known == 0)
    return out;
  char bytes[FORMAT_MAX];
  double all = sum / (double)known * (double)redis_fact(found, "keys", 0);
  snprintf(out, 64, "~%s", format_bytes(bytes, sizeof bytes, all));
  return out;
}

static void say_count(struct plan *plan, const struct sample *found) {
  char keys[REDIS_COUNTED_MAX], total[FORMAT_MAX];
  int64_t looked = redis_fact(found, "looked", -1), count = redis_fact(found, "keys", 0);
  redis_keys_counted(keys, count);
  format_count(total, sizeof total, redis_fact(found, "total", 0));
  bool exact = redis_fact(found, "exact", 0), complete = redis_fact(found, "complete", 0);
  plan_say(plan, PLAN_BLAST, "%s%s would match, of %s in db %d", exact ? "" : "about ", keys, total,
           (int)redis_fact(found, "db", 0));
  if (!exact)
    plan_say(plan, PLAN_WARNING,
             "the count may be too high: SCAN can tell a key twice, and only the first %d are "
             "remembered",
             REDIS_UNIQUE_MAX);
  if (!complete && looked >= 0)
    plan_say(plan, PLAN_WARNING,
             "only %.1f%% of the database was looked at in %d s; what matches in the rest is done "
             "as well",
             (double)looked / 10, REDIS_KEYS_SURVEY_MS / 1000);
  else if (!complete)
    plan_say(plan, PLAN_WARNING,
             "not all of the database was looked at in %d s; what matches in the rest is done as "
             "well",
             REDIS_KEYS_SURVEY_MS / 1000);
  else if (exact && count >= redis_fact(found, "total", 0))
    plan_say(plan, PLAN_WARNING, "that is every key of the database");
}

struct sizes {
  int64_t least, most; /* of MEMORY USAGE; -1 if it is not known of any */
  size_t with_ttl;
};

static struct sizes sizes_of(const struct table *table) {
  struct sizes sizes = {-1, -1, 0};
  for (size_t i = 0; i < table->row_count; i++) {
    struct value bytes = table->rows[i].cells[SAMPLE_BYTES];
    struct value ttl = table->rows[i].cells[SAMPLE_TTL];
    sizes.with_ttl += ttl.type == VALUE_INT && ttl.integer >= 0;
    if (bytes.type == VALUE_INT && (sizes.least < 0 || bytes.integer < sizes.least))
      sizes.least = bytes.integer;
    if (bytes.type == VALUE_INT && bytes.integer > sizes.most)
      sizes.most = bytes.integer;
  }
  return sizes;
}

static void say_sizes(struct plan *plan, const struct sample *found) {
  const struct table *table = sample_table_view(found, sample_spec.id);
  struct sizes sizes = sizes_of(table);
  char bytes[64], least[FORMAT_MAX], most[FORMAT_MAX];
  if (*redis_keys_bytes(bytes, found))
    plan_say(plan, PLAN_BLAST, "%s of memory, from MEMORY USAGE of %zu of them: %s%s%s each", bytes,
             table->row_count, format_bytes(least, sizeof least, (double)sizes.least),
             sizes.most > sizes.least ? " to " : "",
             sizes.most > sizes.least ? format_bytes(most, sizeof most, (double)sizes.most) : "");
  else
    plan_say(plan, PLAN_BLAST, "how much memory they take is not known: %s",
             redis_fact_words(found, "bytes_why"));
  if (*redis_fact_words(found, "ttl_why"))
    plan_say(plan, PLAN_BLAST, "how many have a time to live is not known: %s",
             redis_fact_words(found, "ttl_why"));
  else
    plan_say(plan, PLAN_BLAST, "%zu of %zu looked at have a time to live", sizes.with_ttl,
             table->row_count);
}

/* Names side by side, as many as a line of a dialog has room for. */
static void say_sample(struct plan *plan, const struct sample *found) {
  const struct table *table = sample_table_view(found, sample_spec.id);
  char line[SAMPLE_LINE + NAME_SHOWN] = "";
  size_t used = 0;
  for (size_t i = 0; i < table->row_count && i < REDIS_KEYS_SHOWN; i++) {
    const char *name = table->rows[i].cells[SAMPLE_KEY].text;
    if (used > 0 && used + strlen(name) + 2 > SAMPLE_LINE) {
      plan_say(plan, PLAN_BLAST, "for example %s", line);
      used = 0;
    }
    used += (size_t)snprintf(line + used, sizeof line - used, "%s%s", used ? "  " : "", name);
  }
  if (used > 0)
    plan_say(plan, PLAN_BLAST, "for example %s", line);
}

void redis_keys_say_command(const struct action_request *request, struct plan *plan,
                            const char *script) {
  char command[PLAN_TEXT_MAX];
  int db = (int)redis_fact(request->found, "db", 0);
  if (redis_cli_each(command, sizeof command, request->target, db, redis_keys_pattern(plan),
                     script))
    plan_say(plan, PLAN_EFFECT, "%s", command);
  else
    plan_say(plan, PLAN_EFFECT, "a command for each key of the pattern, which is too long to type");
}

static bool any_to_do(const struct sample *found, const char *pattern, struct err *err) {
  int db = (int)redis_fact(found, "db", 0);
  if (redis_fact(found, "keys", 0) > 0)
    return true;
  if (redis_fact(found, "complete", 0))
    return err_set(err, ERR_INVALID, "no key of db %d matches %.150s", db, pattern);
  return err_set(err, ERR_LIMIT,
                 "in %d s not all of db %d could be looked at, and no key so far "
                 "matches %.120s",
                 REDIS_KEYS_SURVEY_MS / 1000, db, pattern);
}

bool redis_keys_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  static const struct plan_column columns[] = {{"DB", true}, {"KEYS", true}, {"BYTES", true}};
  static const char *const pins[] = {"run_id", "db", "pattern"};
  const struct sample *found = request->found;
  const char *pattern = request->params[REDIS_KEYS_PATTERN].text;
  char shown[NAME_SHOWN], bytes[64], keys[FORMAT_MAX];
  if (!any_to_do(found, redis_repr(shown, sizeof shown, pattern, strlen(pattern)), err))
    return false;
  plan->columns = columns;
  plan->column_count = sizeof columns / sizeof *columns;
  plan->pins = pins;
  plan->pin_count = sizeof pins / sizeof *pins;
  const char *db = plan_printf(plan, "%d", (int)redis_fact(found, "db", 0));
  struct plan_victim *victim = plan_victim(plan, plan_printf(plan, "%s/%s", db, pattern),
                                           plan_printf(plan, "keys like %s", shown));
  victim->cells[0] = db;
  victim->cells[1] = plan_copy(plan, format_count(keys, sizeof keys, redis_fact(found, "keys", 0)));
  victim->cells[2] = plan_copy(plan, redis_keys_bytes(bytes, found));
  victim->pins[0] = plan_copy(plan, redis_fact_words(found, "run_id"));
  victim->pins[1] = db;
  victim->pins[2] = plan_copy(plan, pattern);
  plan->name = victim->pins[2];
  plan->count = redis_fact(found, "keys", 0);
  plan->unit = redis_fact(found, "complete", 0) ? "keys" : "keys or more";
  redis_plan_server(plan, request, true);
  say_count(plan, found);
  say_sizes(plan, found);
  say_sample(plan, found);
  return true;
}
