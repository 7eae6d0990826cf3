#include "events/event_report.h"

#include "core/mem.h"
#include "events/event_sql.h"

struct reading {
  struct event_store *store;
  struct alarm_report *report;
  int64_t now_ms;
  struct err *err;
};

/* The parameters of all statements, each where it has them. */
static void bind(const struct reading *reading, sqlite3_stmt *statement) {
  const struct {
    const char *name;
    int64_t number;
  } all[] = {
      {":from", reading->report->from_ms},
      {":until", reading->report->until_ms},
      {":window", ALARM_WINDOW_MS},
      {":standing", ALARM_STANDING_MS},
      {":alive", reading->now_ms - 3 * (int64_t)EVENT_BEAT_MS},
      {":most", ALARM_ITEMS_MAX},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    sqlite3_bind_int64(statement, sqlite3_bind_parameter_index(statement, all[i].name),
                       all[i].number);
}

static sqlite3_stmt *ask(const struct reading *reading, const char *sql) {
  sqlite3_stmt *statement = event_sql(reading->store, sql, reading->err);
  if (statement)
    bind(reading, statement);
  return statement;
}

/* ---- the time */

static bool from_get(struct reading *reading) {
  struct alarm_report *report = reading->report;
  int64_t watched_ms, alarm_ms;
  if (!event_sql_number(reading->store, "SELECT min(from_ms) FROM watched", &watched_ms,
                        reading->err) ||
      !event_sql_number(reading->store, "SELECT min(at_ms) FROM alarm", &alarm_ms, reading->err))
    return false;
  const int64_t first_ms = !watched_ms                         ? alarm_ms
                           : alarm_ms && alarm_ms < watched_ms ? alarm_ms
                                                               : watched_ms;
  if (first_ms == 0 || first_ms > report->until_ms)
    report->from_ms = report->until_ms;
  else if (first_ms > report->from_ms)
    report->from_ms = first_ms;
  return true;
}

/* Times overlap where a clock was set back. A program that lives now looks on until now. */
static bool observed_get(struct reading *reading) {
  struct alarm_report *report = reading->report;
  int64_t end_ms = report->from_ms;
  int code = -1;
  sqlite3_stmt *spans = ask(reading, "SELECT from_ms, to_ms FROM watched WHERE to_ms >= :from AND"
                                     " from_ms <= :until ORDER BY from_ms");
  if (!spans)
    return false;
  while ((code = event_sql_step(reading->store, spans, reading->err)) > 0) {
    int64_t from_ms = sqlite3_column_int64(spans, 0), to_ms = sqlite3_column_int64(spans, 1);
    if (to_ms > report->until_ms || report->until_ms - to_ms <= EVENT_BEAT_MS)
      to_ms = report->until_ms;
    if (from_ms < end_ms)
      from_ms = end_ms;
    if (to_ms <= from_ms)
      continue;
    report->observed_ms += to_ms - from_ms;
    end_ms = to_ms;
  }
  sqlite3_reset(spans);
  report->windows = (report->observed_ms + ALARM_WINDOW_MS - 1) / ALARM_WINDOW_MS;
  return code == 0;
}

/* ---- the alarms */

static bool windows_get(struct reading *reading) {
  struct alarm_report *report = reading->report;
  struct alarm_windows windows = {0};
  int64_t with_alarms = 0;
  int code = -1;
  sqlite3_stmt *rows = ask(
      reading, "SELECT at_ms / :window, sum(severity = 0), sum(severity = 1), sum(severity = 2),"
               " sum(severity = 3) FROM alarm WHERE at_ms BETWEEN :from AND :until"
               " GROUP BY 1 ORDER BY 1");
  if (!rows)
    return false;
  while ((code = event_sql_step(reading->store, rows, reading->err)) > 0) {
    int64_t alarms = 0;
    for (int i = SEVERITY_OK; i <= SEVERITY_CRIT; i++) {
      const int64_t count = sqlite3_column_int64(rows, 1 + i);
      report->by_severity[i] += count;
      alarms += i == SEVERITY_OK ? 0 : count;
    }
    report->alarms += alarms;
    with_alarms += alarms > 0;
    if (alarms > 0)
      alarm_report_window(report, &windows, sqlite3_column_int64(rows, 0) * ALARM_WINDOW_MS,
                          alarms);
  }
  sqlite3_reset(rows);
  if (report->windows < with_alarms)
    report->windows = with_alarms;
  return code == 0;
}

/* ---- lists */

/* All rows are counted, the first ones are kept. Their columns: those of a record, and a count. */
static bool items_get(struct reading *reading, const char *sql, struct alarm_items *items) {
  int code = -1;
  sqlite3_stmt *rows = ask(reading, sql);
  if (!rows)
    return false;
  while ((code = event_sql_step(reading->store, rows, reading->err)) > 0) {
    items->total++;
    if (items->count == ALARM_ITEMS_MAX)
      continue;
    const struct event_record record = event_sql_record(rows);
    items->items[items->count++] =
        (struct alarm_item){.record = event_record_dup(&record),
                            .count = sqlite3_column_int64(rows, EVENT_COLUMN_COUNT)};
  }
  sqlite3_reset(rows);
  return code == 0;
}

static const char often[] =
    "SELECT " EVENT_COLUMNS ", 0, calls FROM (SELECT name AS called, count(*) AS calls,"
    " max(event) AS newest FROM alarm WHERE at_ms BETWEEN :from AND :until AND severity > 0"
    " GROUP BY name ORDER BY calls DESC, newest DESC LIMIT :most) JOIN event ON id = newest"
    " ORDER BY calls DESC, newest DESC";

/* Two programs may see one beginning at slightly different times. max() chooses the row. */
static const char flapping[] =
    "SELECT " EVENT_COLUMNS ", 0, count(DISTINCT at_ms / :window) AS times, max(at_ms) FROM event"
    " WHERE verb = '" EVENT_VERB_FLAPS "' AND at_ms BETWEEN :from AND :until"
    " GROUP BY target_kind, target, subject ORDER BY times DESC, at_ms DESC";

static const char floods[] = "SELECT " EVENT_COLUMNS ", 0, folded FROM event"
                             " WHERE verb = '" EVENT_VERB_FLOOD "' AND at_ms BETWEEN :from AND"
                             " :until ORDER BY folded DESC, at_ms DESC";

static const char causes[] = "SELECT " EVENT_COLUMNS ", 0, folded FROM event"
                             " WHERE folded IS NOT NULL AND kind = 0 AND at_ms <= :until"
                             " AND (state = 1 OR end_ms >= :from) ORDER BY folded DESC, at_ms DESC";

/* Open ones: until a program last saw them. The count is their time. */
static const char standing[] =
    "SELECT " EVENT_COLUMNS ", 0, lasts FROM ("
    "SELECT *, (SELECT CASE WHEN max(p.gone = 0 AND p.seen_ms >= :alive) THEN :until"
    " ELSE max(p.seen_ms) END FROM observer o JOIN program p ON p.id = o.program"
    " WHERE o.event = event.id) - at_ms AS lasts FROM event"
    " WHERE state = 1 AND kind = 0 AND severity > 0 AND at_ms < :until - :standing"
    " UNION ALL SELECT *, lasted_ms FROM event WHERE end_ms >= :from AND at_ms < end_ms - :standing"
    " AND kind = 0 AND severity > 0)"
    " WHERE lasts > :standing ORDER BY lasts DESC, id";

static bool lists_get(struct reading *reading) {
  struct alarm_report *report = reading->report;
  if (!items_get(reading, often, &report->often) ||
      !items_get(reading, flapping, &report->flapping) ||
      !items_get(reading, floods, &report->floods) ||
      !items_get(reading, causes, &report->causes) ||
      !items_get(reading, standing, &report->standing))
    return false;
  report->often.total = report->alarms;
  return true;
}

/* ---- what operators did */

static bool marks_get(struct reading *reading) {
  struct alarm_report *report = reading->report;
  sqlite3_stmt *rows =
      ask(reading, "SELECT sum(verb = 'alarm.acknowledge'), sum(verb = 'alarm.silence') FROM event"
                   " WHERE verb IN ('alarm.acknowledge', 'alarm.silence') AND result = 'done'"
                   " AND at_ms BETWEEN :from AND :until");
  if (!rows)
    return false;
  const int code = event_sql_step(reading->store, rows, reading->err);
  report->acknowledgements = code > 0 ? sqlite3_column_int64(rows, 0) : 0;
  report->silences = code > 0 ? sqlite3_column_int64(rows, 1) : 0;
  sqlite3_reset(rows);
  return code > 0;
}

/* From the last alarm of the finding to the first acknowledgement after it. Findings of one key
 * follow each other, so only the newest one can be meant. */
#define TOOK                                                                                   \
  " FROM (SELECT c.event, min(done_ms - called_ms) AS took FROM (SELECT n, done_ms,"           \
  " (SELECT max(at_ms) FROM alarm WHERE name = n AND at_ms <= done_ms AND severity > 0) AS"    \
  " called_ms FROM (SELECT alarm_name(target) AS n, at_ms AS done_ms FROM event"               \
  " WHERE verb = 'alarm.acknowledge' AND result = 'done' AND at_ms BETWEEN :from AND :until))" \
  " JOIN alarm c ON c.name = n AND c.at_ms = called_ms AND c.severity > 0"                     \
  " JOIN event e ON e.id = c.event WHERE e.state = 1 OR e.end_ms >= done_ms GROUP BY c.event)"

static bool acknowledged_get(struct reading *reading) {
  struct alarm_report *report = reading->report;
  sqlite3_stmt *count = ask(reading, "SELECT count(*)" TOOK);
  if (!count || event_sql_step(reading->store, count, reading->err) < 0)
    return false;
  report->acknowledged = sqlite3_column_int64(count, 0);
  sqlite3_reset(count);
  if (report->acknowledged == 0)
    return true;
  sqlite3_stmt *median = ask(reading, "SELECT took" TOOK " ORDER BY took LIMIT 1 OFFSET :middle");
  if (!median)
    return false;
  sqlite3_bind_int64(median, sqlite3_bind_parameter_index(median, ":middle"),
                     (report->acknowledged - 1) / 2);
  const int code = event_sql_step(reading->store, median, reading->err);
  report->acknowledged_ms = code > 0 ? sqlite3_column_int64(median, 0) : 0;
  sqlite3_reset(median);
  return code > 0;
}

/* ---- the whole */

bool event_report_read(struct event_store *store, int64_t since_ms, int64_t now_ms,
                       struct alarm_report *report, struct err *err) {
  struct reading reading = {store, report, now_ms, err};
  struct err ignored;
  *report = (struct alarm_report){.asked_ms = since_ms, .from_ms = since_ms, .until_ms = now_ms};
  if (!event_sql_run(store, "BEGIN", err))
    return false;
  const bool good = from_get(&reading) && observed_get(&reading) && windows_get(&reading) &&
                    lists_get(&reading) && marks_get(&reading) && acknowledged_get(&reading);
  (void)!event_sql_run(store, "COMMIT", &ignored); /* it has only read */
  return good;
}
