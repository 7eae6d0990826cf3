#include "collectors/service/service_page_found.h"

#include "core/mem.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char start_time[] = "process_start_time_seconds";

static bool of_histogram(const struct found_operand *operand) {
  return operand->spec->as == SERIES_QUANTILE;
}

static const char *name_of(const struct found_operand *operand) {
  return operand->spec->selector.name;
}

__attribute__((format(printf, 2, 3))) static void say(char reason[FOUND_REASON_MAX],
                                                      const char *format, ...) {
  va_list args;
  if (*reason)
    return; /* the first one counts */
  va_start(args, format);
  vsnprintf(reason, FOUND_REASON_MAX, format, args);
  va_end(args);
}

/* ---- labels */

static uint64_t hash_add(uint64_t hash, const char *text, size_t len) {
  for (size_t i = 0; i < len; i++)
    hash = (hash ^ (unsigned char)text[i]) * UINT64_C(1099511628211); /* FNV-1a */
  return hash;
}

/* The finish of MurmurHash3: so that a sum of hashes is one, too. */
static uint64_t hash_mix(uint64_t hash) {
  hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
  hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
  return hash ^ hash >> 33;
}

static uint64_t key_of(const struct page_sample *sample, bool without_le) {
  uint64_t key = 0;
  for (size_t i = 0; i < sample->label_count; i++) {
    const struct page_label *label = &sample->labels[i];
    if (without_le && page_text_is(label->name, "le"))
      continue;
    uint64_t hash = UINT64_C(14695981039346656037);
    hash = hash_add(hash, label->name.text, label->name.len);
    hash = hash_add(hash, "\xff", 1); /* in no UTF-8 text */
    key += hash_mix(hash_add(hash, label->value.text, label->value.len));
  }
  return key;
}

static bool limit_of(const struct page_sample *sample, double *most) {
  char text[40], *end;
  for (size_t i = 0; i < sample->label_count; i++) {
    const struct page_label *label = &sample->labels[i];
    if (!page_text_is(label->name, "le") || label->value.len >= sizeof text)
      continue;
    memcpy(text, label->value.text, label->value.len);
    text[label->value.len] = '\0';
    *most = strtod(text, &end);
    return end != text && !*end && !isnan(*most);
  }
  return false;
}

/* ---- samples */

static bool wants(void *arg, struct page_text name) {
  struct page_found *found = arg;
  bool wanted = page_text_is(name, start_time);
  for (size_t i = 0; i < found->operand_count; i++)
    wanted = page_text_is(name, name_of(&found->operands[i])) || wanted;
  return wanted;
}

static void add(struct page_found *found, size_t index, const struct page_sample *sample) {
  struct found_operand *operand = &found->operands[index];
  struct found_entry entry = {.operand = index, .value = sample->value};
  if (of_histogram(operand) && !limit_of(sample, &entry.most)) {
    say(operand->wrong, "%s has no limit le", name_of(operand));
    return;
  }
  if (found->count == found->most) {
    say(operand->wrong, "more than %zu samples match; name more labels", found->most);
    return;
  }
  if (found->count == found->capacity) {
    found->capacity = found->capacity ? 2 * found->capacity : 64;
    found->entries = mem_resize(found->entries, found->capacity * sizeof *found->entries);
  }
  entry.key = key_of(sample, of_histogram(operand));
  found->entries[found->count++] = entry;
  operand->count++;
}

static void on_sample(void *arg, const struct page_sample *sample) {
  struct page_found *found = arg;
  if (page_text_is(sample->name, start_time))
    snprintf(found->run, sizeof found->run, "%.17g", sample->value);
  for (size_t i = 0; i < found->operand_count; i++) {
    struct found_operand *operand = &found->operands[i];
    const struct service_selector *selector = &operand->spec->selector;
    if (!page_text_is(sample->name, selector->name))
      continue;
    operand->named = true;
    operand->labels |= service_selector_labels(selector, sample);
    if (service_selector_matches(selector, sample))
      add(found, i, sample);
  }
}

/* Whether a metric belongs to that family: x_total and x_bucket belong to x. */
static bool is_of_family(const char *name, struct page_text family) {
  static const char *const ends[] = {"", "_total", "_bucket", "_sum", "_count"};
  if (strlen(name) < family.len || memcmp(name, family.text, family.len) != 0)
    return false;
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    if (strcmp(name + family.len, ends[i]) == 0)
      return true;
  return false;
}

static void on_type(void *arg, struct page_text family, enum page_type type) {
  struct page_found *found = arg;
  for (size_t i = 0; i < found->operand_count; i++) {
    struct found_operand *operand = &found->operands[i];
    if (!is_of_family(name_of(operand), family) ||
        (operand->typed && strlen(name_of(operand)) != family.len))
      continue;
    operand->typed = true;
    operand->type = type;
  }
}

/* ---- the whole page */

int found_compare(const void *a, const void *b) {
  const struct found_entry *x = a, *y = b;
  if (x->operand != y->operand)
    return x->operand < y->operand ? -1 : 1;
  if (x->key != y->key)
    return x->key < y->key ? -1 : 1;
  return (x->most > y->most) - (x->most < y->most);
}

static void check_entries(struct page_found *found) {
  for (size_t i = 0; i < found->count; i++) {
    const struct found_entry *entry = &found->entries[i];
    struct found_operand *operand = &found->operands[entry->operand];
    if (i > 0 && found_compare(entry - 1, entry) == 0)
      say(operand->wrong, "%s has the same labels twice", name_of(operand));
    if (!isfinite(entry->value))
      say(operand->unknown, "%s is %s", name_of(operand), isnan(entry->value) ? "NaN" : "infinite");
    else if (operand->spec->as != SERIES_SUM && entry->value < 0)
      say(operand->unknown, "%s is negative", name_of(operand));
  }
}

/* A counter without samples that match has counted nothing, if others of its name have the labels:
 * there was no 5xx so far. */
static void check_operand(struct found_operand *operand) {
  const char *label = service_selector_lacks(&operand->spec->selector, operand->labels);
  if (!operand->named)
    say(operand->wrong, "no metric %s", name_of(operand));
  else if (label)
    say(operand->wrong, "%s has no label %s", name_of(operand), label);
  else if (operand->count == 0 && operand->spec->as == SERIES_SUM)
    say(operand->wrong, "no %s matches", name_of(operand));
  else if (operand->spec->as == SERIES_RATE && operand->typed && operand->type == PAGE_GAUGE)
    say(operand->wrong, "%s is a gauge, which has no rate", name_of(operand));
}

void page_found_init(struct page_found *found, const struct service_series *series, size_t count,
                     size_t most) {
  *found = (struct page_found){.most = most};
  size_t used = 0;
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; k < series[i].operand_count; k++)
      found->operands[used++].spec = &series[i].operands[k];
  found->operand_count = used;
}

bool page_found_read(struct page_found *found, const char *text, size_t len, bool strict,
                     struct err *err) {
  const struct page_reader reader = {found, wants, on_sample, on_type};
  struct page_facts facts;
  if (!metrics_page_read(text, len, &reader, &facts, err))
    return false;
  if (strict && !facts.ended)
    return err_set(err, ERR_PROTOCOL, "the page does not end with # EOF; it may be cut");
  if (facts.samples == 0)
    return err_set(err, ERR_PROTOCOL, "the page has no metrics");
  if (found->count > 0)
    qsort(found->entries, found->count, sizeof *found->entries, found_compare);
  check_entries(found);
  for (size_t i = 0; i < found->operand_count; i++)
    check_operand(&found->operands[i]);
  return true;
}

void page_found_fini(struct page_found *found) {
  free(found->entries);
  *found = (struct page_found){0};
}
