#include "logs/log_session.h"

#include "clients/docker/docker_contract.h"
#include "clients/systemd/systemd_contract.h"
#include "core/mem.h"
#include "logs/log_containers.h"
#include "logs/log_files.h"
#include "logs/log_journal.h"
#include "logs/log_pods.h"

#include <stdlib.h>
#include <string.h>

struct log_session {
  struct log_reader *reader;
  struct log_files *files;           /* NULL: it has none */
  struct log_containers *containers; /* the same */
  struct log_pods *pods;             /* the same */
};

/* Rows of a target's other tables (a query, a topic) have the target's own logs. */
static bool no_logs(const struct target *target, struct err *err) {
  return err_set(err, ERR_INVALID,
                 "%s %.80s has no logs; name its files in the configuration, such as logs: "
                 "[/var/log/%.80s/*.log]",
                 target->kind->kind, target->name, target->name);
}

/* The row of that table; one of the summary means all. */
static const char *key_in(const struct log_origin *origin, const char *table) {
  const bool other = origin->table && strcmp(origin->table, table) != 0;
  return other ? NULL : origin->key;
}

bool log_session_has(const struct target *target) {
  return target->log_count > 0 || log_containers_has(target) || log_journal_has(target) ||
         log_pods_has(target);
}

bool log_session_has_rows(const struct target *target) {
  static const char *const kinds[] = {"docker", "kubernetes", "systemd"};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strcmp(target->kind->kind, kinds[i]) == 0)
      return true;
  return false;
}

static bool is_looking(const void *arg) {
  const struct log_session *session = arg;
  return log_files_is_looking(session->files) || log_containers_is_looking(session->containers) ||
         log_pods_is_looking(session->pods);
}

static void journal_add(struct log_session *session, struct log_source *journal,
                        const struct log_filter *filter) {
  if (log_reader_wants(session->reader, filter, journal->name))
    (void)log_reader_add(session->reader, journal);
  else
    log_source_release(journal);
}

struct log_session *log_session_new(struct io *io, const struct log_origin *origin,
                                    const struct log_want *want, const struct log_filter *filter,
                                    bool ordered, const struct log_reader_hooks *hooks,
                                    struct err *err) {
  const struct target *target = origin->config->targets[origin->target_index];
  const bool contained = log_containers_has(target);
  if (!log_session_has(target)) {
    no_logs(target, err);
    return NULL;
  }
  struct log_session *session = mem_new(sizeof *session);
  session->reader = log_reader_new(io, ordered, hooks);
  log_reader_await(session->reader, is_looking, session);
  if (target->log_count > 0)
    session->files = log_files_new(io, session->reader, (const char *const *)target->logs,
                                   target->log_count, want, filter);
  if (contained)
    session->containers =
        log_containers_new(io, session->reader, origin->config, origin->target_index,
                           key_in(origin, DOCKER_CONTAINERS_TABLE), want, filter);
  if (log_pods_has(target))
    session->pods = log_pods_new(io, session->reader, origin->config, origin->target_index,
                                 origin->table, origin->key, want, filter);
  if (log_journal_has(target))
    journal_add(session, log_journal_new(target, key_in(origin, SYSTEMD_UNITS_TABLE), want, filter),
                filter);
  return session;
}

struct log_reader *log_session_reader(const struct log_session *session) {
  return session->reader;
}

bool log_session_is_loading(const struct log_session *session) {
  return is_looking(session) || log_reader_is_loading(session->reader);
}

bool log_session_is_done(const struct log_session *session) {
  return !is_looking(session) && !log_pods_is_waiting(session->pods) &&
         log_reader_is_done(session->reader);
}

void log_session_close(struct log_session *session) {
  if (!session)
    return;
  log_files_close(session->files);
  log_containers_close(session->containers);
  log_pods_close(session->pods);
  log_reader_close(session->reader);
  free(session);
}
