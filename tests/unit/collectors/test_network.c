/* The network of a machine, against the kernel: each test in a network namespace of its own, whose
 * sockets, interfaces and settings are the test's. Without the right to create one they are
 * skipped. */
#include "clients/network/network_netlink.h"
#include "collectors/network/network_own.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "collectors/collector_driver.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern const struct collector collector_network;
extern char **environ;

enum { SOCKETS_MAX = 300 };

static struct fixture {
  struct driver driver;
  struct network_system system;
  int sockets[SOCKETS_MAX];
  size_t count;
} f;

static int run(const char *const *argv) {
  const pid_t pid = fork();
  int status = 0;
  if (pid == 0) {
    execvpe(argv[0], (char *const *)argv, environ);
    _exit(127);
  }
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static void setting(const char *path, const char *text) {
  const int fd = open(path, O_WRONLY);
  assert_true(fd >= 0);
  assert_true(write(fd, text, strlen(text)) > 0);
  close(fd);
}

static int setup(void **state) {
  (void)state;
  if (unshare(CLONE_NEWNET) != 0)
    skip();
  if (RUN("ip", "link", "set", "lo", "up") != 0)
    skip();
  f = (struct fixture){.system = network_real_system};
  driver_init(&f.driver, &collector_network);
  return 0;
}

/* second may be NULL. */
static void watch_interfaces(const char *first, const char *second) {
  struct target *target = f.driver.target;
  for (size_t i = 0; i < target->kind->option_count; i++) {
    struct option_value *value = &target->values[i];
    if (strcmp(target->kind->options[i].name, "interfaces") != 0)
      continue;
    value->set = true;
    value->items = calloc(2, sizeof *value->items);
    value->items[value->item_count++] = strdup(first);
    if (second)
      value->items[value->item_count++] = strdup(second);
  }
}

static void start(void) {
  struct err err = {0};
  f.driver.self = network_open_on(&f.driver.io, f.driver.target, &f.system, &err);
  assert_non_null(f.driver.self);
}

static void collect(void) {
  driver_collect(&f.driver, 5000);
  if (!f.driver.sample)
    fail_msg("%s", f.driver.err.text);
}

static int teardown(void **state) {
  (void)state;
  for (size_t i = 0; i < f.count; i++)
    close(f.sockets[i]);
  driver_fini(&f.driver);
  return 0;
}

/* ---- sockets */

static int keep(int fd) {
  assert_true(fd >= 0);
  assert_true(f.count < SOCKETS_MAX);
  f.sockets[f.count++] = fd;
  return fd;
}

static struct sockaddr_in place(const char *address, int port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  inet_pton(AF_INET, address, &at.sin_addr);
  return at;
}

static int serve(const char *address, int port, int backlog) {
  const struct sockaddr_in at = place(address, port);
  const int fd = keep(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(listen(fd, backlog), 0);
  return fd;
}

/* Does not wait for the answer. */
static int call(const char *address, int port) {
  const struct sockaddr_in at = place(address, port);
  const int fd = keep(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  connect(fd, (const struct sockaddr *)&at, sizeof at);
  return fd;
}

static const struct row *row_of(const char *table, const char *key) {
  const struct row *row = table_find(sample_table_view(f.driver.sample, table), key);
  if (!row)
    fail_msg("no row %s", key);
  return row;
}

static struct value cell(const char *table, const char *key, const char *column) {
  const struct table *found = sample_table_view(f.driver.sample, table);
  return row_of(table, key)->cells[table_column(found->spec, column)];
}

static double number(const char *table, const char *key, const char *column) {
  const struct value value = cell(table, key, column);
  double found = -1;
  if (!value_number(value, &found))
    fail_msg("%s of %s: %s", column, key, value.text ? value.text : "does not apply");
  return found;
}

static const char *words(const char *table, const char *key, const char *column) {
  const struct value value = cell(table, key, column);
  if (value.type != VALUE_TEXT)
    fail_msg("%s of %s is no text: %s", column, key, value.text ? value.text : "none");
  return value.text;
}

/* ---- tests */

static void test_full_backlog(void **state) {
  (void)state;
  serve("127.0.0.1", 8000, 4);
  serve("127.0.0.1", 8001, 4);
  start();
  collect();
  assert_true(number("listeners", "127.0.0.1:8000", "queue") == 0);
  assert_int_equal(cell("network", "main", "overflows").type, VALUE_NONE);
  for (int i = 0; i < 12; i++)
    call("127.0.0.1", 8000);
  collect();
  /* the kernel takes one more than the backlog */
  assert_true(number("listeners", "127.0.0.1:8000", "queued") == 5);
  assert_true(number("listeners", "127.0.0.1:8000", "backlog") == 4);
  assert_true(number("listeners", "127.0.0.1:8000", "queue") == 1);
  assert_true(number("listeners", "127.0.0.1:8000", "drops") > 0);
  assert_true(number("listeners", "127.0.0.1:8000", "dropped") >= 7);
  assert_true(number("listeners", "127.0.0.1:8001", "drops") == 0);
  assert_true(number("network", "main", "overflows") > 0);
  assert_true(number("network", "main", "listen_drops") > 0);
  assert_true(number("network", "main", "syn_sent") == 7);
  assert_true(number("listeners", "127.0.0.1:8000", "connections") == 5);
  assert_string_equal(f.driver.sample->tables[1].rows[0].key,
                      "127.0.0.1:8000"); /* the worst first */
  /* who it is */
  assert_true(number("listeners", "127.0.0.1:8000", "pid") == getpid());
  assert_string_equal(words("listeners", "127.0.0.1:8000", "user"), "root");
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  assert_true(number("listeners", "127.0.0.1:8000", "files_max") == (double)files.rlim_cur);
  assert_true(number("listeners", "127.0.0.1:8000", "files_used") >= 14);
}

/* A socket closed and opened again at the same place counts from 0 again. */
static void test_opened_again(void **state) {
  (void)state;
  const int fd = serve("127.0.0.1", 8000, 0);
  for (int i = 0; i < 8; i++)
    call("127.0.0.1", 8000);
  start();
  collect();
  const double dropped = number("listeners", "127.0.0.1:8000", "dropped");
  assert_true(dropped > 0);
  while (f.count > 0)
    close(f.sockets[--f.count]);
  (void)fd;
  serve("127.0.0.1", 8000, 0);
  collect();
  assert_true(number("listeners", "127.0.0.1:8000", "dropped") == 0);
  assert_string_equal(cell("listeners", "127.0.0.1:8000", "drops").text, FIGURES_NEED_TWO);
  collect();
  assert_true(number("listeners", "127.0.0.1:8000", "drops") == 0);
}

static int serve6(int port, bool only) {
  const struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
  const int fd = keep(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)), v6 = only;
  setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6, sizeof v6);
  assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(listen(fd, 16), 0);
  return fd;
}

static void check_families(bool diag) {
  const struct sockaddr_in at = place("127.0.0.1", 53);
  serve6(8000, false);
  serve6(8001, true);
  serve("0.0.0.0", 8001, 16);
  serve("127.0.0.1", 8002, 16);
  assert_int_equal(bind(keep(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
                        (const struct sockaddr *)&at, sizeof at),
                   0);
  call("127.0.0.1", 8000);
  call("127.0.0.1", 8001);
  call("127.0.0.2", 8001);
  start();
  collect();
  if (diag) {
    assert_true(number("listeners", "*:8000", "connections") == 1);
    assert_true(number("listeners", "[::]:8001", "connections") == 0);
    assert_true(number("listeners", "127.0.0.1:53/udp", "queue") == 0);
    assert_true(number("listeners", "127.0.0.1:53/udp", "dropped") == 0);
  } else { /* the file does not say whether it takes IPv4 */
    assert_string_equal(words("network", "main", "source"), "/proc/net");
    assert_string_equal(cell("listeners", "*:8000", "queue").text, "needs sock_diag");
    assert_true(number("listeners", "*:8000", "queued") == 1);
    assert_true(number("listeners", "127.0.0.1:53/udp", "dropped") == 0);
  }
  assert_true(number("listeners", "0.0.0.0:8001", "connections") == 2);
  assert_true(number("listeners", "127.0.0.1:8002", "connections") == 0);
  assert_true(number("network", "main", "established") == 6);
  assert_true(number("network", "main", "listeners") == 5);
  assert_string_equal(words("network", "main", "ports_used"), "1 of 28232");
}

static void test_families(void **state) {
  (void)state;
  check_families(true);
}

static void test_without_netlink(void **state) {
  (void)state;
  f.system.source.without_diag = true;
  watch_interfaces("lo", NULL);
  check_families(false);
  collect();
  assert_true(number("interfaces", "lo", "receive") >= 0);
  assert_int_equal(f.driver.sample->note_count, 1);
}

/* The same address and port twice: the fullest counts. */
static void test_shared_port(void **state) {
  const int yes = 1;
  const struct sockaddr_in at = place("127.0.0.1", 8000);
  (void)state;
  for (int i = 0; i < 3; i++) {
    const int fd = keep(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 100), 0);
  }
  for (int i = 0; i < 30; i++)
    call("127.0.0.1", 8000);
  start();
  collect();
  assert_true(number("listeners", "127.0.0.1:8000", "sockets") == 3);
  assert_true(number("listeners", "127.0.0.1:8000", "connections") == 30);
  assert_true(number("listeners", "127.0.0.1:8000", "queued") >= 10);
  assert_true(number("network", "main", "listeners") == 1);
}

static void test_ports(void **state) {
  (void)state;
  setting("/proc/sys/net/ipv4/ip_local_port_range", "40000 40099");
  setting("/proc/sys/net/ipv4/ip_local_reserved_ports", "40090-40099,50000");
  serve("127.0.0.1", 8000, 200);
  serve("127.0.0.1", 40005, 200); /* its connections come in: their ports are not given */
  for (int i = 0; i < 80; i++)
    call("127.0.0.1", 8000);
  for (int i = 0; i < 20; i++)
    call("127.0.0.1", 40005);
  start();
  collect();
  assert_true(number("network", "main", "ports") > 0.88);
  assert_string_equal(words("network", "main", "ports_used"), "80 of 90");
  assert_string_equal(words("network", "main", "busiest"), "127.0.0.1:8000");
  assert_string_equal(words("network", "main", "port_range"), "40000-40099");
}

/* Connections in TIME_WAIT hold their ports, unless the kernel may give them away. */
static void test_time_wait(void **state) {
  (void)state;
  for (int round = 0; round < 2; round++) {
    setting("/proc/sys/net/ipv4/tcp_tw_reuse", round == 0 ? "0" : "2");
    if (round == 0) {
      const int fd = serve("127.0.0.1", 8000, 200);
      for (int i = 0; i < 10; i++) {
        const int client = call("127.0.0.1", 8000), server = accept(fd, NULL, NULL);
        assert_true(server >= 0);
        shutdown(client, SHUT_RDWR);
        close(server);
      }
      start();
    }
    collect();
    assert_true(number("network", "main", "time_wait") == 10);
    assert_string_equal(words("network", "main", "ports_used"),
                        round == 0 ? "10 of 28232" : "0 of 28232");
  }
}

static void test_close_wait(void **state) {
  (void)state;
  const int fd = serve("127.0.0.1", 8000, 300);
  f.system.growth_step_ms = 1;
  start();
  for (int step = 0; step < 6; step++) {
    for (int i = 0; i < 12; i++) {
      close(call("127.0.0.1", 8000));
      f.count--;
      keep(accept(fd, NULL, NULL));
    }
    usleep(2000);
    collect();
    const struct row *row = row_of("network", "main");
    if (step < 4)
      assert_int_equal(row->severity, SEVERITY_OK);
  }
  const struct row *row = row_of("network", "main");
  assert_int_equal(row->severity, SEVERITY_WARN);
  assert_non_null(strstr(row->reason, "CLOSE_WAIT keeps growing, from "));
  assert_non_null(strstr(row->reason, " to 72: a program does not close (72 at 127.0.0.1:8000)"));
  usleep(2000);
  collect(); /* it no longer grows */
  usleep(2000);
  collect();
  assert_int_equal(row_of("network", "main")->severity, SEVERITY_OK);
}

static void test_interfaces(void **state) {
  (void)state;
  watch_interfaces("v*", "wan");
  assert_int_equal(RUN("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1"), 0);
  start();
  collect();
  assert_string_equal(words("interfaces", "v0", "state"), "down");
  assert_int_equal(row_of("interfaces", "v0")->severity, SEVERITY_OK); /* it never was up */
  assert_string_equal(words("interfaces", "wan", "state"), "gone");
  assert_int_equal(row_of("interfaces", "wan")->severity, SEVERITY_CRIT);
  assert_string_equal(words("interfaces", "v0", "kind"), "veth");
  RUN("ip", "link", "set", "v0", "up");
  RUN("ip", "link", "set", "v1", "up");
  RUN("ip", "addr", "add", "10.9.9.1/24", "dev", "v0");
  collect();
  assert_string_equal(words("interfaces", "v0", "state"), "up");
  assert_string_equal(words("interfaces", "v0", "address"), "10.9.9.1");
  assert_int_equal(cell("interfaces", "v0", "speed").type, VALUE_NONE);
  RUN("ip", "link", "set", "v1", "down"); /* the other end of the cable */
  collect();
  assert_string_equal(words("interfaces", "v0", "state"), "no carrier");
  assert_int_equal(row_of("interfaces", "v0")->severity, SEVERITY_WARN);
  assert_string_equal(row_of("interfaces", "v0")->reason, "no carrier: the link was lost");
  /* renamed, it is still the one that lost its link, and the missing one is found */
  RUN("ip", "link", "set", "v0", "name", "wan");
  collect();
  assert_int_equal(row_of("interfaces", "wan")->severity, SEVERITY_WARN);
  assert_null(table_find(sample_table_view(f.driver.sample, "interfaces"), "v0"));
  assert_true(number("interfaces", "wan", "errors") == 0); /* the rate continues */
  RUN("ip", "link", "set", "v1", "up");
  collect();
  assert_int_equal(row_of("interfaces", "wan")->severity, SEVERITY_OK);
  RUN("ip", "link", "del", "v1");
  collect();
  assert_int_equal(row_of("interfaces", "wan")->severity, SEVERITY_CRIT);
  /* a new one of the old name has no rate from the old one */
  RUN("ip", "link", "add", "wan", "type", "veth", "peer", "name", "v2");
  RUN("ip", "link", "set", "wan", "up");
  collect();
  assert_string_equal(cell("interfaces", "wan", "receive").text, FIGURES_NEED_TWO);
}

/* A queue that is too short drops: seen at the interface, and as segments that are sent again. */
static void test_drops(void **state) {
  (void)state;
  if (RUN("tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", "2mbit", "burst", "4000",
          "limit", "8000") != 0)
    skip();
  watch_interfaces("lo", NULL);
  RUN("ip", "link", "set", "lo", "mtu", "1500");
  const int fd = serve("127.0.0.1", 8000, 8);
  start();
  collect();
  const int client = call("127.0.0.1", 8000);
  const int server = keep(accept(fd, NULL, NULL));
  fcntl(server, F_SETFL, O_NONBLOCK);
  char bytes[32768] = {0};
  const int64_t end_ms = clock_now_ms() + 3000;
  while (clock_now_ms() < end_ms) {
    if (send(client, bytes, sizeof bytes, MSG_DONTWAIT) < 0 &&
        recv(server, bytes, sizeof bytes, 0) < 0)
      usleep(1000);
  }
  collect();
  assert_true(number("interfaces", "lo", "drops") > 0);
  assert_true(number("interfaces", "lo", "drop_share") > 0);
  assert_true(number("network", "main", "retransmits") > 0);
  assert_true(number("network", "main", "retransmitted") > 0);
}

/* Of another namespace, by its file; what is no such file is an error. */
static void test_namespace(void **state) {
  char path[64];
  (void)state;
  serve("127.0.0.1", 8000, 8);
  snprintf(path, sizeof path, "/proc/%d/ns/net", getpid());
  driver_fill(&f.driver, "namespace", path);
  const int own = open(path, O_RDONLY | O_CLOEXEC);
  start();
  assert_int_equal(unshare(CLONE_NEWNET), 0);
  collect(); /* now an empty one, with loopback down */
  assert_true(number("network", "main", "listeners") == 0);
  assert_int_equal(setns(own, CLONE_NEWNET), 0);
  close(own);
  collect();
  assert_true(number("network", "main", "listeners") == 1);
  assert_string_equal(cell("network", "main", "overflows").text, FIGURES_NEED_TWO);
  driver_close(&f.driver);
  driver_fill(&f.driver, "namespace", "/dev/null");
  tiny_run_until(&f.driver.loop, &f.driver.closed);
  start();
  driver_collect(&f.driver, 5000);
  assert_null(f.driver.sample);
  assert_string_equal(f.driver.err.text,
                      "network namespace /dev/null: the file is no network namespace");
}

static void test_growth(void **state) {
  struct network_growth growth = {0};
  int64_t from = -1;
  (void)state;
  for (int64_t at = 0; at < 10; at++) { /* a burst that grows and shrinks within each step */
    network_growth_take(&growth, 1000 + 100 * at, 1 + 10 * at, 10);
    network_growth_take(&growth, 0, 5 + 10 * at, 10);
    assert_false(network_growth_lasts(&growth, 0, &from));
  }
  for (int64_t at = 10; at < 20; at++)
    network_growth_take(&growth, 100 * at, 1 + 10 * at, 10);
  assert_true(network_growth_lasts(&growth, 1900, &from));
  network_growth_take(&growth, 1900, 201, 10);
  assert_false(network_growth_lasts(&growth, 40, &from)); /* too few to matter */
}

int main(void) {
#define IN_OWN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
      IN_OWN(test_full_backlog),    IN_OWN(test_opened_again), IN_OWN(test_families),
      IN_OWN(test_without_netlink), IN_OWN(test_shared_port),  IN_OWN(test_ports),
      IN_OWN(test_time_wait),       IN_OWN(test_close_wait),   IN_OWN(test_interfaces),
      IN_OWN(test_drops),           IN_OWN(test_namespace),    cmocka_unit_test(test_growth),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
