#include "actions/postgres/maintenance/postgres_room.h"

#include "actions/work.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "io/file/mount.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_MAX = 16, PATH_MAX_BYTES = 1024, STALL_MS = 3000, START_SECONDS = 2 };

enum { R_PLACE, R_PATH, R_FREE };
static const struct column_spec room_columns[] = {
    [R_PLACE] = {.id = "place", .title = "PLACE"},
    [R_PATH] = {.id = "path", .title = "DIRECTORY"},
    [R_FREE] = {.id = "free", .title = "FREE", .unit = UNIT_BYTES},
};
const struct table_spec postgres_room_table =
    POSTGRES_TABLE_SPEC("room", "Free disk space", room_columns);

/* ---- on a thread: a file system may hang */

struct place {
  char path[PATH_MAX_BYTES];
  int64_t free; /* bytes; -1: not known */
};

struct looking {
  struct step_work work; /* first */
  char data[PATH_MAX_BYTES];
  long long port, start;
  bool is_here; /* the data directory is that of the server */
  struct place places[PLACES_MAX];
  size_t count;
};

/* Lines of postmaster.pid: pid, data directory, start time, port (PostgreSQL's miscadmin.h). */
static bool is_server(const struct looking *looking) {
  enum { LINE_START = 3, LINE_PORT = 4 };
  char path[PATH_MAX_BYTES + 32], line[PATH_MAX_BYTES];
  long long start = -1, port = -1;
  snprintf(path, sizeof path, "%s/postmaster.pid", looking->data);
  FILE *file = fopen(path, "re");
  for (int i = 1; file && i <= LINE_PORT && fgets(line, sizeof line, file); i++) {
    start = i == LINE_START ? strtoll(line, NULL, 10) : start;
    port = i == LINE_PORT ? strtoll(line, NULL, 10) : port;
  }
  if (file)
    fclose(file);
  return port == looking->port && llabs(start - looking->start) <= START_SECONDS;
}

static void look(struct step_work *work) {
  struct looking *looking = (struct looking *)work;
  looking->is_here = is_server(looking);
  for (size_t i = 0; looking->is_here && i < looking->count; i++) {
    struct mount_facts facts;
    struct place *place = &looking->places[i];
    mount_probe(*place->path ? place->path : looking->data, &facts);
    place->free = facts.error || facts.missing ? -1 : (int64_t)facts.available;
    atomic_fetch_add(&work->done, 1);
  }
}

static void looking_free(struct step_work *work) {
  free(work);
}

/* ---- survey */

/* The directory is hidden without pg_read_all_settings. */
static const char server_sql[] =
    "SELECT (SELECT setting FROM pg_settings WHERE name = 'data_directory'),"
    " current_setting('port'), extract(epoch FROM pg_postmaster_start_time())::bigint,"
    " inet_server_addr() IS NULL OR inet_server_addr() <<= '127.0.0.0/8'"
    "  OR inet_server_addr() = '::1'";
static const char places_sql[] =
    "SELECT DISTINCT pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname <> 'pg_global'"
    " AND pg_tablespace_location(oid) !~ '^[^/]' ORDER BY 1 LIMIT 16";

static bool unknown(struct step *step, const char *why) {
  sample_note(step->found, postgres_room_table.id, NULL, "%s", why);
  return true;
}

bool postgres_read_room(struct step *step, struct postgres_conn *conn) {
  enum { DATA, PORT, START, LOCAL, COLUMNS };
  const struct pg_rows *rows = postgres_read(conn, COLUMNS, server_sql, 0, postgres_no_values);
  if (!rows)
    return postgres_is_up(conn);
  if (rows->rows != 1 || !postgres_is_true(pg_cell(rows, 0, LOCAL)))
    return unknown(step, "the server is on another host");
  const char *data = pg_cell(rows, 0, DATA);
  if (!data || *data != '/' || strlen(data) >= PATH_MAX_BYTES)
    return unknown(step, "its data directory is hidden: it needs pg_read_all_settings");
  struct looking *looking = mem_new(sizeof *looking);
  looking->work = (struct step_work){.run = look, .drop = looking_free, .stall_ms = STALL_MS};
  snprintf(looking->data, sizeof looking->data, "%s", data);
  looking->port = strtoll(pg_cell(rows, 0, PORT), NULL, 10);
  looking->start = strtoll(pg_cell(rows, 0, START), NULL, 10);
  rows = postgres_read(conn, 1, places_sql, 0, postgres_no_values);
  for (size_t i = 0; rows && i < rows->rows && i < PLACES_MAX; i++)
    snprintf(looking->places[looking->count++].path, PATH_MAX_BYTES, "%s", pg_cell(rows, i, 0));
  if (!rows) {
    looking_free(&looking->work);
    return postgres_is_up(conn);
  }
  if (!step_work(step, &looking->work)) /* the frame frees it */
    return !step->dropped && unknown(step, "its file system does not answer");
  if (!looking->is_here)
    unknown(step, "its data directory cannot be read here, or is that of another server");
  struct table *table = sample_table(step->found, postgres_room_table.id);
  for (size_t i = 0; looking->is_here && i < looking->count; i++) {
    const struct place *place = &looking->places[i];
    struct row *row = place->free < 0 ? NULL : sample_row(step->found, table, place->path, NULL);
    if (!row)
      continue;
    row->cells[R_PLACE] = value_text(row->key);
    row->cells[R_PATH] =
        value_text(sample_copy(step->found, *place->path ? place->path : looking->data));
    row->cells[R_FREE] = value_int(place->free);
  }
  looking_free(&looking->work);
  return true;
}

/* ---- plan */

static const char *reason(const struct sample *found) {
  for (size_t i = 0; i < found->note_count; i++)
    if (found->notes[i].table && strcmp(found->notes[i].table, postgres_room_table.id) == 0)
      return found->notes[i].text;
  return "its file system does not answer";
}

/* One object is rebuilt after the other: the largest counts. */
static const struct row *largest_at(const struct table *table, const struct row *const *rows,
                                    size_t count, const char *place) {
  const struct row *largest = NULL;
  for (size_t i = 0; i < count; i++)
    if (strcmp(postgres_found_text(table, rows[i], "place"), place) == 0 &&
        (!largest ||
         postgres_found_int(table, rows[i], "bytes") > postgres_found_int(table, largest, "bytes")))
      largest = rows[i];
  return largest;
}

bool postgres_room_check(const struct action_request *request, struct plan *plan,
                         const struct row *const *rows, size_t count, struct err *err) {
  const struct table *table = &request->found->tables[0];
  const struct table *room = sample_table_view(request->found, postgres_room_table.id);
  if (!room || room->row_count == 0) {
    plan_say(plan, PLAN_WARNING, "how much disk space is free is not known: %s",
             reason(request->found));
    return true;
  }
  for (size_t i = 0; i < room->row_count; i++) {
    const struct row *row = largest_at(table, rows, count, room->rows[i].key);
    const int64_t needs = row ? postgres_found_int(table, row, "bytes") : 0;
    const int64_t free_bytes = postgres_found_int(room, &room->rows[i], "free");
    if (!row)
      continue;
    if (needs > free_bytes)
      return err_set(err, ERR_LIMIT,
                     "%.150s needs up to %s of disk space; only %s are free in %.150s", row->key,
                     postgres_bytes(plan, needs), postgres_bytes(plan, free_bytes),
                     postgres_found_text(room, &room->rows[i], "path"));
    plan_say(plan, PLAN_BLAST, "needs up to %s of disk space; %s are free in %s",
             postgres_bytes(plan, needs), postgres_bytes(plan, free_bytes),
             postgres_found_text(room, &room->rows[i], "path"));
  }
  return true;
}
