#include "actions/redis/redis_keys.h"
#include "actions/redis/redis_unique.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SHOWN = 400, NAMES_SHOWN = 20, SAMPLE_LINE = 90 };

/* The survey's results for the pattern's keys. */
struct summary {
  const struct table *sample;
  int64_t keys, total;     /* of the pattern; of the database */
  int64_t scanned;         /* per mille of the database; -1 not known */
  bool exact, complete;    /* no key counted twice; the whole database scanned */
  size_t with_ttl;         /* of the sample */
  size_t sized;            /* of the sample: those with a known size */
  int64_t least, most;     /* of MEMORY USAGE */
  int64_t bytes;           /* the sum of the sample, in proportion to all keys */
  size_t shorter, lasting; /* of the sample: TTL known, and no longer than ttl_ms */
};

static void summary_read(struct summary *summary, const struct sample *found, int64_t ttl_ms) {
  double sum = 0;
  *summary = (struct summary){.sample = sample_table_view(found, REDIS_SAMPLE_TABLE),
                              .keys = found_int(found, "keys", 0),
                              .total = found_int(found, "total", 0),
                              .scanned = found_int(found, "scanned", -1),
                              .exact = found_int(found, "exact", 0),
                              .complete = found_int(found, "complete", 0)};
  for (size_t i = 0; i < summary->sample->row_count; i++) {
    const struct value bytes = summary->sample->rows[i].cells[SAMPLE_BYTES];
    const struct value ttl = summary->sample->rows[i].cells[SAMPLE_TTL];
    if (ttl.type == VALUE_INT) {
      summary->lasting++;
      summary->with_ttl += ttl.integer >= 0;
      summary->shorter += ttl.integer >= 0 && ttl.integer <= ttl_ms;
    }
    if (bytes.type != VALUE_INT)
      continue;
    if (summary->sized++ == 0 || bytes.integer < summary->least)
      summary->least = bytes.integer;
    if (bytes.integer > summary->most)
      summary->most = bytes.integer;
    sum += (double)bytes.integer;
  }
  if (summary->sized > 0)
    summary->bytes = (int64_t)fmin(sum / (double)summary->sized * (double)summary->keys, 9e18);
}

/* ---- words about the keys */

static void say_count(struct plan *plan, const struct sample *found,
                      const struct summary *summary) {
  plan_say(plan, PLAN_BLAST, "%s%s match, of %s in db %d", summary->exact ? "" : "about ",
           shown_counted(&plan->arena, summary->keys, "key", "keys"),
           shown_count(&plan->arena, summary->total), (int)found_int(found, "db", 0));
  if (!summary->exact)
    plan_say(plan, PLAN_WARNING,
             "the count may be too high: SCAN may return a key twice, and only the first %d are "
             "remembered",
             REDIS_UNIQUE_MAX);
  if (!summary->complete && summary->scanned >= 0)
    plan_say(plan, PLAN_WARNING,
             "only %.1f%% of the database was scanned in %d s; matching keys in the rest are "
             "included",
             (double)summary->scanned / 10, REDIS_KEYS_SURVEY_MS / 1000);
  else if (!summary->complete)
    plan_say(plan, PLAN_WARNING,
             "not all of the database was scanned in %d s; matching keys in the rest are included",
             REDIS_KEYS_SURVEY_MS / 1000);
  else if (summary->exact && summary->keys >= summary->total)
    plan_say(plan, PLAN_WARNING, "that is every key of the database");
}

static void say_sizes(struct plan *plan, const struct sample *found,
                      const struct summary *summary) {
  const size_t sampled = summary->sample->row_count;
  const bool differ = summary->most > summary->least;
  struct arena *arena = &plan->arena;
  if (summary->sized > 0)
    plan_say(plan, PLAN_BLAST, "~%s of memory, from MEMORY USAGE of %zu of them: %s%s%s each",
             shown_bytes(arena, summary->bytes), sampled, shown_bytes(arena, summary->least),
             differ ? " to " : "", differ ? shown_bytes(arena, summary->most) : "");
  else
    plan_say(plan, PLAN_BLAST, "their memory is not known: %s", found_text(found, "bytes_why"));
  if (*found_text(found, "ttl_why"))
    plan_say(plan, PLAN_BLAST, "how many have a time to live is not known: %s",
             found_text(found, "ttl_why"));
  else
    plan_say(plan, PLAN_BLAST, "%zu of %zu sampled keys have a time to live", summary->with_ttl,
             sampled);
}

/* Names side by side, as many as fit in a line of a dialog. */
static void say_names(struct plan *plan, const struct table *sample) {
  char line[SAMPLE_LINE + NAME_SHOWN] = "";
  size_t used = 0;
  for (size_t i = 0; i < sample->row_count && i < NAMES_SHOWN; i++) {
    const char *name = sample->rows[i].cells[SAMPLE_KEY].text;
    if (used > 0 && used + strlen(name) + 2 > SAMPLE_LINE) {
      plan_say(plan, PLAN_BLAST, "for example %s", line);
      used = 0;
    }
    used += (size_t)snprintf(line + used, sizeof line - used, "%s%s", used ? "  " : "", name);
  }
  if (used > 0)
    plan_say(plan, PLAN_BLAST, "for example %s", line);
}

/* ---- words about the change */

/* The equivalent shell command for all keys of the pattern: sed's script turns a quoted key into a
 * command. */
static void say_command(const struct action_request *request, struct plan *plan, const char *script,
                        int budget) {
  const char *command =
      redis_cli_each(&plan->arena, request->target, (int)found_int(request->found, "db", 0),
                     action_identity(plan, 0, "pattern"), script);
  plan_say(plan, PLAN_EFFECT, "%s",
           strlen(command) < PLAN_TEXT_MAX
               ? command
               : "a command for each key of the pattern, which is too long to type");
  plan_say(plan, PLAN_EFFECT,
           "with SCAN COUNT %d to %d, at most %d keys a second, slower when replies slow down",
           REDIS_PACE_LEAST, REDIS_PACE_MOST, budget);
}

static void say_deletion(const struct action_request *request, struct plan *plan) {
  const struct sample *found = request->found;
  const int64_t version = found_int(found, "version", 0);
  const bool unlink = version == 0 || version >= REDIS_UNLINK_VERSION;
  say_command(request, plan, unlink ? "s/^/UNLINK /" : "s/^/DEL /",
              unlink ? REDIS_PACE_UNLINK : REDIS_PACE_DEL);
  if (!unlink)
    plan_say(plan, PLAN_WARNING,
             "%s has no UNLINK: with DEL, other clients wait while a large key is freed",
             found_text(found, "server"));
  plan_say(plan, PLAN_WARNING, "a matching key that is written meanwhile is deleted as well");
  redis_plan_spread(plan, found, "will delete them");
  plan_say(plan, PLAN_LOSS, "the keys and their values: only a backup has them");
}

static void say_expiry(const struct action_request *request, struct plan *plan,
                       const struct summary *summary, int64_t ttl_ms, const char *ttl) {
  const struct sample *found = request->found;
  const bool compares =
      found_int(found, "version", REDIS_PEXPIRE_LT_VERSION) >= REDIS_PEXPIRE_LT_VERSION;
  const char *script = plan_printf(plan, "s/.*/PEXPIRE & %" PRId64 " LT/", ttl_ms);
  if (!compares) /* the key's own time to live is compared in the same command */
    script = plan_printf(
        plan,
        "s/.*/EVAL \"local ttl = redis.call([[PTTL]], KEYS[1]) if ttl == -1 or ttl > "
        "tonumber(ARGV[1]) then return redis.call([[PEXPIRE]], KEYS[1], ARGV[1]) end return "
        "0\" 1 & %" PRId64 "/",
        ttl_ms);
  say_command(request, plan, script, REDIS_PACE_UNLINK);
  if (!compares)
    plan_say(plan, PLAN_WARNING,
             "%s cannot compare by itself: PTTL is read just before, and a time to live set in "
             "between is replaced",
             found_text(found, "server"));
  if (summary->lasting > 0)
    plan_say(plan, PLAN_BLAST, "%zu of %zu sampled keys expire sooner anyway, and keep their own",
             summary->shorter, summary->lasting);
  plan_say(plan, PLAN_WARNING, "a matching key that is written meanwhile may expire as well");
  redis_plan_spread(plan, found, "will expire them");
  plan_say(plan, PLAN_LOSS,
           "after %s the keys and their values; until then PERSIST keeps a key, but its former "
           "time to live is lost",
           ttl);
}

/* ---- the plan */

static bool any_to_do(const struct sample *found, const struct summary *summary,
                      const char *pattern, struct err *err) {
  int db = (int)found_int(found, "db", 0);
  if (summary->keys > 0)
    return true;
  if (summary->complete)
    return err_set(err, ERR_INVALID, "no key of db %d matches %.150s", db, pattern);
  return err_set(err, ERR_LIMIT,
                 "not all of db %d could be scanned in %d s, and no key so far matches %.120s", db,
                 REDIS_KEYS_SURVEY_MS / 1000, pattern);
}

static void add_object(const struct action_request *request, struct plan *plan,
                       const struct summary *summary, const char *shown) {
  static const struct plan_column columns[] = {{"DB", true}, {"KEYS", true}, {"BYTES", true}};
  static const char *const identities[] = {"run_id", "db", "pattern"};
  const char *pattern = plan_copy(plan, request->params[REDIS_KEYS_PATTERN].text);
  const char *db = shown_number(&plan->arena, found_int(request->found, "db", 0));
  ACTION_OBJECTS(plan, columns, identities);
  redis_plan_object(plan, request->found, plan_printf(plan, "%s/%s", db, pattern),
                    plan_printf(plan, "keys like %s", shown));
  const char *bytes = shown_bytes(&plan->arena, summary->bytes);
  ACTION_CELLS(plan, db, shown_count(&plan->arena, summary->keys),
               summary->sized > 0 ? plan_printf(plan, "~%s", bytes) : NULL);
  action_bind(plan, "db", db);
  action_bind(plan, "pattern", pattern);
  plan->name = pattern;
  plan->count = summary->keys;
  plan->unit = summary->complete ? "keys" : "keys or more";
}

bool redis_keys_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  const bool expires = plan->action->param_count > REDIS_KEYS_TTL;
  const int64_t ttl_ms = expires ? request->params[REDIS_KEYS_TTL].number : 0;
  const char *pattern = request->params[REDIS_KEYS_PATTERN].text, *target = request->target->name;
  char shown[NAME_SHOWN];
  struct summary summary;
  summary_read(&summary, request->found, ttl_ms);
  redis_repr(shown, sizeof shown, pattern, strlen(pattern));
  if (!any_to_do(request->found, &summary, shown, err))
    return false;
  add_object(request, plan, &summary, shown);
  const char *count = shown_counted(&plan->arena, plan->count, "key", "keys");
  const char *ttl = shown_duration(&plan->arena, ttl_ms);
  plan->title =
      expires ? plan_printf(plan, "Let %s like %s of %s expire in %s", count, shown, target, ttl)
              : plan_printf(plan, "Delete %s like %s of %s", count, shown, target);
  redis_plan_server(plan, request, true);
  say_count(plan, request->found, &summary);
  say_sizes(plan, request->found, &summary);
  say_names(plan, summary.sample);
  if (expires)
    say_expiry(request, plan, &summary, ttl_ms, ttl);
  else
    say_deletion(request, plan);
  return true;
}
