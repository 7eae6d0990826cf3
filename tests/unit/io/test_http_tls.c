/* HTTPS against a real `openssl s_server` with certificates made here: good, expired, for another
 * name, and by nobody we trust. */
#include "io/http/http.h"

#include "io/resolve.h"
#include "support/tiny_server.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static char directory[PATH_MAX];

static int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int shell(const char *format, ...) {
  char command[4096];
  va_list args;
  va_start(args, format);
  vsnprintf(command, sizeof command, format, args);
  va_end(args);
  return system(command); /* fixed words and a directory of mkdtemp */
}

struct outcome {
  bool done;
  int status;
  struct err err;
};

static void on_done(void *arg, const struct http_result *result, const struct err *err) {
  struct outcome *outcome = arg;
  *outcome = (struct outcome){.done = true, .status = result ? result->status : 0};
  if (err)
    outcome->err = *err;
}

struct server {
  uv_process_t process;
  bool ended;
};

static void on_exit_(uv_process_t *process, int64_t status, int signal) {
  (void)status;
  (void)signal;
  ((struct server *)process->data)->ended = true;
  uv_close((uv_handle_t *)process, NULL);
}

static void server_start(uv_loop_t *loop, struct server *server, const char *name, int port) {
  char cert[PATH_MAX + 32], key[PATH_MAX + 32], number[8];
  snprintf(cert, sizeof cert, "%s/%s.pem", directory, name);
  snprintf(key, sizeof key, "%s/key.pem", directory);
  snprintf(number, sizeof number, "%d", port);
  const char *argv[] = {"openssl", "s_server", "-quiet", "-www", "-accept", number,
                        "-cert",   cert,       "-key",   key,    NULL};
  uv_process_options_t options = {
      .file = "openssl", .args = (char **)(uintptr_t)argv, .exit_cb = on_exit_};
  server->process.data = server;
  assert_int_equal(uv_spawn(loop, &server->process, &options), 0);
}

static struct outcome get(uv_loop_t *loop, struct io *io, const struct http_query *query) {
  struct outcome outcome;
  int64_t give_up = clock_now_ms() + 10000;
  do { /* until it listens */
    outcome = (struct outcome){0};
    http_send(io, query, on_done, &outcome);
    tiny_run_until(loop, &outcome.done);
  } while (outcome.err.kind == ERR_REFUSED && clock_now_ms() < give_up);
  return outcome;
}

/* Asks a server with that certificate for https://localhost/ and returns what came of it. */
static struct outcome ask(const char *certificate, bool trusted, bool insecure) {
  uv_loop_t loop;
  uv_loop_init(&loop);
  struct io io = {.loop = &loop};
  struct server server = {0};
  int port = tiny_free_port(&loop);
  server_start(&loop, &server, certificate, port);
  char url[64], ca_file[PATH_MAX + 32];
  snprintf(url, sizeof url, "https://localhost:%d/", port);
  snprintf(ca_file, sizeof ca_file, "%s/%s.pem", directory, certificate);
  struct http_query query = {
      .url = url, .ca_file = trusted ? ca_file : NULL, .insecure = insecure, .timeout_ms = 5000};
  struct outcome outcome = get(&loop, &io, &query);
  http_client_free(io.http);
  resolver_free(io.resolver);
  uv_process_kill(&server.process, SIGTERM);
  tiny_run_until(&loop, &server.ended);
  tiny_loop_end(&loop);
  return outcome;
}

static void test_verified(void **state) {
  (void)state;
  struct outcome outcome = ask("good", true, false);
  assert_string_equal(outcome.err.text, "");
  assert_int_equal(outcome.status, 200);
}

static void test_not_trusted(void **state) {
  (void)state;
  struct outcome outcome = ask("good", false, false);
  assert_int_equal(outcome.err.kind, ERR_PROTOCOL);
  assert_non_null(strstr(outcome.err.text, "TLS: self"));
  assert_int_equal(ask("good", false, true).status, 200); /* when told not to look */
}

static void test_expired(void **state) {
  (void)state;
  struct outcome outcome = ask("expired", true, false);
  assert_string_equal(outcome.err.text, "TLS: certificate has expired");
}

static void test_other_name(void **state) {
  (void)state;
  struct outcome outcome = ask("other", true, false);
  assert_string_equal(outcome.err.text, "TLS: the certificate is for a different host name");
}

/* OpenSSL 3.4 refuses an end before the beginning, and knows -not_after; 3.0 does not. */
static int certificates_make(void) {
  return shell("exec >/dev/null 2>&1; cd '%s' && openssl genrsa -out key.pem 2048 && "
               "openssl req -x509 -new -key key.pem -days 2 -subj /CN=localhost "
               "-addext subjectAltName=DNS:localhost -out good.pem && "
               "openssl req -x509 -new -key key.pem -days 2 -subj /CN=other "
               "-addext subjectAltName=DNS:other -out other.pem && "
               "openssl req -new -key key.pem -subj /CN=localhost -out expired.csr && "
               "printf 'subjectAltName=DNS:localhost\\n' > ext && "
               "{ openssl x509 -req -in expired.csr -signkey key.pem -extfile ext -out expired.pem "
               "-not_before 20200101000000Z -not_after 20200102000000Z || "
               "openssl x509 -req -in expired.csr -signkey key.pem -extfile ext -out expired.pem "
               "-days -1; }",
               directory);
}

int main(void) {
  unsetenv("https_proxy");
  unsetenv("HTTPS_PROXY");
  unsetenv("all_proxy");
  unsetenv("ALL_PROXY");
  snprintf(directory, sizeof directory, "/tmp/stacktop-tls-XXXXXX");
  if (shell("openssl version >/dev/null 2>&1") != 0 || !mkdtemp(directory)) {
    printf("skipped: there is no openssl command here\n");
    return 77;
  }
  int status = 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_verified),
      cmocka_unit_test(test_not_trusted),
      cmocka_unit_test(test_expired),
      cmocka_unit_test(test_other_name),
  };
  if (certificates_make() == 0)
    status = cmocka_run_group_tests(tests, NULL, NULL);
  else
    printf("openssl did not make the certificates\n");
  shell("rm -r '%s'", directory);
  return status;
}
