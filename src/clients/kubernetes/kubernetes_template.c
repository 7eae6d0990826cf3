#include "clients/kubernetes/kubernetes_template.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 480 };

struct comparison {
  kubernetes_difference line;
  void *arg;
  size_t count;
};

static void say(struct comparison *comparison, const char *text) {
  comparison->count++;
  comparison->line(comparison->arg, text);
}

static const char *text_of(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

static const json_t *named(const json_t *array, const char *name) {
  for (size_t i = 0; i < json_array_size(array); i++)
    if (strcmp(text_of(json_array_get(array, i), "name"), name) == 0)
      return json_array_get(array, i);
  return NULL;
}

static bool same(const json_t *one, const json_t *other) {
  return one && other ? json_equal(one, other) : one == other;
}

/* ---- environment: names only */

enum difference { ADDED, REMOVED, CHANGED };

static bool differs(const json_t *from, const json_t *to, const char *name,
                    enum difference difference) {
  const json_t *one = named(from, name), *other = named(to, name);
  return difference == ADDED     ? !one && other
         : difference == REMOVED ? one && !other
                                 : one && other && !json_equal(one, other);
}

static size_t add_names(char text[TEXT_MAX], size_t at, const json_t *list, const json_t *from,
                        const json_t *to, enum difference difference, size_t *parts) {
  static const char *const verbs[] = {"adds", "removes", "changes"};
  bool first = true;
  for (size_t i = 0; i < json_array_size(list) && at < TEXT_MAX - 1; i++) {
    const char *name = text_of(json_array_get(list, i), "name");
    if (!differs(from, to, name, difference))
      continue;
    at +=
        (size_t)snprintf(text + at, TEXT_MAX - at, "%s%s%s%.100s", first && *parts > 0 ? ", " : "",
                         first ? verbs[difference] : "", first ? " " : ", ", name);
    *parts += first;
    first = false;
  }
  return at < TEXT_MAX ? at : TEXT_MAX - 1;
}

static void compare_env(struct comparison *comparison, const char *container, const json_t *from,
                        const json_t *to) {
  char text[TEXT_MAX];
  size_t parts = 0, at = (size_t)snprintf(text, sizeof text, "%.100s: env ", container);
  at = add_names(text, at, to, from, to, ADDED, &parts);
  at = add_names(text, at, from, from, to, REMOVED, &parts);
  add_names(text, at, to, from, to, CHANGED, &parts);
  if (parts > 0)
    say(comparison, text);
}

/* ---- containers, and the rest */

/* Members other than those that are compared one by one. */
static void compare_members(struct comparison *comparison, const char *prefix, const json_t *from,
                            const json_t *to, const char *const *skipped) {
  char text[TEXT_MAX];
  const char *key;
  json_t *value;
  for (int both = 0; both < 2; both++)
    json_object_foreach((json_t *)(both ? from : to), key, value) {
      bool skip = both && json_object_get(to, key); /* compared already */
      for (size_t i = 0; skipped[i]; i++)
        skip |= strcmp(key, skipped[i]) == 0;
      if (skip || same(json_object_get(from, key), json_object_get(to, key)))
        continue;
      snprintf(text, sizeof text, "%.100s%.100s", prefix, key);
      say(comparison, text);
    }
}

static void compare_container(struct comparison *comparison, const json_t *from, const json_t *to) {
  static const char *const apart[] = {"name", "image", "env", NULL};
  const char *name = text_of(to, "name");
  char text[TEXT_MAX], prefix[128];
  if (strcmp(text_of(from, "image"), text_of(to, "image")) != 0) {
    snprintf(text, sizeof text, "%.100s: image %.150s to %.150s", name, text_of(from, "image"),
             text_of(to, "image"));
    say(comparison, text);
  }
  compare_env(comparison, name, json_object_get(from, "env"), json_object_get(to, "env"));
  snprintf(prefix, sizeof prefix, "%.100s: ", name);
  compare_members(comparison, prefix, from, to, apart);
}

static void compare_containers(struct comparison *comparison, const json_t *from,
                               const json_t *to) {
  char text[TEXT_MAX];
  for (size_t i = 0; i < json_array_size(to); i++) {
    const json_t *one = json_array_get(to, i), *old = named(from, text_of(one, "name"));
    if (old) {
      compare_container(comparison, old, one);
      continue;
    }
    snprintf(text, sizeof text, "adds the container %.100s, image %.150s", text_of(one, "name"),
             text_of(one, "image"));
    say(comparison, text);
  }
  for (size_t i = 0; i < json_array_size(from); i++) {
    const char *name = text_of(json_array_get(from, i), "name");
    if (named(to, name))
      continue;
    snprintf(text, sizeof text, "removes the container %.100s", name);
    say(comparison, text);
  }
}

size_t kubernetes_template_compare(const json_t *from, const json_t *to, kubernetes_difference line,
                                   void *arg) {
  static const char *const apart[] = {"containers", "initContainers", NULL};
  static const char *const hash[] = {"pod-template-hash", NULL}, *const none[] = {NULL};
  struct comparison comparison = {.line = line, .arg = arg};
  const json_t *before = json_object_get(from, "spec"), *after = json_object_get(to, "spec");
  for (size_t i = 0; apart[i]; i++)
    compare_containers(&comparison, json_object_get(before, apart[i]),
                       json_object_get(after, apart[i]));
  compare_members(&comparison, "", before, after, apart);
  before = json_object_get(from, "metadata");
  after = json_object_get(to, "metadata");
  compare_members(&comparison, "label ", json_object_get(before, "labels"),
                  json_object_get(after, "labels"), hash);
  compare_members(&comparison, "annotation ", json_object_get(before, "annotations"),
                  json_object_get(after, "annotations"), none);
  return comparison.count;
}
