#include "actions/postgres/postgres_found.h"
#include "actions/postgres/postgres_identity.h"
#include "actions/postgres/postgres_set.h"

#include "core/quote.h"

#include <string.h>

static const char *const identities[SET_IDENTITY_COUNT] = {
    [SET_IDENTITY_NAME] = "name",     [SET_IDENTITY_STATEMENT] = "statement",
    [SET_IDENTITY_RAW] = "raw",       [SET_IDENTITY_SHOWN] = "shown",
    [SET_IDENTITY_FORMER] = "former", [SET_IDENTITY_VALUE] = "value",
};

static const struct plan_column columns[] = {{"NOW", false}, {"NEW", false}, {"FROM", false}};

static const struct {
  const char *name, *says;
} dangers[] = {
    {"fsync", "with fsync off a crash of the machine can destroy the whole cluster"},
    {"full_page_writes", "with full_page_writes off a crash of the machine can corrupt pages for "
                         "good"},
    {"synchronous_commit", "with synchronous_commit off a crash loses what was committed last"},
    {"synchronous_standby_names",
     "a standby named here that does not answer holds up every commit"},
    {"wal_level", "a lower level ends replication and archiving"},
    {"max_connections", "a standby must have at least as many, or it stops"},
    {"shared_buffers", "with more than the machine has, the server does not start again"},
    {"huge_pages", "if on and too few are available, the server does not start again"},
    {"listen_addresses", "with a wrong address no client can connect after the restart"},
    {"port", "clients must use the new port"},
    {"shared_preload_libraries", "a missing library keeps the server from starting"},
    {"ssl", "with off, clients that require TLS are rejected"},
    {"password_encryption", "applies only to passwords set from then on"},
    {"autovacuum", "without autovacuum tables grow, and in the end the server stops to protect its "
                   "transaction ids"},
    {"zero_damaged_pages", "damaged pages are overwritten with nothing"},
    {"ignore_checksum_failure", "damaged pages are treated as valid"},
    {"work_mem", "each sort and hash of each query may use this much"},
    {"maintenance_work_mem", "each autovacuum worker may use this much"},
    {"max_wal_size", "changes how often checkpoints run and how large pg_wal gets"},
    {"statement_timeout", "also applies to dumps and maintenance"},
    {"log_statement", "statements are logged in full, including secrets"},
    {"default_transaction_read_only",
     "with on, new transactions cannot write until it is off again"},
    {"archive_mode", "without archiving there is no recovery to a point in time"},
    {"archive_command",
     "a failing command fills pg_wal; one that falsely reports success loses WAL"},
};

/* The setting as the survey has it. */
struct setting {
  const char *name, *raw, *shown, *context, *source;
  const char *former; /* NULL: nothing by ALTER SYSTEM */
  const char *value;  /* NULL: reset */
};

static const char *text_of(const struct action_request *request, const char *column) {
  const struct table *table = &request->found->tables[0];
  struct value value = postgres_found(table, &table->rows[0], column);
  return value.type == VALUE_TEXT ? value.text : NULL;
}

/* ---- what is wrong */

static bool holds_password(const struct setting *setting) {
  const char *const texts[] = {setting->raw, setting->shown, setting->former, setting->value};
  if (strcmp(setting->name, "primary_conninfo") == 0)
    return true;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (texts[i] && (strcasestr(texts[i], "password=") || strcasestr(texts[i], "password =")))
      return true;
  return false;
}

static bool allowed(const struct action_request *request, const struct setting *setting,
                    struct err *err) {
  const char *wrong = text_of(request, "wrong");
  if (strcmp(setting->context, "internal") == 0)
    return err_set(err, ERR_UNSUPPORTED, "%s is a built-in value and cannot be changed",
                   setting->name);
  if (wrong)
    return err_set(err, ERR_INVALID, "%s wants %.200s", setting->name, wrong);
  if (holds_password(setting))
    return err_set(err, ERR_UNSUPPORTED,
                   "%s may hold a password, which must not appear in plans and the audit; use "
                   "ALTER SYSTEM in psql",
                   setting->name);
  if (setting->value && postgres_is_true(text_of(request, "list")) && strchr(setting->value, ','))
    return err_set(err, ERR_UNSUPPORTED,
                   "%s is a list, and would be taken for one name: ALTER SYSTEM SET %s = 'a', 'b' "
                   "by psql",
                   setting->name, setting->name);
  if (!postgres_is_true(text_of(request, "reload")))
    return err_set(err, ERR_DENIED,
                   "no right to call pg_reload_conf(); a superuser must GRANT EXECUTE on it");
  if (!setting->value && !setting->former)
    return err_set(err, ERR_INVALID,
                   "nothing to reset: %s is not set by ALTER SYSTEM, as far as the role can see",
                   setting->name);
  return true;
}

/* ---- what it means */

static void say_when(struct plan *plan, const struct setting *setting) {
  const char *context = setting->context;
  if (strcmp(context, "postmaster") == 0) {
    plan_say(plan, PLAN_WARNING,
             "takes effect only after a restart of the server; until then %s applies",
             setting->shown);
    plan_say(plan, PLAN_WARNING,
             "a value that prevents the server from starting is noticed only at that restart");
  } else if (strcmp(context, "sighup") == 0) {
    plan_say(plan, PLAN_BLAST, "takes effect at once, for the whole server");
  } else if (strstr(context, "backend")) {
    plan_say(plan, PLAN_BLAST, "takes effect for new sessions");
  } else {
    plan_say(plan, PLAN_BLAST,
             "takes effect at once in all sessions whose role, database or client does not set its "
             "own value");
  }
}

static void say_sources(const struct action_request *request, struct plan *plan,
                        const struct setting *setting) {
  static const char *const stronger[] = {"command line", "override", "global",
                                         "database",     "user",     "database user"};
  for (size_t i = 0; i < sizeof stronger / sizeof *stronger; i++)
    if (strcmp(setting->source, stronger[i]) == 0)
      plan_say(plan, PLAN_WARNING, "a value from another source (%s) takes precedence",
               setting->source);
  if (postgres_is_true(text_of(request, "pending")))
    plan_say(plan, PLAN_WARNING, "an earlier change of it already waits for a restart");
  for (size_t i = 0; i < sizeof dangers / sizeof *dangers; i++)
    if (strcmp(dangers[i].name, setting->name) == 0)
      plan_say(plan, PLAN_WARNING, "%s", dangers[i].says);
}

static void say_undo(struct plan *plan, const struct setting *setting) {
  if (setting->former)
    plan_say(plan, PLAN_UNDO, "postgres.set with %s, the value set by ALTER SYSTEM before",
             *setting->former ? setting->former : "''");
  else
    plan_say(plan, PLAN_UNDO, "postgres.set with reset=true: ALTER SYSTEM had not set it");
}

bool postgres_set_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  const struct row *row = postgres_found_row(request);
  if (!row)
    return err_set(err, ERR_INVALID, "the setting is not known");
  const char *value = plan_param(plan, "value"), *what = text_of(request, "what");
  struct setting setting = {.name = row->key,
                            .raw = text_of(request, "raw"),
                            .shown = text_of(request, "shown"),
                            .context = text_of(request, "context"),
                            .source = text_of(request, "source"),
                            .former = text_of(request, "own"),
                            .value = value && strcmp(value, "''") == 0 ? "" : value};
  const char *statement = text_of(request, "statement");
  if (!setting.raw || !setting.shown || !setting.context || !setting.source || !statement)
    return err_set(err, ERR_DENIED, "no right to read %.100s", row->key);
  if (!allowed(request, &setting, err))
    return false;
  ACTION_OBJECTS(plan, columns, identities);
  postgres_identity_bind(request, plan, POSTGRES_OF_RUN);
  plan->unit = "setting";
  plan->title = setting.value
                    ? plan_printf(plan, "Set %s of %s", row->key, plan->target)
                    : plan_printf(plan, "Set %s back to its default of %s", row->key, plan->target);
  struct plan_object *object = plan_object(plan, row->key, row->key);
  if (!object)
    return err_set(err, ERR_LIMIT, "the plan is too large");
  object->cells[0] = plan_copy(plan, setting.shown);
  object->cells[1] =
      setting.value ? plan_copy(plan, *setting.value ? setting.value : "''") : "what the files say";
  object->cells[2] = plan_copy(plan, setting.source);
  object->identities[SET_IDENTITY_NAME] = object->label;
  object->identities[SET_IDENTITY_STATEMENT] = plan_copy(plan, statement);
  object->identities[SET_IDENTITY_RAW] = plan_copy(plan, setting.raw);
  object->identities[SET_IDENTITY_SHOWN] = object->cells[0];
  object->identities[SET_IDENTITY_FORMER] = setting.former ? plan_copy(plan, setting.former) : NULL;
  object->identities[SET_IDENTITY_VALUE] = setting.value ? plan_copy(plan, setting.value) : NULL;
  plan_say(plan, PLAN_EFFECT, "%s;", statement);
  plan_say(plan, PLAN_EFFECT, "SELECT pg_reload_conf();");
  if (what)
    plan_say(plan, PLAN_BLAST, "%s: %s", row->key, what);
  say_when(plan, &setting);
  say_sources(request, plan, &setting);
  plan_say(plan, PLAN_PRECONDITION, "its value is still %s", setting.shown);
  plan_say(plan, PLAN_PRECONDITION,
           "the role is a superuser or (from PostgreSQL 15) has ALTER SYSTEM on the setting");
  say_undo(plan, &setting);
  return true;
}
