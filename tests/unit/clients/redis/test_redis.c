#include "clients/redis/redis.h"
#include "io/net/resolve.h"

#include "support/redis_server.h"

#include <poll.h>

enum { ANSWERS_MAX = 32 };

struct answer {
  bool done;
  int type;
  char text[64];
  long long number;
  struct err err;
  bool close; /* the callback closes the connection */
};

struct fixture {
  uv_loop_t loop;
  struct io io;
  struct redis_server server;
  struct tiny_server tiny;
  struct redis_url url;
  struct redis *redis;
  struct answer answers[ANSWERS_MAX];
  size_t sent, answered;
  bool closed;
};

/* The answer does not carry its fixture: one at a time. */
static struct fixture *the_fixture;

static void close_redis(struct fixture *fixture);

static void on_reply(void *arg, const struct redisReply *reply, const struct err *err) {
  struct answer *answer = arg;
  struct fixture *fixture = the_fixture;
  assert_false(answer->done);
  assert_ptr_equal(answer, &fixture->answers[fixture->answered]); /* in order */
  fixture->answered++;
  answer->done = true;
  if (err) {
    assert_null(reply);
    answer->err = *err;
  } else if (!redis_reply_err(reply, &answer->err)) {
    answer->type = reply->type;
    answer->number = reply->integer;
    if (reply->str)
      snprintf(answer->text, sizeof answer->text, "%s", reply->str);
  }
  if (answer->close)
    close_redis(fixture);
}

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  signal(SIGPIPE, SIG_IGN); /* as app does */
  uv_loop_init(&fixture->loop);
  fixture->io.loop = &fixture->loop;
  *state = the_fixture = fixture;
  return 0;
}

static void on_closed(void *arg) {
  *(bool *)arg = true;
}

static void close_redis(struct fixture *fixture) {
  if (!fixture->redis)
    return;
  fixture->closed = false;
  redis_close(fixture->redis, on_closed, &fixture->closed);
  assert_false(fixture->closed);
  fixture->redis = NULL;
}

static void end_redis(struct fixture *fixture) {
  if (!fixture->redis)
    return;
  close_redis(fixture);
  int64_t began = clock_now_ms();
  tiny_run_until(&fixture->loop, &fixture->closed);
  assert_true(clock_now_ms() - began < 500);
  fixture->sent = fixture->answered = 0;
  memset(fixture->answers, 0, sizeof fixture->answers);
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  end_redis(fixture);
  redis_url_fini(&fixture->url);
  if (fixture->tiny.port)
    tiny_stop(&fixture->tiny);
  resolver_free(fixture->io.resolver);
  tiny_loop_end(&fixture->loop);
  if (*fixture->server.dir)
    redis_server_end(&fixture->server);
  free(fixture);
  return 0;
}

static void start_server(struct fixture *fixture, const char *const *arguments) {
  if (!fixture->server.port)
    fixture->server.port = tiny_free_port(&fixture->loop);
  redis_server_start(&fixture->server, arguments);
}

static void start_tiny(struct fixture *fixture, const char *reply) {
  fixture->tiny.reply = reply;
  assert_true(tiny_listen(&fixture->tiny, &fixture->loop, "127.0.0.1"));
}

/* login: "user:password@" or "". */
static void connect_to(struct fixture *fixture, const char *login, int port, int db) {
  char text[128];
  struct err err = {0};
  end_redis(fixture);
  redis_url_fini(&fixture->url);
  snprintf(text, sizeof text, "redis://%s127.0.0.1:%d/%d", login, port, db);
  assert_true(redis_url_parse(text, &fixture->url, &err));
  redis_url_login(&fixture->url, NULL, NULL);
  fixture->redis = redis_open(&fixture->io, &fixture->url);
}

static struct answer *say(struct fixture *fixture, int argc, const char *const *argv) {
  struct err err;
  assert_true(fixture->sent < ANSWERS_MAX);
  struct answer *answer = &fixture->answers[fixture->sent++];
  assert_true(redis_send(fixture->redis, argc, argv, NULL, on_reply, answer, &err));
  assert_false(answer->done);
  return answer;
}
#define SAY(fixture, ...)                                                   \
  say(fixture, (int)(sizeof(const char *[]){__VA_ARGS__} / sizeof(char *)), \
      (const char *const[]){__VA_ARGS__})

static struct answer *wait_for(struct fixture *fixture, struct answer *answer) {
  tiny_run_until(&fixture->loop, &answer->done);
  return answer;
}

static void test_commands(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, NULL);
  connect_to(fixture, "", fixture->server.port, 0);
  assert_string_equal(redis_address(fixture->redis), "");
  struct answer *ping = SAY(fixture, "PING");
  struct answer *set = SAY(fixture, "SET", "key", "value with spaces\r\n");
  struct answer *get = SAY(fixture, "GET", "key");
  struct answer *none = SAY(fixture, "GET", "none");
  struct answer *wrong = SAY(fixture, "NOSUCH");
  struct answer *size = SAY(fixture, "DBSIZE");
  struct answer *name = SAY(fixture, "CLIENT", "GETNAME");
  wait_for(fixture, name);
  assert_string_equal(ping->text, "PONG");
  assert_string_equal(set->text, "OK");
  assert_string_equal(get->text, "value with spaces\r\n");
  assert_int_equal(none->type, REDIS_REPLY_NIL);
  assert_int_equal(wrong->err.kind, ERR_UNSUPPORTED);
  assert_int_equal(size->number, 1);
  assert_string_equal(name->text, "stacktop");
  char address[32];
  snprintf(address, sizeof address, "127.0.0.1:%d", fixture->server.port);
  assert_string_equal(redis_address(fixture->redis), address);
  wait_for(fixture, SAY(fixture, "PING")); /* and once more on the same connection */
  assert_true(redis_usable(fixture->redis));
}

static void test_bytes(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, NULL);
  connect_to(fixture, "", fixture->server.port, 0);
  struct err err;
  struct answer *length = &fixture->answers[fixture->sent++];
  assert_true(redis_send(fixture->redis, 3, (const char *const[]){"SET", "k", "a\0b"},
                         (const size_t[]){3, 1, 3}, NULL, NULL, &err));
  assert_true(redis_send(fixture->redis, 2, (const char *const[]){"STRLEN", "k"}, NULL, on_reply,
                         length, &err));
  assert_int_equal(wait_for(fixture, length)->number, 3);
}

static void test_login(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, (const char *const[]){"--requirepass", "right", "--user", "ops", "on",
                                              ">opspw", "~*", "+ping", NULL});
  int port = fixture->server.port;
  connect_to(fixture, ":right@", port, 0);
  assert_string_equal(wait_for(fixture, SAY(fixture, "PING"))->text, "PONG");

  connect_to(fixture, "ops:opspw@", port, 0); /* CLIENT is denied to it, which does not matter */
  assert_string_equal(wait_for(fixture, SAY(fixture, "PING"))->text, "PONG");
  struct answer *info = wait_for(fixture, SAY(fixture, "INFO"));
  assert_int_equal(info->err.kind, ERR_DENIED);
  assert_true(redis_usable(fixture->redis)); /* a right is missing, not the connection */

  connect_to(fixture, ":wrong@", port, 0);
  struct answer *ping = SAY(fixture, "PING");
  struct answer *second = SAY(fixture, "PING");
  wait_for(fixture, second);
  assert_int_equal(ping->err.kind, ERR_DENIED);
  assert_non_null(strstr(ping->err.text, "WRONGPASS"));
  assert_null(strstr(ping->err.text, "wrong@"));
  assert_int_equal(second->err.kind, ERR_DENIED);
  assert_false(redis_usable(fixture->redis));
  struct err err = {0};
  assert_false(
      redis_send(fixture->redis, 1, (const char *const[]){"PING"}, NULL, on_reply, NULL, &err));
  assert_int_equal(err.kind, ERR_DENIED);

  connect_to(fixture, "", port, 0);
  ping = wait_for(fixture, SAY(fixture, "PING"));
  assert_int_equal(ping->err.kind, ERR_DENIED);
  assert_non_null(strstr(ping->err.text, "NOAUTH"));

  setenv("REDISCLI_AUTH", "right", 1);
  connect_to(fixture, "", port, 0);
  unsetenv("REDISCLI_AUTH");
  assert_string_equal(wait_for(fixture, SAY(fixture, "PING"))->text, "PONG");
}

/* A command must not run on another database than the one that was asked for. */
/* A password for a server that has none: its own words are long, and ask back. */
static void test_needless_password(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, NULL);
  connect_to(fixture, ":any@", fixture->server.port, 0);
  struct answer *ping = wait_for(fixture, SAY(fixture, "PING"));
  assert_int_equal(ping->err.kind, ERR_DENIED);
  assert_string_equal(ping->err.text,
                      "login denied: the server has no password, but one is configured");
}

/* Whether the server has received a password. */
static bool was_told(struct fixture *fixture) {
  const char *words[] = {"INFO", "commandstats"};
  redisReply *reply = redis_server_ask(&fixture->server, NULL, 2, words);
  bool told = strstr(reply->str, "cmdstat_auth:") != NULL;
  freeReplyObject(reply);
  return told;
}

/* One password in the environment, servers with and without one. */
static void test_the_environment_password_is_for_servers_that_ask(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, NULL);
  setenv("REDISCLI_AUTH", "right", 1);
  connect_to(fixture, "", fixture->server.port, 3);
  wait_for(fixture, SAY(fixture, "SET", "key", "three"));
  assert_int_equal(wait_for(fixture, SAY(fixture, "EXISTS", "key"))->number, 1);
  assert_false(was_told(fixture));

  const char *words[] = {"CONFIG", "SET", "requirepass", "right"};
  freeReplyObject(redis_server_ask(&fixture->server, NULL, 4, words));
  connect_to(fixture, "", fixture->server.port, 3);
  assert_int_equal(wait_for(fixture, SAY(fixture, "EXISTS", "key"))->number, 1);

  setenv("REDISCLI_AUTH", "wrong", 1);
  connect_to(fixture, "", fixture->server.port, 3);
  struct answer *refused = wait_for(fixture, SAY(fixture, "EXISTS", "key"));
  assert_int_equal(refused->err.kind, ERR_DENIED);
  assert_non_null(strstr(refused->err.text, "WRONGPASS"));
  unsetenv("REDISCLI_AUTH");
}

/* A server that does not know AUTH repeats its input in the error. */
static void test_no_error_has_the_password(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, (const char *const[]){"--rename-command", "AUTH", "", NULL});
  connect_to(fixture, ":hunter2@", fixture->server.port, 0);
  struct answer *refused = wait_for(fixture, SAY(fixture, "PING"));
  assert_int_equal(refused->err.kind, ERR_UNSUPPORTED);
  assert_non_null(strstr(refused->err.text, "unknown command"));
  assert_null(strstr(refused->err.text, "hunter2"));
}

static void test_database(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, NULL);
  connect_to(fixture, "", fixture->server.port, 3);
  wait_for(fixture, SAY(fixture, "SET", "key", "three"));
  connect_to(fixture, "", fixture->server.port, 0);
  assert_int_equal(wait_for(fixture, SAY(fixture, "EXISTS", "key"))->number, 0);

  connect_to(fixture, "", fixture->server.port, 99);
  struct answer *answer = wait_for(fixture, SAY(fixture, "SET", "stray", "1"));
  assert_int_equal(answer->err.kind, ERR_INVALID);
  assert_non_null(strstr(answer->err.text, "DB index"));
  connect_to(fixture, "", fixture->server.port, 99); /* the same, reported after SELECT was sent */
  while (!*redis_address(fixture->redis))
    uv_run(&fixture->loop, UV_RUN_ONCE);
  assert_int_equal(wait_for(fixture, SAY(fixture, "SET", "stray", "1"))->err.kind, ERR_INVALID);
  connect_to(fixture, "", fixture->server.port, 0);
  assert_int_equal(wait_for(fixture, SAY(fixture, "EXISTS", "stray"))->number, 0);
}

static void test_socket_file(void **state) {
  struct fixture *fixture = *state;
  char text[128];
  struct err err = {0};
  start_server(fixture, NULL);
  snprintf(text, sizeof text, "unix://%s/redis.sock", fixture->server.dir);
  assert_true(redis_url_parse(text, &fixture->url, &err));
  fixture->redis = redis_open(&fixture->io, &fixture->url);
  assert_string_equal(wait_for(fixture, SAY(fixture, "PING"))->text, "PONG");
  assert_string_equal(redis_address(fixture->redis), text + 7);
  redis_server_kill(&fixture->server);
  end_redis(fixture);
  fixture->redis = redis_open(&fixture->io, &fixture->url);
  assert_int_equal(wait_for(fixture, SAY(fixture, "PING"))->err.kind, ERR_REFUSED);
}

static void test_refused(void **state) {
  struct fixture *fixture = *state;
  connect_to(fixture, "", tiny_free_port(&fixture->loop), 0);
  struct answer *answer = wait_for(fixture, SAY(fixture, "PING"));
  assert_int_equal(answer->err.kind, ERR_REFUSED);
  assert_non_null(strstr(answer->err.text, "nothing listens on port"));
}

static void test_unresolved(void **state) {
  struct fixture *fixture = *state;
  struct err err = {0};
  assert_true(redis_url_parse("redis://bad..name", &fixture->url, &err));
  fixture->redis = redis_open(&fixture->io, &fixture->url);
  assert_int_equal(wait_for(fixture, SAY(fixture, "PING"))->err.kind, ERR_UNRESOLVED);
}

static void test_too_many_clients(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, (const char *const[]){"--maxclients", "1", NULL});
  redisContext *other = redisConnect("127.0.0.1", fixture->server.port);
  freeReplyObject(redisCommand(other, "PING"));
  connect_to(fixture, "", fixture->server.port, 0);
  struct answer *answer = wait_for(fixture, SAY(fixture, "PING"));
  redisFree(other);
  assert_int_equal(answer->err.kind, ERR_REFUSED);
  assert_non_null(strstr(answer->err.text, "max number of clients"));
}

/* The connection knows that the server has gone before anything is asked. */
static void test_killed_while_idle(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, NULL);
  connect_to(fixture, "", fixture->server.port, 0);
  wait_for(fixture, SAY(fixture, "PING"));
  redis_server_kill(&fixture->server);
  while (redis_usable(fixture->redis))
    uv_run(&fixture->loop, UV_RUN_ONCE);
  struct err err = {0};
  assert_false(
      redis_send(fixture->redis, 1, (const char *const[]){"PING"}, NULL, on_reply, NULL, &err));
  assert_int_equal(err.kind, ERR_CLOSED);
}

static void test_stopped(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, NULL);
  connect_to(fixture, "", fixture->server.port, 0);
  wait_for(fixture, SAY(fixture, "PING"));
  tiny_freeze(fixture->server.pid);
  SAY(fixture, "DBSIZE");
  for (int i = 0; i < 5; i++)
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
  char text[256];
  assert_non_null(strstr(redis_describe(fixture->redis, text, sizeof text), "no answer to DBSIZE"));
  end_redis(fixture); /* at once, and without a callback */
  kill(fixture->server.pid, SIGCONT);
}

static struct err answer_of(struct fixture *fixture, const char *reply) {
  fixture->tiny.reply = reply;
  connect_to(fixture, "", fixture->tiny.port, 0);
  struct answer *answer = wait_for(fixture, SAY(fixture, "PING"));
  assert_false(redis_usable(fixture->redis));
  return answer->err;
}

static void test_garbage(void **state) {
  struct fixture *fixture = *state;
  start_tiny(fixture, NULL);
  struct err err = answer_of(fixture, "HTTP/1.1 400 Bad Request\r\n\r\n");
  assert_int_equal(err.kind, ERR_PROTOCOL);
  assert_non_null(strstr(err.text, "does not speak the Redis protocol"));
  err = answer_of(fixture, "$-5\r\n");
  assert_int_equal(err.kind, ERR_PROTOCOL);
  fixture->tiny.close_after = true;
  err = answer_of(fixture, "$100\r\nhalf of");
  assert_int_equal(err.kind, ERR_CLOSED);
  fixture->tiny.close_after = false;
  fixture->tiny.reset_after = true;
  err = answer_of(fixture, "$100\r\nhalf of");
  assert_int_equal(err.kind, ERR_CLOSED);
}

/* hiredis' own asynchronous context ends the process here. */
static void test_more_replies_than_commands(void **state) {
  struct fixture *fixture = *state;
  start_tiny(fixture, "+OK\r\n+PONG\r\n+more\r\n");
  connect_to(fixture, "", fixture->tiny.port, 0);
  assert_string_equal(wait_for(fixture, SAY(fixture, "PING"))->text, "PONG");
  while (redis_usable(fixture->redis))
    uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void test_ceiling(void **state) {
  struct fixture *fixture = *state;
  start_tiny(fixture, NULL);
  struct err err = answer_of(fixture, "+OK\r\n*2147483647\r\n");
  assert_int_equal(err.kind, ERR_LIMIT);
  err = answer_of(fixture, "+OK\r\n*2\r\n*400000\r\n");
  assert_int_equal(err.kind, ERR_LIMIT);

  err = answer_of(fixture, "+OK\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n");
  assert_int_equal(err.kind, ERR_LIMIT);

  size_t size = REDIS_REPLY_MAX + (64 << 10);
  char *endless = malloc(size);
  memset(endless, 'x', size);
  memcpy(endless, "+OK\r\n$2000000000\r\n", 18);
  fixture->tiny.reply_len = size;
  err = answer_of(fixture, endless);
  assert_int_equal(err.kind, ERR_LIMIT);
  assert_non_null(strstr(err.text, "16 MiB"));
  end_redis(fixture);
  while (uv_loop_alive(&fixture->loop)) { /* until tiny has released it, too */
    if (!uv_is_closing((uv_handle_t *)&fixture->tiny.socket))
      tiny_stop(&fixture->tiny);
    uv_run(&fixture->loop, UV_RUN_ONCE);
  }
  fixture->tiny.port = 0;
  free(endless);
}

/* One byte at a time. */
static void test_pieces(void **state) {
  struct fixture *fixture = *state;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(listener, 1), 0);
  getsockname(listener, (struct sockaddr *)&address, &size);
  connect_to(fixture, "", ntohs(address.sin_port), 0);
  struct answer *bulk = SAY(fixture, "GET", "a");
  struct answer *last = SAY(fixture, "GET", "b");
  struct pollfd ready = {.fd = listener, .events = POLLIN};
  while (poll(&ready, 1, 0) == 0)
    uv_run(&fixture->loop, UV_RUN_NOWAIT);
  int peer = accept(listener, NULL, NULL);
  static const char replies[] = "+OK\r\n$6\r\nab\r\ncd\r\n:12\r\n";
  for (size_t i = 0; i < sizeof replies - 1; i++) {
    assert_int_equal(write(peer, &replies[i], 1), 1);
    for (int turn = 0; turn < 3; turn++)
      uv_run(&fixture->loop, UV_RUN_NOWAIT);
    if (i < 16) /* its last byte is not out yet */
      assert_false(bulk->done);
  }
  wait_for(fixture, last);
  assert_string_equal(bulk->text, "ab\r\ncd");
  assert_int_equal(last->number, 12);
  close(peer);
  close(listener);
}

static void test_closed_by_a_callback(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, NULL);
  connect_to(fixture, "", fixture->server.port, 0);
  SAY(fixture, "PING")->close = true;
  struct answer *second = SAY(fixture, "PING");
  tiny_run_until(&fixture->loop, &fixture->closed);
  assert_false(second->done);

  /* and when it is notified of the end */
  fixture->sent = fixture->answered = 0;
  memset(fixture->answers, 0, sizeof fixture->answers);
  redis_server_kill(&fixture->server);
  connect_to(fixture, "", fixture->server.port, 0);
  SAY(fixture, "PING")->close = true;
  second = SAY(fixture, "PING");
  fixture->closed = false;
  tiny_run_until(&fixture->loop, &fixture->closed);
  assert_false(second->done);
}

static void test_close_at_each_step(void **state) {
  struct fixture *fixture = *state;
  start_server(fixture, NULL);
  for (int turns = 0; turns < 6; turns++) {
    connect_to(fixture, "", fixture->server.port, 1);
    SAY(fixture, "PING");
    for (int i = 0; i < turns; i++)
      uv_run(&fixture->loop, UV_RUN_NOWAIT);
    end_redis(fixture);
  }
}

/* Garbage, and the reply of a server without TLS: the handshake ends with words. */
static void test_tls_with_a_server_without(void **state) {
  struct fixture *fixture = *state;
  start_tiny(fixture, "-ERR unknown command\r\n");
  connect_to(fixture, "", fixture->tiny.port, 0);
  end_redis(fixture);
  fixture->url.tls = true;
  fixture->redis = redis_open(&fixture->io, &fixture->url);
  const struct answer *answer = wait_for(fixture, SAY(fixture, "PING"));
  assert_non_null(strstr(answer->err.text, "does not speak TLS"));
}

static void test_tls_with_files_that_are_none(void **state) {
  struct fixture *fixture = *state;
  start_tiny(fixture, "");
  connect_to(fixture, "", fixture->tiny.port, 0);
  end_redis(fixture);
  fixture->url.tls = true;
  fixture->url.tls_options.cert_file = "/dev/null";
  fixture->redis = redis_open(&fixture->io, &fixture->url);
  const struct answer *answer = wait_for(fixture, SAY(fixture, "PING"));
  assert_non_null(strstr(answer->err.text, "cert_file /dev/null: "));
}

/* ---- the round-trip time of an answer */

static int64_t reply_us;
static bool reply_seen;

static void on_timed(void *arg, const struct redisReply *reply, const struct err *err) {
  struct fixture *fixture = arg;
  assert_null(err);
  assert_non_null(reply);
  reply_us = redis_answer_us(fixture->redis);
  reply_seen = true;
}

static void send_timed(struct fixture *fixture, int argc, const char *const *argv) {
  struct err err;
  reply_seen = false;
  assert_true(redis_send(fixture->redis, argc, argv, NULL, on_timed, fixture, &err));
}

static void block(int64_t us) {
  for (int64_t until = clock_now_us() + us; clock_now_us() < until;)
    ;
}

static void on_other_socket(uv_poll_t *poll, int status, int events) {
  (void)status, (void)events;
  block(200000);
  uv_update_time(poll->loop); /* like other work on the loop */
  uv_poll_stop(poll);
}

static void test_a_busy_loop_is_not_latency(void **state) {
  struct fixture *fixture = *state;
  const char *const ping[] = {"PING"};
  start_server(fixture, NULL);
  connect_to(fixture, "", fixture->server.port, 0);
  wait_for(fixture, SAY(fixture, "PING"));
  /* between the question and the poll that finds the answer */
  send_timed(fixture, 1, ping);
  while (uv_run(&fixture->loop, UV_RUN_NOWAIT) && !reply_seen)
    block(200000);
  tiny_run_until(&fixture->loop, &reply_seen);
  assert_int_equal(reply_us, -1);
  /* in the iteration of the loop that finds it: another socket, ready before, is handled first */
  int ends[2];
  uv_poll_t poll;
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(write(ends[1], "x", 1), 1);
  assert_int_equal(uv_poll_init(&fixture->loop, &poll, ends[0]), 0);
  send_timed(fixture, 1, ping);
  uv_poll_start(&poll, UV_READABLE, on_other_socket);
  tiny_run_until(&fixture->loop, &reply_seen);
  assert_true(reply_us < 100000);
  uv_close((uv_handle_t *)&poll, NULL);
  close(ends[0]);
  close(ends[1]);
  /* a slow server is slow, and a free loop measures it */
  const char *const slow[] = {"BLPOP", "nothing", "0.1"};
  send_timed(fixture, 3, slow);
  tiny_run_until(&fixture->loop, &reply_seen);
  assert_true(reply_us >= 90000);
}

int main(void) {
  if (!redis_server_path()) {
    printf("SKIPPED redis-server is not installed\n");
    return 77;
  }
  unsetenv("REDISCLI_AUTH");
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_commands),
      TEST(test_a_busy_loop_is_not_latency),
      TEST(test_bytes),
      TEST(test_login),
      TEST(test_needless_password),
      TEST(test_the_environment_password_is_for_servers_that_ask),
      TEST(test_no_error_has_the_password),
      TEST(test_database),
      TEST(test_socket_file),
      TEST(test_refused),
      TEST(test_unresolved),
      TEST(test_too_many_clients),
      TEST(test_killed_while_idle),
      TEST(test_stopped),
      TEST(test_garbage),
      TEST(test_more_replies_than_commands),
      TEST(test_ceiling),
      TEST(test_pieces),
      TEST(test_closed_by_a_callback),
      TEST(test_close_at_each_step),
      TEST(test_tls_with_a_server_without),
      TEST(test_tls_with_files_that_are_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
