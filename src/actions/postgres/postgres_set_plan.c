#include "actions/postgres/postgres_plan.h"
#include "actions/postgres/postgres_set.h"

#include <string.h>

static const struct postgres_column columns[] = {
    {"NOW", "shown"}, {"NEW", NULL}, {"FROM", "source"}, {0}};
enum { COLUMN_NEW = 1 };
static const char *const identities[] = {"name",
                                         "statement",
                                         POSTGRES_SET_RAW,
                                         POSTGRES_SET_SHOWN,
                                         POSTGRES_SET_FORMER,
                                         POSTGRES_SET_VALUE,
                                         NULL};
static const struct postgres_plan_spec spec = {columns, identities, POSTGRES_OF_RUN};

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
  const char *hides;  /* the source of this connection's own value; NULL: it has none */
};

/* ---- errors */

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
  const char *wrong = postgres_only_text(request, "wrong");
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
  if (setting->value && postgres_is_true(postgres_only_text(request, "list")) &&
      strchr(setting->value, ','))
    return err_set(err, ERR_UNSUPPORTED,
                   "%s is a list, and would be taken for one name: ALTER SYSTEM SET %s = 'a', 'b' "
                   "by psql",
                   setting->name, setting->name);
  if (!postgres_is_true(postgres_only_text(request, "reload")))
    return err_set(err, ERR_DENIED,
                   "no right to call pg_reload_conf(); a superuser must GRANT EXECUTE on it");
  if (!setting->value && !setting->former)
    return err_set(err, ERR_INVALID,
                   "nothing to reset: %s is not set by ALTER SYSTEM, as far as the role can see",
                   setting->name);
  return true;
}

/* ---- impact */

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

/* The value in the plan is never that of this connection. */
static void say_hidden(struct plan *plan, const struct setting *setting) {
  if (!setting->hides)
    return;
  plan_say(
      plan, PLAN_WARNING,
      "the role or database of stacktop's own connection sets it, too (%s); sessions with such "
      "a setting keep theirs",
      setting->hides);
  if (strcmp(setting->shown, POSTGRES_SET_NOT_KNOWN) == 0)
    plan_say(plan, PLAN_WARNING,
             "the server's value cannot be seen: that needs another role, or GRANT SELECT ON "
             "pg_file_settings and GRANT EXECUTE ON FUNCTION pg_show_all_file_settings()");
}

static void say_sources(const struct action_request *request, struct plan *plan,
                        const struct setting *setting) {
  static const char *const stronger[] = {"command line", "override", "global",
                                         "database",     "user",     "database user"};
  for (size_t i = 0; i < sizeof stronger / sizeof *stronger; i++)
    if (strcmp(setting->source, stronger[i]) == 0)
      plan_say(plan, PLAN_WARNING, "a value from another source (%s) takes precedence",
               setting->source);
  if (postgres_is_true(postgres_only_text(request, "pending")))
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

const char *postgres_set_value(const char *typed) {
  return typed && strcmp(typed, "''") == 0 ? "" : typed;
}

bool postgres_set_plan(const struct action_request *request, struct plan *plan, struct err *err) {
  const struct row *row = postgres_found_row(request);
  if (!row)
    return err_set(err, ERR_INVALID, "the setting is not known");
  const char *what = postgres_only_text(request, "what");
  const char *statement = postgres_only_text(request, "statement");
  struct setting setting = {.name = row->key,
                            .raw = postgres_only_text(request, POSTGRES_SET_RAW),
                            .shown = postgres_only_text(request, POSTGRES_SET_SHOWN),
                            .context = postgres_only_text(request, "context"),
                            .source = postgres_only_text(request, "source"),
                            .former = postgres_only_text(request, POSTGRES_SET_FORMER),
                            .value = postgres_set_value(plan_param(plan, "value")),
                            .hides = postgres_only_text(request, POSTGRES_SET_HIDES)};
  if (!setting.raw || !setting.shown || !setting.context || !setting.source || !statement)
    return err_set(err, ERR_DENIED, "no right to read %.100s", row->key);
  if (!allowed(request, &setting, err))
    return false;
  plan->title = setting.value
                    ? plan_printf(plan, "Set %s of %s", row->key, plan->target)
                    : plan_printf(plan, "Set %s back to its default of %s", row->key, plan->target);
  struct plan_object *object =
      postgres_plan_only(request, plan, &spec, 1, "setting", "settings", err);
  if (!object)
    return false;
  object->cells[COLUMN_NEW] =
      setting.value ? plan_copy(plan, *setting.value ? setting.value : "''") : "what the files say";
  postgres_identify(plan, object, POSTGRES_SET_VALUE, setting.value);
  plan_say(plan, PLAN_EFFECT, "%s;", statement);
  plan_say(plan, PLAN_EFFECT, "SELECT pg_reload_conf();");
  if (what)
    plan_say(plan, PLAN_BLAST, "%s: %s", row->key, what);
  say_when(plan, &setting);
  say_hidden(plan, &setting);
  say_sources(request, plan, &setting);
  plan_say(plan, PLAN_PRECONDITION, "its value%s is still %s", setting.hides ? " in the files" : "",
           setting.shown);
  plan_say(plan, PLAN_PRECONDITION,
           "the role is a superuser or (from PostgreSQL 15) has ALTER SYSTEM on the setting");
  say_undo(plan, &setting);
  return true;
}
