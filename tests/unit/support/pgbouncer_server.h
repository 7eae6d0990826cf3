/* A real PgBouncer of the test's own in front of a PostgreSQL (postgres_server.h), which starts in
 * milliseconds. Users: boss (admin_users), watcher (stats_users), admin (neither); no passwords.
 * Databases: app (a transaction pool of 2), held (a session pool of 1), away (nothing listens
 * there), and what the test adds. */
#pragma once

#include "support/postgres_server.h"

#define PGBOUNCER_PATH "/usr/sbin/pgbouncer"

struct pgbouncer_server {
  char folder[64];
  int port, nowhere; /* nowhere: the port of the database away */
  pid_t pid;
  const char *databases, *settings; /* lines of the two sections; NULL: none */
};

static inline bool pgbouncer_is_installed(void) {
  return access(PGBOUNCER_PATH, X_OK) == 0;
}

static inline void pgbouncer_write(const struct pgbouncer_server *server, const char *name,
                                   const char *text) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", server->folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  if (geteuid() == 0)
    assert_int_equal(chown(path, postgres_user()->pw_uid, postgres_user()->pw_gid), 0);
}

static inline void pgbouncer_configure(const struct pgbouncer_server *server,
                                       const struct postgres_server *postgres) {
  char text[4096];
  snprintf(text, sizeof text,
           "[databases]\n"
           "app = host=127.0.0.1 port=%d dbname=postgres user=admin pool_size=2\n"
           "held = host=127.0.0.1 port=%d dbname=postgres user=admin pool_size=1 "
           "pool_mode=session\n"
           "away = host=127.0.0.1 port=%d dbname=postgres\n"
           "%s\n"
           "[pgbouncer]\n"
           "listen_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\n"
           "auth_type = trust\nauth_file = %s/users\nadmin_users = boss\nstats_users = watcher\n"
           "pool_mode = transaction\nmax_client_conn = 50\nserver_login_retry = 60\n"
           "pidfile = %s/pid\n%s\n",
           postgres->port, postgres->port, server->nowhere,
           server->databases ? server->databases : "", server->port, server->folder, server->folder,
           server->settings ? server->settings : "");
  pgbouncer_write(server, "ini", text);
  pgbouncer_write(server, "users", "\"boss\" \"\"\n\"watcher\" \"\"\n\"admin\" \"\"\n");
}

static inline PGconn *pgbouncer_try(const struct pgbouncer_server *server, const char *user,
                                    const char *database) {
  char dsn[160];
  snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%d user=%s dbname=%s", server->port, user,
           database);
  PGconn *conn = PQconnectdb(dsn);
  if (PQstatus(conn) == CONNECTION_OK)
    return conn;
  PQfinish(conn);
  return NULL;
}

static inline PGconn *pgbouncer_login(const struct pgbouncer_server *server, const char *user,
                                      const char *database) {
  PGconn *conn = pgbouncer_try(server, user, database);
  assert_non_null(conn);
  return conn;
}

/* At the port that it already has, if it was started before. */
static inline void pgbouncer_run(struct pgbouncer_server *server) {
  PGconn *conn;
  server->pid = fork();
  assert_true(server->pid >= 0);
  if (server->pid == 0) {
    postgres_become_user();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (chdir(server->folder) != 0)
      _exit(126);
    int fd = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
      _exit(126);
    execl(PGBOUNCER_PATH, "pgbouncer", "ini", (char *)NULL);
    _exit(127);
  }
  const int64_t give_up = clock_now_ms() + 10000;
  while (!(conn = pgbouncer_try(server, "boss", "pgbouncer"))) {
    if (waitpid(server->pid, NULL, WNOHANG) != 0 || clock_now_ms() > give_up)
      fail_msg("PgBouncer does not start: see %s/log", server->folder);
    usleep(2000);
  }
  PQfinish(conn);
}

static inline void pgbouncer_start(struct pgbouncer_server *server,
                                   const struct postgres_server *postgres) {
  uv_loop_t loop;
  uv_loop_init(&loop);
  server->port = tiny_free_port(&loop);
  do
    server->nowhere = tiny_free_port(&loop);
  while (server->nowhere == server->port);
  uv_loop_close(&loop);
  strcpy(server->folder, "/tmp/pgbouncer-test-XXXXXX");
  assert_non_null(mkdtemp(server->folder));
  if (geteuid() == 0)
    assert_int_equal(chown(server->folder, postgres_user()->pw_uid, postgres_user()->pw_gid), 0);
  pgbouncer_configure(server, postgres);
  pgbouncer_run(server);
}

static inline void pgbouncer_kill(struct pgbouncer_server *server) {
  if (server->pid > 0) {
    kill(server->pid, SIGKILL);
    postgres_server_wait(server->pid);
  }
  server->pid = 0;
}

static inline void pgbouncer_stop(struct pgbouncer_server *server) {
  pgbouncer_kill(server);
  pid_t pid = fork();
  if (pid == 0) {
    execlp("rm", "rm", "-rf", server->folder, (char *)NULL);
    _exit(127);
  }
  postgres_server_wait(pid);
}

/* A cell of a SHOW command as a number, in the first row whose first cell is `name`; -1 if there is
 * none. */
static inline long pgbouncer_number(PGconn *console, const char *command, const char *name,
                                    const char *column) {
  PGresult *result = PQexec(console, command);
  long number = -1;
  if (PQresultStatus(result) != PGRES_TUPLES_OK)
    fail_msg("%s: %s", command, PQresultErrorMessage(result));
  const int at = PQfnumber(result, column);
  for (int row = 0; row < PQntuples(result) && number < 0; row++)
    if (strcmp(PQgetvalue(result, row, 0), name) == 0)
      number = strtol(PQgetvalue(result, row, at), NULL, 10);
  PQclear(result);
  return number;
}

static inline void pgbouncer_await(PGconn *console, const char *command, const char *name,
                                   const char *column, long wanted) {
  const int64_t give_up = clock_now_ms() + 10000;
  long number;
  while ((number = pgbouncer_number(console, command, name, column)) != wanted) {
    if (clock_now_ms() > give_up)
      fail_msg("%s of %s is %ld instead of %ld", column, name, number, wanted);
    usleep(2000);
  }
}
