/* A real PostgreSQL of the test's own: a cluster in a folder under /tmp, on a free port of
 * 127.0.0.1, which ends with the test, whatever happens to it. When run as root it starts as
 * another user, since PostgreSQL refuses root. Users: `admin` (superuser, no password), and those
 * that the test creates; "locked" needs its password (scram). */
#pragma once

#include "support/tiny_server.h"

#include <fcntl.h>
#include <glob.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct postgres_server {
  char binaries[256]; /* the folder of initdb and postgres */
  char folder[64];
  char port_text[8];
  int port;
  pid_t pid;
  const char *settings[8]; /* more of them: "wal_receiver_timeout=4s"; up to the first NULL */
};

/* The newest version that is installed, or that of POSTGRES_BINARIES, to test other versions. */
static inline bool postgres_find(struct postgres_server *server) {
  const char *chosen = getenv("POSTGRES_BINARIES");
  if (chosen) {
    snprintf(server->binaries, sizeof server->binaries, "%s", chosen);
    return true;
  }
  glob_t found;
  bool good = glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0;
  if (good) {
    const char *path = found.gl_pathv[found.gl_pathc - 1];
    snprintf(server->binaries, sizeof server->binaries, "%.*s",
             (int)(strlen(path) - strlen("/initdb")), path);
  }
  globfree(&found);
  return good;
}

static inline const struct passwd *postgres_user(void) {
  const struct passwd *user = getpwnam("postgres");
  return user ? user : getpwnam("nobody");
}

/* In the child. */
static inline void postgres_become_user(void) {
  if (geteuid() == 0) {
    const struct passwd *user = postgres_user();
    if (!user || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
      _exit(126);
  }
  prctl(PR_SET_PDEATHSIG, SIGQUIT); /* after setuid, which would take it back */
  if (getppid() == 1)
    _exit(126);
}

static inline pid_t postgres_spawn(const struct postgres_server *server, const char *program,
                                   const char *const *argv) {
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid > 0)
    return pid;
  char path[512], log[128];
  snprintf(path, sizeof path, "%s/%s", server->binaries, program);
  snprintf(log, sizeof log, "%s/log", server->folder);
  postgres_become_user();
  int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (fd < 0 || chdir(server->folder) != 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
    _exit(126);
  const char *full[64] = {path}; /* where it finds its own files */
  for (size_t i = 1; argv[i] && i < 63; i++)
    full[i] = argv[i];
  execv(path, (char *const *)(uintptr_t)full);
  _exit(127);
}

static inline int postgres_server_wait(pid_t pid) {
  int status = -1;
  waitpid(pid, &status, 0);
  return status;
}

static inline void postgres_write_hba(const struct postgres_server *server) {
  char path[128];
  snprintf(path, sizeof path, "%s/data/pg_hba.conf", server->folder);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs("host all locked 127.0.0.1/32 scram-sha-256\n"
        "hostssl all encrypted 127.0.0.1/32 trust\n"
        "host all encrypted 127.0.0.1/32 reject\n"
        "host all all 127.0.0.1/32 trust\n"
        "host replication all 127.0.0.1/32 trust\n"
        "local all all trust\n",
        file);
  fclose(file);
}

/* A connection string of the server for that user; in a buffer of the caller's. */
static inline const char *postgres_dsn(const struct postgres_server *server, const char *user,
                                       char *out, size_t size) {
  snprintf(out, size, "postgresql://%s@127.0.0.1:%d/postgres", user, server->port);
  return out;
}

/* A test's own connection, the simple, blocking way. NULL when it is refused. */
static inline PGconn *postgres_try(const struct postgres_server *server, const char *user) {
  char dsn[128];
  PGconn *conn = PQconnectdb(postgres_dsn(server, user, dsn, sizeof dsn));
  if (PQstatus(conn) == CONNECTION_OK)
    return conn;
  PQfinish(conn);
  return NULL;
}

static inline PGconn *postgres_login(const struct postgres_server *server, const char *user) {
  PGconn *conn = postgres_try(server, user);
  assert_non_null(conn);
  return conn;
}

static inline void postgres_do(PGconn *conn, const char *sql) {
  PGresult *result = PQexec(conn, sql);
  ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    fail_msg("%s: %s", sql, PQresultErrorMessage(result));
  PQclear(result);
}

/* The first cell of the answer as a number. */
static inline long postgres_server_ask(PGconn *conn, const char *sql) {
  PGresult *result = PQexec(conn, sql);
  if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) < 1)
    fail_msg("%s: %s", sql, PQresultErrorMessage(result));
  long number = strtol(PQgetvalue(result, 0, 0), NULL, 10);
  PQclear(result);
  return number;
}

/* Waits until the answer is that number. */
static inline void postgres_await(PGconn *conn, const char *sql, long number) {
  int64_t give_up = clock_now_ms() + 10000;
  while (postgres_server_ask(conn, sql) != number) {
    if (clock_now_ms() > give_up)
      fail_msg("%s: did not become %ld", sql, number);
    usleep(2000);
  }
}

/* Whether the process is the server's for a client from 127.0.0.1, of that user ("": of any); by
 * its title, "postgres: app postgres 127.0.0.1(5433) idle". Walsenders do not count. */
static inline bool postgres_is_backend(const char *title, const char *user) {
  char head[80];
  snprintf(head, sizeof head, "postgres: %s%s", user, *user ? " " : "");
  return strncmp(title, head, strlen(head)) == 0 && strstr(title, " 127.0.0.1(") &&
         strncmp(title, "postgres: walsender ", 20) != 0 &&
         strncmp(title, "postgres: wal sender ", 21) != 0; /* PostgreSQL 10 */
}

static inline long postgres_count_backends(const struct postgres_server *server, const char *user) {
  char path[80], title[256];
  long count = 0;
  glob_t found;
  if (glob("/proc/[0-9]*/stat", 0, NULL, &found) != 0)
    return 0;
  for (size_t i = 0; i < found.gl_pathc; i++) {
    int pid = 0, parent = 0;
    FILE *file = fopen(found.gl_pathv[i], "r");
    if (!file)
      continue;
    bool own =
        fscanf(file, "%d (%*[^)]) %*c %d", &pid, &parent) == 2 && (pid_t)parent == server->pid;
    fclose(file);
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    if (!own || !(file = fopen(path, "r")))
      continue;
    title[fread(title, 1, sizeof title - 1, file)] = '\0';
    fclose(file);
    count += postgres_is_backend(title, user);
  }
  globfree(&found);
  return count;
}

/* Waits until that many processes serve clients: a session leaves pg_stat_activity a little before
 * its slot is free, and counts for the limits of its role and the server until then. */
static inline void postgres_await_backends(const struct postgres_server *server, const char *user,
                                           long number) {
  int64_t give_up = clock_now_ms() + 10000;
  long count;
  while ((count = postgres_count_backends(server, user)) != number) {
    if (clock_now_ms() > give_up)
      fail_msg("%ld sessions instead of %ld", count, number);
    usleep(2000);
  }
}

/* Starts the server in its folder and waits until it takes connections. */
static inline void postgres_run(struct postgres_server *server) {
  char sockets[96];
  snprintf(sockets, sizeof sockets, "unix_socket_directories=%s", server->folder);
  const char *argv[48] = {"postgres",
                          "-D",
                          "data",
                          "-p",
                          server->port_text,
                          "-c",
                          "listen_addresses=127.0.0.1",
                          "-c",
                          sockets,
                          "-c",
                          "fsync=off",
                          "-c",
                          "shared_buffers=8MB",
                          "-c",
                          "max_connections=20",
                          "-c",
                          "superuser_reserved_connections=3",
                          "-c",
                          "max_prepared_transactions=2",
                          "-c",
                          "autovacuum=off",
                          "-c",
                          "client_min_messages=warning",
                          "-c",
                          "password_encryption=scram-sha-256"};
  size_t count = 0;
  while (argv[count])
    count++;
  for (size_t i = 0; i < 8 && server->settings[i]; i++) {
    argv[count++] = "-c";
    argv[count++] = server->settings[i];
  }
  server->pid = postgres_spawn(server, "postgres", argv);
  int64_t give_up = clock_now_ms() + 20000;
  PGconn *conn = NULL;
  while (!(conn = postgres_try(server, "admin"))) {
    if (waitpid(server->pid, NULL, WNOHANG) != 0 || clock_now_ms() > give_up)
      fail_msg("the server does not start: see %s/log", server->folder);
    usleep(5000);
  }
  PQfinish(conn);
}

static inline void postgres_kill(struct postgres_server *server) {
  if (server->pid > 0) {
    kill(server->pid, SIGQUIT); /* at once */
    postgres_server_wait(server->pid);
  }
  server->pid = 0;
}

static inline void postgres_make_folder(struct postgres_server *server) {
  strcpy(server->folder, "/tmp/postgres-test-XXXXXX");
  assert_non_null(mkdtemp(server->folder));
  if (geteuid() == 0)
    assert_int_equal(chown(server->folder, postgres_user()->pw_uid, postgres_user()->pw_gid), 0);
}

/* A folder of its own, without a cluster. False when PostgreSQL is not installed here. */
static inline bool postgres_prepare(struct postgres_server *server) {
  if (!postgres_find(server) || (geteuid() == 0 && !postgres_user()))
    return false;
  postgres_make_folder(server);
  return true;
}

static inline void postgres_take_port(struct postgres_server *server) {
  uv_loop_t loop;
  uv_loop_init(&loop);
  server->port = tiny_free_port(&loop);
  uv_loop_close(&loop);
  snprintf(server->port_text, sizeof server->port_text, "%d", server->port);
}

static inline int postgres_major(const struct postgres_server *server) {
  char path[128];
  int major = 0;
  snprintf(path, sizeof path, "%s/data/PG_VERSION", server->folder);
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  assert_int_equal(fscanf(file, "%d", &major), 1);
  fclose(file);
  return major;
}

static inline void postgres_program(const char *const *argv) {
  pid_t pid = fork();
  if (pid == 0) {
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
  }
  assert_int_equal(postgres_server_wait(pid), 0);
}

/* A file that belongs to the server's user, in its data. */
static inline void postgres_write(const struct postgres_server *server, const char *name,
                                  const char *text) {
  char path[128];
  snprintf(path, sizeof path, "%s/data/%s", server->folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  if (geteuid() == 0)
    assert_int_equal(chown(path, postgres_user()->pw_uid, postgres_user()->pw_gid), 0);
}

/* A copy of a server that streams from it; the server is restarted for that; settings[0] becomes
 * its primary_conninfo. Without pg_basebackup, which does not support a newer server than itself.
 */
static inline void postgres_start_standby(struct postgres_server *standby,
                                          struct postgres_server *primary) {
  static char conninfo[2][160];
  memcpy(standby->binaries, primary->binaries, sizeof standby->binaries);
  postgres_make_folder(standby);
  postgres_kill(primary);
  char from[128];
  snprintf(from, sizeof from, "%s/data", primary->folder);
  postgres_program((const char *const[]){"cp", "-a", from, standby->folder, NULL});
  postgres_run(primary);
  snprintf(conninfo[0], sizeof conninfo[0], "primary_conninfo=host=127.0.0.1 port=%d user=admin",
           primary->port);
  snprintf(conninfo[1], sizeof conninfo[1],
           "standby_mode = on\nprimary_conninfo = 'host=127.0.0.1 port=%d user=admin'\n",
           primary->port);
  if (postgres_major(standby) >= 12) {
    postgres_write(standby, "standby.signal", "");
    standby->settings[0] = conninfo[0];
  } else {
    postgres_write(standby, "recovery.conf", conninfo[1]);
  }
  postgres_take_port(standby);
  postgres_run(standby);
}

/* Ends a standby's recovery, and waits for it; pg_promote() is new in 12. */
static inline void postgres_promote(const struct postgres_server *standby) {
  PGconn *admin = postgres_login(standby, "admin");
  postgres_write(standby, "promote", "");
  kill(standby->pid, SIGUSR1);
  postgres_await(admin, "SELECT pg_is_in_recovery()::int", 0);
  PQfinish(admin);
}

/* The same at a port that is known to be free; 0: at any. */
static inline bool postgres_start_server_at(struct postgres_server *server, int port) {
  if (!postgres_prepare(server))
    return false;
  const char *const argv[] = {"initdb", "-D",    "data", "--no-sync", "-A",          "trust",
                              "-U",     "admin", "-E",   "UTF8",      "--no-locale", NULL};
  if (postgres_server_wait(postgres_spawn(server, "initdb", argv)) != 0)
    fail_msg("initdb failed: see %s/log", server->folder);
  postgres_write_hba(server);
  if (port == 0)
    postgres_take_port(server);
  server->port = port ? port : server->port;
  snprintf(server->port_text, sizeof server->port_text, "%d", server->port);
  postgres_run(server);
  return true;
}

/* False when PostgreSQL is not installed here. */
static inline bool postgres_start_server(struct postgres_server *server) {
  return postgres_start_server_at(server, 0);
}

static inline void postgres_stop_server(struct postgres_server *server) {
  postgres_kill(server);
  pid_t pid = fork();
  if (pid == 0) {
    execlp("rm", "rm", "-rf", server->folder, (char *)NULL);
    _exit(127);
  }
  postgres_server_wait(pid);
}

/* SIGSTOP or SIGCONT to the server and all of its children. */
static inline void postgres_signal_all(const struct postgres_server *server, int signal_number) {
  kill(server->pid, signal_number); /* first, so that it makes no more children */
  glob_t found;
  if (glob("/proc/[0-9]*/stat", 0, NULL, &found) != 0)
    return;
  for (size_t i = 0; i < found.gl_pathc; i++) {
    FILE *file = fopen(found.gl_pathv[i], "r");
    int pid, parent;
    if (!file)
      continue;
    if (fscanf(file, "%d (%*[^)]) %*c %d", &pid, &parent) == 2 && parent == server->pid)
      kill(pid, signal_number);
    fclose(file);
  }
  globfree(&found);
}
