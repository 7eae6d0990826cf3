/* HTTPS against a real `openssl s_server` with certificates made here: good, expired, for another
 * name, and by nobody we trust. */
#include "io/http/http.h"

#include "core/text/format.h"
#include "io/net/resolve.h"
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
  int64_t total_us;
  struct err err;
  struct http_tls tls;
};

static void on_done(void *arg, const struct http_result *result, const struct err *err) {
  struct outcome *outcome = arg;
  outcome->done = true;
  outcome->status = result ? result->status : 0;
  outcome->total_us = result ? result->total_us : 0;
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

/* extra: -verify or -Verify, to ask for a client certificate; or NULL. */
static void server_start(uv_loop_t *loop, struct server *server, const char *name, int port,
                         const char *extra) {
  char cert[PATH_MAX + 32], key[PATH_MAX + 32], number[8];
  snprintf(cert, sizeof cert, "%s/%s.pem", directory, name);
  snprintf(key, sizeof key, "%s/key.pem", directory);
  snprintf(number, sizeof number, "%d", port);
  const bool small = strcmp(name, "small") == 0; /* a key that OpenSSL's own level refuses */
  if (small)
    snprintf(key, sizeof key, "%s/small-key.pem", directory);
  const char *argv[] = {"openssl", "s_server", "-quiet",
                        "-www",    "-accept",  number,
                        "-cert",   cert,       "-key",
                        key,       "-cipher",  small ? "DEFAULT@SECLEVEL=0" : "DEFAULT",
                        extra,     "1",        "-verify_return_error",
                        "-CAfile", cert,       NULL};
  uv_process_options_t options = {
      .file = "openssl", .args = (char **)(uintptr_t)argv, .exit_cb = on_exit_};
  server->process.data = server;
  assert_int_equal(uv_spawn(loop, &server->process, &options), 0);
}

static struct outcome get(uv_loop_t *loop, struct io *io, struct http_query *query) {
  struct outcome outcome;
  int64_t give_up = clock_now_ms() + 10000;
  do { /* until it listens */
    outcome = (struct outcome){0};
    query->tls = &outcome.tls;
    http_send(io, query, on_done, &outcome);
    tiny_run_until(loop, &outcome.done);
  } while (outcome.err.kind == ERR_REFUSED && clock_now_ms() < give_up);
  return outcome;
}

/* Asks a server with that certificate for https://localhost/ and returns what came of it. */
static struct outcome ask_as(const char *certificate, struct http_query query, const char *extra) {
  uv_loop_t loop;
  uv_loop_init(&loop);
  struct io io = {.loop = &loop};
  struct server server = {0};
  int port = tiny_free_port(&loop);
  server_start(&loop, &server, certificate, port, extra);
  char url[64], ca_file[PATH_MAX + 32];
  snprintf(url, sizeof url, "https://localhost:%d/", port);
  snprintf(ca_file, sizeof ca_file, "%s/%s.pem", directory, certificate);
  query.url = url;
  query.timeout_ms = 5000;
  if (query.ca_file)
    query.ca_file = ca_file;
  struct outcome outcome = get(&loop, &io, &query);
  http_client_free(io.http);
  resolver_free(io.resolver);
  uv_process_kill(&server.process, SIGTERM);
  tiny_run_until(&loop, &server.ended);
  tiny_loop_end(&loop);
  return outcome;
}

static struct outcome ask_for(const char *certificate, bool trusted, bool insecure, bool only_tls) {
  const struct http_query query = {
      .ca_file = trusted ? "" : NULL, .insecure = insecure, .only_tls = only_tls};
  return ask_as(certificate, query, NULL);
}

static struct outcome ask(const char *certificate, bool trusted, bool insecure) {
  return ask_for(certificate, trusted, insecure, false);
}

static void test_verified(void **state) {
  (void)state;
  struct outcome outcome = ask("good", true, false);
  assert_string_equal(outcome.err.text, "");
  assert_int_equal(outcome.status, 200);
  const int64_t left_s = outcome.tls.expires_s - clock_wall_ms() / 1000;
  assert_true(outcome.tls.known);
  assert_true(left_s > 2 * 86400 - 600 && left_s <= 2 * 86400);
  assert_string_equal(outcome.tls.names, "localhost");
  assert_string_equal(outcome.tls.issuer, "localhost");
  assert_string_equal(outcome.tls.key, "RSA 2048");
  assert_string_equal(outcome.tls.protocol, "TLSv1.3");
  assert_string_equal(outcome.tls.weak, "");
  assert_string_equal(outcome.tls.expiring, "");
}

/* The handshake alone: verified too, and nothing is asked. */
static void test_only_tls(void **state) {
  (void)state;
  struct outcome outcome = ask_for("good", true, false, true);
  assert_string_equal(outcome.err.text, "");
  assert_int_equal(outcome.status, 0);
  assert_true(outcome.total_us > 0);
  assert_string_equal(outcome.tls.names, "localhost");
  outcome = ask_for("expired", true, false, true);
  assert_int_equal(outcome.err.kind, ERR_PROTOCOL);
}

/* The chain's earliest end, and whose it is; the authority that verifies is a part of it. */
static void test_authority_expires_first(void **state) {
  (void)state;
  struct outcome outcome = ask("signed", true, false);
  assert_string_equal(outcome.err.text, "");
  assert_string_equal(outcome.tls.issuer, "short authority");
  assert_string_equal(outcome.tls.expiring, "short authority");
  const int64_t left_s = outcome.tls.expires_s - clock_wall_ms() / 1000;
  assert_true(left_s > 86400 - 600 && left_s <= 86400);
  assert_string_equal(outcome.tls.names, "localhost, 127.0.0.1");
}

static void test_small_key(void **state) {
  (void)state;
  struct outcome outcome = ask("small", true, false);
  assert_string_equal(outcome.err.text, "TLS: EE certificate key too weak: RSA key of 1024 bits");
  outcome = ask("small", false, true);
  assert_string_equal(outcome.err.text, "");
  assert_string_equal(outcome.tls.key, "RSA 1024");
  assert_string_equal(outcome.tls.weak, "RSA key of 1024 bits");
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
  static const char said[] = "TLS: certificate has expired ";
  assert_memory_equal(outcome.err.text, said, sizeof said - 1);
  char when[FORMAT_MAX];
  format_time(when, sizeof when, outcome.tls.expires_s * 1000, true, true);
  assert_non_null(strstr(outcome.err.text, " ago, at 20"));
  assert_non_null(strstr(outcome.err.text, when));
  assert_true(outcome.tls.expires_s < clock_wall_ms() / 1000);
}

static void test_other_name(void **state) {
  (void)state;
  struct outcome outcome = ask("other", true, false);
  assert_string_equal(outcome.err.text,
                      "TLS: the certificate is for a different host name: it is for other");
}

/* The host is the name that is asked for and verified; the URL still says where. */
static void test_host(void **state) {
  (void)state;
  const struct http_query query = {.ca_file = "", .host = "other"};
  struct outcome outcome = ask_as("other", query, NULL);
  assert_string_equal(outcome.err.text, "");
  assert_int_equal(outcome.status, 200);
  outcome = ask_as("good", query, NULL);
  assert_string_equal(outcome.err.text,
                      "TLS: the certificate is for a different host name: it is for localhost");
}

static void test_client_certificate(void **state) {
  (void)state;
  char cert[PATH_MAX + 32], key[PATH_MAX + 32], locked[PATH_MAX + 32];
  snprintf(cert, sizeof cert, "%s/good.pem", directory);
  snprintf(key, sizeof key, "%s/key.pem", directory);
  snprintf(locked, sizeof locked, "%s/locked-key.pem", directory);
  struct http_query query = {.ca_file = "", .cert_file = cert, .key_file = key};
  struct outcome outcome = ask_as("good", query, "-Verify");
  assert_string_equal(outcome.err.text, "");
  assert_int_equal(outcome.status, 200);
  query.key_file = locked; /* its password is not asked for on the terminal */
  outcome = ask_as("good", query, "-Verify");
  assert_int_equal(outcome.err.kind, ERR_INVALID);
  assert_memory_equal(outcome.err.text, "TLS: cannot use the client certificate", 38);
  query.cert_file = query.key_file = NULL;
  assert_int_not_equal(ask_as("good", query, "-Verify").err.kind, ERR_NONE);
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
               "-days -1; } && "
               "openssl req -x509 -new -newkey rsa:2048 -nodes -keyout ca-key.pem -days 1 "
               "-subj '/CN=short authority' -out ca.pem && "
               "printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\n' > ext && "
               "openssl x509 -req -in expired.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial "
               "-extfile ext -days 30 -out leaf.pem && cat leaf.pem ca.pem > signed.pem && "
               "openssl req -x509 -newkey rsa:1024 -nodes -keyout small-key.pem -days 2 "
               "-subj /CN=localhost -addext subjectAltName=DNS:localhost -out small.pem && "
               "openssl rsa -in key.pem -aes128 -passout pass:secret -out locked-key.pem",
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
      cmocka_unit_test(test_only_tls),
      cmocka_unit_test(test_authority_expires_first),
      cmocka_unit_test(test_small_key),
      cmocka_unit_test(test_host),
      cmocka_unit_test(test_client_certificate),
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
