#include "clients/kubernetes/kubernetes_feed.h"

#include "core/mem.h"
#include "io/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WATCH_S = 280, TOKEN_MAX = 4096 };

void feed_init(struct kubernetes_feed *feed, struct io *io, enum kubernetes_kind kind,
               const char *namespace) {
  *feed = (struct kubernetes_feed){.io = io, .kind = kind, .namespace = namespace};
}

static void forget_objects(struct kubernetes_feed *feed) {
  map_fini(&feed->by_uid);
  for (size_t i = 0; i < feed->count; i++)
    kubernetes_object_free(feed->objects[i]);
  feed->count = 0;
}

static void forget_fresh(struct kubernetes_feed *feed) {
  for (size_t i = 0; i < feed->fresh_count; i++)
    kubernetes_object_free(feed->fresh[i]);
  feed->fresh_count = 0;
  feed->fresh_cut = false;
}

static void end_watch(struct kubernetes_feed *feed) {
  if (feed->watch)
    http_cancel(feed->watch);
  feed->watch = NULL;
  feed->line_len = 0;
}

static void forget_version(struct kubernetes_feed *feed) {
  free(feed->version);
  feed->version = NULL;
}

void feed_cancel(struct kubernetes_feed *feed) {
  if (feed->request)
    kubernetes_cancel(feed->request);
  feed->request = NULL;
  forget_fresh(feed);
}

void feed_drop(struct kubernetes_feed *feed) {
  end_watch(feed);
  forget_version(feed);
}

void feed_fini(struct kubernetes_feed *feed) {
  feed_cancel(feed);
  feed_drop(feed);
  forget_objects(feed);
  free(feed->objects);
  free(feed->fresh);
  free(feed->line);
}

/* ---- objects */

static void append(struct kubernetes_object ***items, size_t *count, size_t *capacity,
                   struct kubernetes_object *object) {
  if (*count == *capacity) {
    *capacity = *capacity ? *capacity * 2 : 16;
    *items = mem_resize(*items, *capacity * sizeof(struct kubernetes_object *));
  }
  (*items)[(*count)++] = object;
}

static void remove_object(struct kubernetes_feed *feed, const char *uid) {
  const struct map_slot *slot = map_find(&feed->by_uid, uid);
  if (!slot)
    return;
  const size_t index = slot->value;
  struct kubernetes_object *object = feed->objects[index];
  map_remove(&feed->by_uid, uid);
  feed->objects[index] = feed->objects[--feed->count];
  if (index < feed->count)
    map_find(&feed->by_uid, feed->objects[index]->uid)->value = index;
  kubernetes_object_free(object);
}

/* Takes the object. A key belongs to its object, so a newer one replaces both. */
static void put_object(struct kubernetes_feed *feed, struct kubernetes_object *object) {
  remove_object(feed, object->uid);
  if (feed->count >= KUBERNETES_OBJECTS_MAX) {
    feed->cut = true;
    kubernetes_object_free(object);
    return;
  }
  append(&feed->objects, &feed->count, &feed->capacity, object);
  map_add(&feed->by_uid, object->uid, feed->count - 1);
}

static void take_fresh(struct kubernetes_feed *feed) {
  forget_objects(feed);
  feed->cut = feed->fresh_cut;
  for (size_t i = 0; i < feed->fresh_count; i++)
    put_object(feed, feed->fresh[i]);
  feed->fresh_count = 0;
}

/* ---- watch */

static const char *version_of(const json_t *object) {
  return json_string_value(json_object_get(json_object_get(object, "metadata"), "resourceVersion"));
}

/* It goes into a URL; with a version that is not a number each collection lists again. */
static void set_version(struct kubernetes_feed *feed, const char *version) {
  if (!version || !*version || strspn(version, "0123456789") != strlen(version))
    return;
  char *copy = mem_dup(version);
  free(feed->version);
  feed->version = copy;
}

static bool take_event(struct kubernetes_feed *feed, const char *type, const json_t *json) {
  const char *version = version_of(json);
  if (strcmp(type, "ERROR") == 0) { /* mostly 410: that version is no longer known */
    forget_version(feed);
    return false;
  }
  if (strcmp(type, "BOOKMARK") != 0) {
    struct kubernetes_object *object = kubernetes_object_new(feed->kind, json);
    if (!object)
      return false;
    feed->events++;
    if (strcmp(type, "DELETED") == 0) {
      remove_object(feed, object->uid);
      kubernetes_object_free(object);
    } else {
      put_object(feed, object);
    }
  }
  set_version(feed, version);
  return true;
}

bool feed_take_line(struct kubernetes_feed *feed, const char *line, size_t len) {
  json_t *json = kubernetes_parse(line, len, false, NULL);
  const char *type = json_string_value(json_object_get(json, "type"));
  const bool good = type && take_event(feed, type, json_object_get(json, "object"));
  json_decref(json);
  if (!good)
    forget_version(feed);
  return good;
}

static bool keep_line(struct kubernetes_feed *feed, const char *bytes, size_t len) {
  if (feed->line_len + len > KUBERNETES_LINE_MAX)
    return false;
  if (feed->line_len + len > feed->line_capacity) {
    feed->line_capacity = 2 * (feed->line_len + len);
    feed->line = mem_resize(feed->line, feed->line_capacity);
  }
  memcpy(feed->line + feed->line_len, bytes, len);
  feed->line_len += len;
  return true;
}

static enum http_piece on_piece(void *arg, const char *bytes, size_t len) {
  struct kubernetes_feed *feed = arg;
  for (const char *end; len > 0 && (end = memchr(bytes, '\n', len));) {
    const size_t part = (size_t)(end - bytes);
    if (!keep_line(feed, bytes, part))
      break;
    const size_t whole = feed->line_len;
    feed->line_len = 0;
    if (whole > 0 && !feed_take_line(feed, feed->line, whole))
      return HTTP_INVALID;
    bytes += part + 1;
    len -= part + 1;
  }
  if (len == 0 || keep_line(feed, bytes, len))
    return HTTP_TAKEN;
  forget_version(feed); /* a line that is too long: listed again */
  return HTTP_INVALID;
}

/* It has ended: with its time, with the server, or because it was not valid. */
static void on_watch_ended(void *arg, const struct http_result *result, const struct err *err) {
  struct kubernetes_feed *feed = arg;
  feed->watch = NULL;
  feed->line_len = 0;
  if (err && err->kind == ERR_TIMEOUT)
    forget_version(feed);
  if (!result || (result->status >= 200 && result->status <= 299))
    return;
  forget_version(feed);
  if (result->status == 403)
    kubernetes_status_error(result->status, NULL, NULL, &feed->unwatched);
}

static void start_watch(struct kubernetes_feed *feed) {
  char path[KUBERNETES_PATH_MAX];
  if (feed->watch || !feed->version || feed->unwatched.kind != ERR_NONE ||
      !kubernetes_list_path(path, feed->kind, feed->namespace))
    return;
  char *url =
      mem_printf("%s%swatch=1&allowWatchBookmarks=true&timeoutSeconds=%d&resourceVersion=%s%s",
                 kubernetes_proxy_url(feed->proxy), path, WATCH_S, feed->version,
                 kubernetes_kind_info(feed->kind)->filter);
  const struct http_query query = {.url = url,
                                   .socket = kubernetes_proxy_socket(feed->proxy),
                                   .stream = on_piece,
                                   .timeout_ms = KUBERNETES_SILENCE_MS,
                                   .silence_ms = KUBERNETES_SILENCE_MS};
  feed->watch = http_send(feed->io, &query, on_watch_ended, feed);
  free(url);
}

/* ---- list */

static void settle(struct kubernetes_feed *feed) {
  void (*settled)(void *arg) = feed->settled;
  feed->settled = NULL;
  if (settled)
    settled(feed->arg);
}

static void fail(struct kubernetes_feed *feed, int status, const struct err *err) {
  forget_fresh(feed);
  forget_version(feed);
  feed->known = false;
  feed->denied = status == 401 || status == 403;
  feed->missing = status == 404;
  feed->err = *err;
  if (feed->denied || feed->missing) {
    forget_objects(feed);
    feed->again_ms = clock_now_ms() + KUBERNETES_DENIED_MS;
  }
  settle(feed);
}

static bool send_list(struct kubernetes_feed *feed, const char *token, struct err *err);

static void take_items(struct kubernetes_feed *feed, const json_t *items) {
  for (size_t i = 0; i < json_array_size(items); i++) {
    struct kubernetes_object *object =
        feed->fresh_count < KUBERNETES_OBJECTS_MAX
            ? kubernetes_object_new(feed->kind, json_array_get(items, i))
            : NULL;
    if (object)
      append(&feed->fresh, &feed->fresh_count, &feed->fresh_capacity, object);
    else
      feed->fresh_cut = true;
  }
}

static void on_list(void *arg, const struct kubernetes_answer *answer) {
  struct kubernetes_feed *feed = arg;
  const json_t *metadata = json_object_get(answer->json, "metadata");
  const char *token = json_string_value(json_object_get(metadata, "continue"));
  const json_t *items = json_object_get(answer->json, "items");
  struct err err;
  feed->request = NULL;
  if (answer->err) {
    fail(feed, answer->status, answer->err);
    return;
  }
  if (!metadata || (items && !json_is_array(items) && !json_is_null(items))) {
    err_set(&err, ERR_PROTOCOL, "the answer is not a list of objects; not an API server?");
    fail(feed, 0, &err);
    return;
  }
  take_items(feed, items);
  if (token && *token && feed->fresh_count < KUBERNETES_OBJECTS_MAX) {
    if (!send_list(feed, token, &err))
      fail(feed, 0, &err);
    return;
  }
  feed->fresh_cut |= token && *token;
  take_fresh(feed);
  feed->lists++;
  feed->known = true;
  feed->denied = feed->missing = false;
  feed->err = (struct err){0};
  forget_version(feed);
  set_version(feed, json_string_value(json_object_get(metadata, "resourceVersion")));
  settle(feed);
}

/* A token is base64 for URLs. */
static bool token_fits(const char *token) {
  return strlen(token) < TOKEN_MAX &&
         strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=") ==
             strlen(token);
}

static bool send_list(struct kubernetes_feed *feed, const char *token, struct err *err) {
  char path[KUBERNETES_PATH_MAX];
  const int64_t left_ms = feed->until_ms - clock_now_ms();
  if (left_ms <= 0)
    return err_set(err, ERR_TIMEOUT, "no time was left to ask for it");
  if (!kubernetes_list_path(path, feed->kind, feed->namespace) || (token && !token_fits(token)))
    return err_set(err, ERR_PROTOCOL, "the list has no path");
  char *whole = mem_printf("%slimit=%d%s%s%s", path, KUBERNETES_PAGE,
                           kubernetes_kind_info(feed->kind)->filter, token ? "&continue=" : "",
                           token ? token : "");
  feed->request = kubernetes_ask(feed->io, feed->proxy,
                                 &(struct kubernetes_query){.path = whole, .timeout_ms = left_ms},
                                 on_list, feed);
  free(whole);
  return true;
}

bool feed_refresh(struct kubernetes_feed *feed, const struct kubernetes_proxy *proxy, bool watch,
                  int64_t until_ms, void (*settled)(void *arg), void *arg) {
  feed->proxy = proxy;
  feed->until_ms = until_ms;
  if ((feed->denied || feed->missing) && clock_now_ms() < feed->again_ms)
    return true;
  if (feed->known && feed->version && feed->unwatched.kind == ERR_NONE) {
    if (watch)
      start_watch(feed);
    return true;
  }
  end_watch(feed);
  feed->settled = settled;
  feed->arg = arg;
  if (send_list(feed, NULL, &feed->err))
    return false;
  feed->known = false;
  return true;
}
