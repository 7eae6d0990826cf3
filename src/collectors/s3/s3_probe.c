#include "collectors/s3/s3_probe.h"

#include "io/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { RANDOM_BYTES = 16, LOOK_EVERY_MS = 600000, LEFT_AFTER_MS = 600000 };
static const char mark[] = "stacktop-probe-";

/* ---- the object */

bool s3_probe_is_name(const char *name) {
  const size_t skipped = sizeof mark - 1;
  return strncmp(name, mark, skipped) == 0 && strlen(name) == skipped + 2 * RANDOM_BYTES &&
         strspn(name + skipped, "0123456789abcdef") == 2 * RANDOM_BYTES;
}

void s3_probe_body(const char *name, char out[S3_PROBE_BODY + 1]) {
  static const char about[] = " was written by a probe of stacktop, and may be deleted.\n";
  size_t at = 0;
  while (at < S3_PROBE_BODY)
    for (const char *part[] = {name, about}, **each = part; each < part + 2; each++)
      for (const char *c = *each; *c && at < S3_PROBE_BODY; c++)
        out[at++] = *c;
  out[at] = '\0';
}

static bool name_make(char name[S3_PROBE_NAME]) {
  unsigned char bytes[RANDOM_BYTES];
  if (getrandom(bytes, sizeof bytes, GRND_NONBLOCK) != (ssize_t)sizeof bytes)
    return false;
  size_t at = (size_t)snprintf(name, S3_PROBE_NAME, "%s", mark);
  for (size_t i = 0; i < sizeof bytes; i++)
    at += (size_t)snprintf(name + at, S3_PROBE_NAME - at, "%02x", bytes[i]);
  return true;
}

bool s3_probe_parse(const char *text, struct s3_probe *probe, struct err *err) {
  if (!s3_place_parse(text, strlen(text), probe->bucket, probe->prefix, err))
    return false;
  const size_t length = strlen(probe->prefix);
  if (length == 0)
    return err_set(err, ERR_INVALID, "\"%.80s\" has no prefix; write bucket/prefix/", text);
  if (length + S3_PROBE_NAME + 1 > S3_KEY_MAX)
    return err_set(err, ERR_INVALID, "the prefix is too long");
  if (probe->prefix[length - 1] != '/')
    strncat(probe->prefix, "/", 2);
  if (*probe->prefix == '/' || strstr(probe->prefix, "//") || strstr(probe->prefix, "./"))
    return err_set(err, ERR_INVALID, "a prefix has no empty part and none that ends with a dot");
  return true;
}

bool s3_probe_check(const char *text, struct err *err) {
  struct s3_probe probe;
  return s3_probe_parse(text, &probe, err);
}

static void ask(struct s3_probe *probe, const char *method, const char *name, const char *query,
                void (*answered)(void *owner, const struct s3_answer *answer)) {
  char key[S3_KEY_MAX + S3_PROBE_NAME], body[S3_PROBE_BODY + 1];
  const bool writes = method && strcmp(method, "PUT") == 0;
  snprintf(key, sizeof key, "%s%s", probe->prefix, name);
  s3_probe_body(name, body);
  s3_chain_ask(&probe->chain,
               &(struct s3_query){.bucket = probe->bucket,
                                  .method = method,
                                  .key = key,
                                  .query = query,
                                  .body = writes ? body : NULL,
                                  .raw = true},
               answered);
}

static bool is_own(const struct s3_answer *answer, const char *name) {
  char body[S3_PROBE_BODY + 1];
  s3_probe_body(name, body);
  return answer->body_len == S3_PROBE_BODY && memcmp(answer->body, body, S3_PROBE_BODY) == 0;
}

/* Without it, deleting in a bucket with versions leaves the object and a marker behind. */
static void version_take(struct s3_probe *probe, const struct s3_answer *answer) {
  s3_header(answer->headers, "x-amz-version-id", probe->version, sizeof probe->version);
  if (strcmp(probe->version, "null") == 0)
    probe->version[0] = '\0';
}

static void ask_delete(struct s3_probe *probe, const char *name,
                       void (*answered)(void *owner, const struct s3_answer *answer)) {
  char query[3 * S3_TOKEN_MAX + 16] = "";
  if (*probe->version) {
    snprintf(query, sizeof query, "versionId=");
    if (!s3_encode(query, sizeof query, probe->version, false))
      query[0] = '\0'; /* there is room for it */
  }
  ask(probe, "DELETE", name, query, answered);
}

/* ---- put, get, delete */

static bool step_take(struct s3_probe *probe, enum s3_probe_step step,
                      const struct s3_answer *answer) {
  struct s3_probe_result *result = &probe->results[step];
  *result = (struct s3_probe_result){.done = true, .took_us = answer->took_us};
  if (answer->err)
    result->err = *answer->err;
  result->good = !answer->err;
  return result->good;
}

static void probe_end(struct s3_probe *probe) {
  probe->ended_ms = clock_now_ms();
  s3_chain_end(&probe->chain);
}

static void on_deleted(void *owner, const struct s3_answer *answer) {
  struct s3_probe *probe = owner;
  if (step_take(probe, S3_PROBE_DELETE, answer))
    probe->name[0] = '\0';
  probe_end(probe);
}

static void on_got(void *owner, const struct s3_answer *answer) {
  struct s3_probe *probe = owner;
  if (step_take(probe, S3_PROBE_GET, answer) && !is_own(answer, probe->name)) {
    struct s3_probe_result *result = &probe->results[S3_PROBE_GET];
    result->good = false;
    err_set(&result->err, ERR_PROTOCOL, "the object that was read is not the one that was written");
  }
  ask_delete(probe, probe->name, on_deleted);
}

static void on_put(void *owner, const struct s3_answer *answer) {
  struct s3_probe *probe = owner;
  const bool good = step_take(probe, S3_PROBE_PUT, answer);
  probe->version[0] = '\0';
  if (answer->headers)
    version_take(probe, answer);
  if (good) {
    ask(probe, NULL, probe->name, NULL, on_got);
    return;
  }
  if (answer->status >= 400 && answer->status < 500) /* else it may have been written */
    probe->name[0] = '\0';
  probe_end(probe);
}

static void put(struct s3_probe *probe) {
  memset(probe->results, 0, sizeof probe->results);
  if (!name_make(probe->name)) {
    struct s3_probe_result *result = &probe->results[S3_PROBE_PUT];
    result->done = true;
    err_set(&result->err, ERR_IO, "no random name: the system has no random numbers yet");
    probe->name[0] = '\0';
    probe_end(probe);
    return;
  }
  ask(probe, "PUT", probe->name, NULL, on_put);
}

/* Of an earlier collection, which ended before it was deleted. */
static void on_late_deleted(void *owner, const struct s3_answer *answer) {
  struct s3_probe *probe = owner;
  if (!step_take(probe, S3_PROBE_DELETE, answer)) {
    probe_end(probe);
    return;
  }
  probe->name[0] = '\0';
  put(probe);
}

static void begin_own(struct s3_probe *probe) {
  if (*probe->name)
    ask_delete(probe, probe->name, on_late_deleted);
  else
    put(probe);
}

/* ---- what earlier probes left */

static void left_next(struct s3_probe *probe);

static void left_failed(struct s3_probe *probe, const struct err *err) {
  if (probe->left_err.kind == ERR_NONE)
    probe->left_err = *err;
  probe->left_at++;
  left_next(probe);
}

static void on_left_deleted(void *owner, const struct s3_answer *answer) {
  struct s3_probe *probe = owner;
  if (answer->err) {
    left_failed(probe, answer->err);
    return;
  }
  probe->left_removed++;
  probe->left_at++;
  left_next(probe);
}

static void on_left_got(void *owner, const struct s3_answer *answer) {
  struct s3_probe *probe = owner;
  struct err err;
  if (answer->err) {
    left_failed(probe, answer->err);
    return;
  }
  if (!is_own(answer, probe->left[probe->left_at])) {
    err_set(&err, ERR_INVALID, "%s has another content and is kept", probe->left[probe->left_at]);
    left_failed(probe, &err);
    return;
  }
  version_take(probe, answer);
  ask_delete(probe, probe->left[probe->left_at], on_left_deleted);
}

static void left_next(struct s3_probe *probe) {
  if (probe->left_at < probe->left_count) {
    ask(probe, NULL, probe->left[probe->left_at], NULL, on_left_got);
    return;
  }
  probe->version[0] = '\0';
  if (probe->left_removed == probe->left_count) {
    probe->looked_ms = clock_now_ms();
    begin_own(probe);
    return;
  }
  /* Where nothing can be deleted, each probe would add to it. */
  memset(probe->results, 0, sizeof probe->results);
  probe_end(probe);
}

static void take_left(void *arg, const struct s3_object *object) {
  struct s3_probe *probe = arg;
  const struct s3_run *run = probe->chain.run;
  const size_t prefix = strlen(probe->prefix);
  const double server_ms = (double)clock_wall_ms() - run->skew_s * 1000;
  if (strncmp(object->key, probe->prefix, prefix) != 0 || !s3_probe_is_name(object->key + prefix) ||
      object->size != S3_PROBE_BODY || object->modified_ms < 0 ||
      server_ms - (double)object->modified_ms < LEFT_AFTER_MS)
    return; /* not one, or of another stacktop that is at work */
  if (probe->left_count == S3_PROBE_LEFT_MAX) {
    probe->left_more = true;
    return;
  }
  snprintf(probe->left[probe->left_count++], S3_PROBE_NAME, "%s", object->key + prefix);
}

static void on_listed(void *owner, const struct s3_answer *answer) {
  struct s3_probe *probe = owner;
  struct s3_list list;
  struct err err;
  if (answer->err)
    probe->left_err = *answer->err;
  else if (!s3_list_read(answer->body, answer->body_len, take_left, probe, &list, &err))
    probe->left_err = err;
  left_next(probe);
}

static void look(struct s3_probe *probe) {
  char query[3 * S3_KEY_MAX + 128] = "encoding-type=url&list-type=2&prefix=";
  probe->left_count = probe->left_at = probe->left_removed = 0;
  probe->left_more = false;
  probe->left_err = (struct err){0};
  if (!s3_encode(query, sizeof query, probe->prefix, false))
    query[0] = '\0'; /* there is room for it */
  strncat(query, "stacktop-probe-", 16);
  s3_chain_ask(&probe->chain, &(struct s3_query){.bucket = probe->bucket, .query = query},
               on_listed);
}

void s3_probe_begin(void *owner) {
  struct s3_probe *probe = owner;
  const int64_t now_ms = clock_now_ms();
  if (!*probe->name && (!probe->looked_ms || now_ms - probe->looked_ms >= LOOK_EVERY_MS))
    look(probe);
  else
    begin_own(probe);
}
