/* Which engine it is: the configuration's, DOCKER_HOST's, a context's, or one of the usual sockets;
 * with which certificates; and what is said where one of these is wrong. */
#include "clients/docker/docker_endpoint.h"

#include "core/mem.h"
#include "support/core_test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
  char folder[64];
  struct docker_endpoint endpoint;
  struct err err;
};

static void write_file(const struct fixture *fixture, const char *name, const char *text) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", fixture->folder, name);
  for (char *at = path + strlen(fixture->folder) + 1; (at = strchr(at, '/')); at++) {
    *at = '\0';
    mkdir(path, 0700);
    *at = '/';
  }
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static int setup(void **state) {
  static const char *const variables[] = {"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CERT_PATH",
                                          "DOCKER_TLS_VERIFY"};
  struct fixture *fixture = mem_new(sizeof *fixture);
  snprintf(fixture->folder, sizeof fixture->folder, "/tmp/stacktop-endpoint-XXXXXX");
  assert_non_null(mkdtemp(fixture->folder));
  for (size_t i = 0; i < 4; i++)
    unsetenv(variables[i]);
  setenv("DOCKER_CONFIG", fixture->folder, 1);
  setenv("XDG_RUNTIME_DIR", fixture->folder, 1);
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  const pid_t child = fork();
  if (child == 0) {
    execlp("rm", "rm", "-rf", fixture->folder, NULL);
    _exit(1);
  }
  waitpid(child, NULL, 0);
  free(fixture);
  return 0;
}

static bool find(struct fixture *fixture, const char *endpoint) {
  fixture->err = (struct err){0};
  return docker_endpoint_find(&(struct docker_named){.endpoint = endpoint}, &fixture->endpoint,
                              &fixture->err);
}

static void expect(struct fixture *fixture, const char *endpoint, const char *place) {
  if (!find(fixture, endpoint))
    fail_msg("%s", fixture->err.text);
  assert_string_equal(docker_endpoint_place(&fixture->endpoint), place);
}

static void expect_error(struct fixture *fixture, const char *words) {
  assert_false(find(fixture, NULL));
  assert_int_equal(fixture->err.kind, ERR_INVALID);
  if (!strstr(fixture->err.text, words))
    fail_msg("%s", fixture->err.text);
}

static void context(const struct fixture *fixture, const char *digest, const char *name,
                    const char *docker) {
  char *path = mem_printf("contexts/meta/%s/meta.json", digest);
  char *text = mem_printf("{\"Name\": \"%s\", \"Endpoints\": {\"docker\": %s}}", name, docker);
  write_file(fixture, path, text);
  free(path);
  free(text);
}

static void test_their_order(void **state) {
  struct fixture *fixture = *state;
  context(fixture, "aa", "other", "{\"Host\": \"tcp://10.0.0.1:1\"}");
  context(fixture, "bb", "prod", "{\"Host\": \"ssh://deploy@10.0.0.2\"}");
  write_file(fixture, "config.json", "{\"auths\": {}, \"currentContext\": \"prod\"}");
  expect(fixture, NULL, "ssh://deploy@10.0.0.2");
  assert_true(fixture->endpoint.ssh && !docker_endpoint_is_local(&fixture->endpoint));
  assert_true(docker_endpoint_exists());
  setenv("DOCKER_CONTEXT", "other", 1);
  expect(fixture, NULL, "http://10.0.0.1:1");
  setenv("DOCKER_HOST", "tcp://127.0.0.1:2375", 1);
  expect(fixture, NULL, "http://127.0.0.1:2375");
  assert_true(docker_endpoint_is_local(&fixture->endpoint));
  expect(fixture, "unix:///named.sock", "/named.sock");
  assert_true(docker_endpoint_is_local(&fixture->endpoint));
  assert_string_equal(fixture->endpoint.url, "http://localhost");
}

static void test_the_default_context_is_the_usual_socket(void **state) {
  struct fixture *fixture = *state;
  char path[128];
  if (access("/var/run/docker.sock", F_OK) == 0 || access("/run/podman/podman.sock", F_OK) == 0)
    skip(); /* an engine of this machine's own comes first */
  assert_false(docker_endpoint_exists());
  expect(fixture, NULL, "/var/run/docker.sock");
  setenv("DOCKER_CONTEXT", "default", 1);
  expect(fixture, NULL, "/var/run/docker.sock");
  write_file(fixture, "docker.sock", "");
  snprintf(path, sizeof path, "%s/docker.sock", fixture->folder);
  assert_true(docker_endpoint_exists());
  expect(fixture, NULL, path);
}

static void test_wrong_places_are_named(void **state) {
  struct fixture *fixture = *state;
  char *longest = mem_new(1001);
  memset(longest, 'a', 1000); /* it is not cut to what it does not say */
  setenv("DOCKER_HOST", longest, 1);
  expect_error(fixture, "DOCKER_HOST: not an endpoint");
  free(longest);
  setenv("DOCKER_HOST", "ssh://-oProxyCommand=x", 1);
  expect_error(fixture, "DOCKER_HOST: not a user and a host");
  unsetenv("DOCKER_HOST");
  write_file(fixture, "config.json", "{\"currentContext\": \"prod\"}");
  expect_error(fixture, "no docker context is named \"prod\" (by /tmp/");
  assert_true(docker_endpoint_exists()); /* so that it is shown */
  context(fixture, "aa", "prod", "{}");
  expect_error(fixture, "the docker context \"prod\" names no engine (/tmp/");
  context(fixture, "aa", "prod", "{\"Host\": \"npipe:////./pipe/docker\"}");
  expect_error(fixture, "docker context \"prod\": not an endpoint");
  write_file(fixture, "contexts/meta/aa/meta.json", "{");
  expect_error(fixture, "no docker context is named \"prod\"");
  write_file(fixture, "config.json", "{\"currentContext\": ");
  expect_error(fixture, "/config.json: line 1");
}

/* It would be waited for. */
static void test_a_pipe_is_not_read(void **state) {
  struct fixture *fixture = *state;
  char path[128];
  snprintf(path, sizeof path, "%s/config.json", fixture->folder);
  assert_int_equal(mkfifo(path, 0600), 0);
  expect_error(fixture, "/config.json: not a regular file");
}

static void test_hostile_names(void **state) {
  struct fixture *fixture = *state;
  context(fixture, "aa", "../../x", "{\"Host\": \"tcp://10.0.0.1:1\"}");
  setenv("DOCKER_CONTEXT", "../../x", 1); /* only compared: it is no part of a path */
  expect(fixture, NULL, "http://10.0.0.1:1");
  write_file(fixture, "contexts/meta/file", "");
  setenv("DOCKER_CONTEXT", "file", 1);
  expect_error(fixture, "no docker context is named \"file\" (by DOCKER_CONTEXT)");
}

static void expect_files(const struct fixture *fixture, const char *folder, bool client) {
  char path[256];
  snprintf(path, sizeof path, "%s/ca.pem", folder);
  assert_string_equal(fixture->endpoint.ca_file, path);
  snprintf(path, sizeof path, "%s/cert.pem", folder);
  assert_string_equal(fixture->endpoint.cert_file, client ? path : "");
  snprintf(path, sizeof path, "%s/key.pem", folder);
  assert_string_equal(fixture->endpoint.key_file, client ? path : "");
}

static void test_certificates_of_the_environment(void **state) {
  struct fixture *fixture = *state;
  char folder[128];
  snprintf(folder, sizeof folder, "%s/certs", fixture->folder);
  setenv("DOCKER_HOST", "tcp://10.0.0.7", 1);
  setenv("DOCKER_CERT_PATH", folder, 1);
  expect(fixture, NULL, "http://10.0.0.7:2375"); /* as the docker command: only with TLS_VERIFY */
  setenv("DOCKER_TLS_VERIFY", "1", 1);
  expect_error(fixture, "DOCKER_CERT_PATH: there is no ca.pem in /tmp/");
  write_file(fixture, "certs/ca.pem", "");
  expect(fixture, NULL, "https://10.0.0.7:2376");
  expect_files(fixture, folder, false);
  write_file(fixture, "certs/cert.pem", "");
  expect_error(fixture, "has only one of cert.pem and key.pem");
  write_file(fixture, "certs/key.pem", "");
  expect(fixture, NULL, "https://10.0.0.7:2376");
  expect_files(fixture, folder, true);
  unsetenv("DOCKER_CERT_PATH");
  expect_error(fixture, "DOCKER_TLS_VERIFY without DOCKER_CERT_PATH: there is no ca.pem in /tmp/");
  write_file(fixture, "ca.pem", "");
  expect(fixture, NULL, "https://10.0.0.7:2376");
  expect_files(fixture, fixture->folder, false);
  setenv("DOCKER_HOST", "unix:///run/docker.sock", 1);
  expect(fixture, NULL, "/run/docker.sock");
  assert_string_equal(fixture->endpoint.ca_file, "");
  /* What the configuration names is not mixed with the environment's. */
  setenv("DOCKER_HOST", "tcp://10.0.0.7", 1);
  assert_true(docker_endpoint_find(&(struct docker_named){.ca_file = "/own.pem"},
                                   &fixture->endpoint, &fixture->err));
  assert_string_equal(fixture->endpoint.ca_file, "/own.pem");
  assert_string_equal(fixture->endpoint.cert_file, "");
}

static void test_certificates_of_a_context(void **state) {
  struct fixture *fixture = *state;
  char folder[128];
  snprintf(folder, sizeof folder, "%s/contexts/tls/aa/docker", fixture->folder);
  context(fixture, "aa", "prod", "{\"Host\": \"tcp://10.0.0.7:2376\", \"SkipTLSVerify\": false}");
  setenv("DOCKER_CONTEXT", "prod", 1);
  expect(fixture, NULL, "http://10.0.0.7:2376");
  write_file(fixture, "contexts/tls/aa/docker/key.pem", "");
  expect_error(fixture, "docker context \"prod\": there is no ca.pem in /tmp/");
  write_file(fixture, "contexts/tls/aa/docker/ca.pem", "");
  write_file(fixture, "contexts/tls/aa/docker/cert.pem", "");
  expect(fixture, NULL, "https://10.0.0.7:2376");
  expect_files(fixture, folder, true);
  assert_false(fixture->endpoint.insecure);
  context(fixture, "aa", "prod", "{\"Host\": \"tcp://10.0.0.7:2376\", \"SkipTLSVerify\": true}");
  expect(fixture, NULL, "https://10.0.0.7:2376");
  assert_true(fixture->endpoint.insecure);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_their_order),
      TEST(test_the_default_context_is_the_usual_socket),
      TEST(test_wrong_places_are_named),
      TEST(test_a_pipe_is_not_read),
      TEST(test_hostile_names),
      TEST(test_certificates_of_the_environment),
      TEST(test_certificates_of_a_context),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
