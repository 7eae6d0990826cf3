#include "collectors/postgres/postgres_usual.h"

#include "core/mem.h"

#include <assert.h>
#include <stdlib.h>

static const char *const statements[] = {
    "stacktop_activity", "stacktop_seen",  "stacktop_statistics", "stacktop_standby",
    "stacktop_replicas", "stacktop_quiet", "stacktop_sessions"};
static_assert(sizeof statements / sizeof *statements == POSTGRES_QUESTIONS, "a name for each");
static_assert(sizeof statements / sizeof *statements <= POSTGRES_PREPARED_MAX, "room for each");
static_assert(sizeof statements / sizeof *statements <= PG_PARTS_MAX, "room for their answers");

/* Borrowed, as they are. */
struct postgres_together {
  const struct pg_rows *parts;
  size_t count;
  const struct err *err; /* of the one behind them; NULL: all have succeeded */
};

void postgres_usual_fini(struct postgres_usual *usual) {
  free(usual->message);
  usual->message = NULL;
}

void postgres_usual_begin(struct postgres_usual *usual, bool is_own) {
  usual->prepared.allowed = is_own;
  usual->together = NULL;
}

bool postgres_usual_is_new(const struct postgres_usual *usual, enum postgres_question nth) {
  return usual->prepared.allowed && usual->prepared.states[nth] == POSTGRES_NEW;
}

void postgres_usual_send(struct postgres_usual *usual, char *query, pg_cb done, void *owner) {
  ++*usual->requests;
  pg_query(usual->pg, query, done, owner);
  free(query);
}

static void on_usual(void *arg, const struct pg_rows *rows, const struct err *err) {
  struct postgres_usual *usual = arg;
  const bool is_up = pg_phase(usual->pg) == PG_IDLE;
  if (is_up &&
      postgres_prepared_answered(&usual->prepared, usual->nth, err ? pg_sqlstate(usual->pg) : "")) {
    postgres_usual_send(usual, mem_dup(usual->message), usual->answered, usual->owner);
    return;
  }
  usual->answered(usual->owner, rows, err);
}

static char *message_of(const struct postgres_usual *usual, enum postgres_question nth) {
  const struct postgres_timeouts *timeouts = usual->timeouts;
  const int version = pg_server_version(usual->pg);
  switch (nth) {
  case QUESTION_ACTIVITY:
  case QUESTION_SEEN:
    return postgres_activity_query(timeouts, version, nth == QUESTION_SEEN);
  case QUESTION_STATISTICS:
    return postgres_statistics_query(timeouts);
  case QUESTION_STANDBY:
    return postgres_standby_query(timeouts);
  case QUESTION_REPLICAS:
    return postgres_replicas_query(timeouts, version);
  case QUESTION_QUIET:
    return postgres_quiet_query(timeouts, version);
  default:
    return postgres_sessions_query(timeouts, version, POSTGRES_SESSIONS_MAX, POSTGRES_WAITERS_MAX);
  }
}

/* True if the answer has come with those of others, and is taken. A statement that turns out to be
 * lost is to be asked again. */
static bool take_answer(struct postgres_usual *usual, enum postgres_question nth, pg_cb done,
                        void *owner) {
  const struct postgres_together *together = usual->together;
  size_t place = 0;
  while (together && place < usual->asked_count && usual->asked[place] != nth)
    place++;
  if (!together || place == usual->asked_count || place > together->count)
    return false;
  if (place < together->count) {
    done(owner, &together->parts[place], NULL);
    return true;
  }
  if (!together->err ||
      postgres_prepared_failed_together(&usual->prepared, nth, pg_sqlstate(usual->pg)))
    return false;
  done(owner, NULL, together->err);
  return true;
}

void postgres_usual_ask(struct postgres_usual *usual, enum postgres_question nth, pg_cb done,
                        void *owner) {
  if (take_answer(usual, nth, done, owner))
    return;
  free(usual->message);
  usual->message = message_of(usual, nth);
  usual->nth = nth;
  usual->answered = done;
  usual->owner = owner;
  postgres_usual_send(usual,
                      postgres_prepared_message(&usual->prepared, nth, statements[nth],
                                                usual->timeouts, usual->message),
                      on_usual, usual);
}

static void on_together(void *arg, const struct pg_rows *parts, size_t count,
                        const struct err *err) {
  struct postgres_usual *usual = arg;
  if (pg_phase(usual->pg) == PG_DOWN) {
    usual->lost(usual->owner, NULL, err);
    return;
  }
  const struct postgres_together together = {parts, count, err};
  usual->together = &together;
  usual->take(usual->owner);
  if (usual->together == &together) /* and not the next collection */
    usual->together = NULL;
}

bool postgres_usual_ask_together(struct postgres_usual *usual, const size_t *nths, size_t count,
                                 pg_cb lost, void (*take)(void *owner), void *owner) {
  assert(count <= POSTGRES_QUESTIONS);
  for (size_t i = 0; i < count; i++)
    usual->asked[i] = nths[i];
  usual->asked_count = postgres_prepared_together(&usual->prepared, nths, count);
  if (usual->asked_count < 2)
    return false;
  usual->lost = lost;
  usual->take = take;
  usual->owner = owner;
  char *message =
      postgres_together_message(usual->timeouts, usual->asked, usual->asked_count, statements);
  ++*usual->requests;
  pg_query_parts(usual->pg, message, on_together, usual);
  free(message);
  return true;
}
