/* Labels of a series or an alert: sorted by name, so that equal sets have equal texts and keys.
 * Pure. */
#pragma once

#include "core/arena.h"

#include <jansson.h>

enum {
  PROMETHEUS_LABELS_MAX = 64,
  PROMETHEUS_LABEL_NAME_MAX = 256,
  PROMETHEUS_LABEL_VALUE_MAX = 2048,
  PROMETHEUS_KEY_MAX = 17,
};

struct prometheus_label {
  const char *name, *value;
};
struct prometheus_labels {
  const struct prometheus_label *items; /* sorted by name */
  size_t count;
  bool cut; /* there are more or longer ones than are kept: not an identity */
};

/* Texts are copied to the arena. False if it is not an object of texts. */
bool prometheus_labels_read(const json_t *json, struct arena *arena,
                            struct prometheus_labels *labels);
const char *prometheus_label(const struct prometheus_labels *labels,
                             const char *name); /* or NULL */
/* Whether `others` has each of them with the same value. */
bool prometheus_labels_within(const struct prometheus_labels *labels,
                              const struct prometheus_labels *others);
/* "instance=db-1, job=postgres", without the two names (NULL: none). "" if there are none. */
const char *prometheus_labels_text(const struct prometheus_labels *labels, struct arena *arena,
                                   const char *without, const char *nor);
/* The identity of the whole set, in hexadecimal. */
void prometheus_labels_key(const struct prometheus_labels *labels, char key[PROMETHEUS_KEY_MAX]);
