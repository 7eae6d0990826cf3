#include "collectors/postgres/postgres_samples.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

void samples_fini(struct samples *samples) {
  for (size_t i = 0; i < samples->count; i++) {
    free(samples->things[i]->key);
    free(samples->things[i]->label);
    free(samples->things[i]);
  }
  free(samples->things);
  for (int kind = 0; kind < SAMPLE_KINDS; kind++)
    map_fini(&samples->by_key[kind]);
  *samples = (struct samples){0};
}

static size_t place(int64_t second) {
  return (size_t)(second % SAMPLES_KEPT_S);
}

void samples_begin(struct samples *samples, int64_t now_us) {
  if (samples->taken_all == 0)
    samples->begun_us = now_us;
  int64_t second = (now_us - samples->begun_us) / 1000000;
  if (second < samples->last)
    second = samples->last;
  int64_t from = samples->last + 1;
  if (second - from >= SAMPLES_KEPT_S)
    from = second - SAMPLES_KEPT_S + 1;
  for (int64_t each = from; each <= second; each++) {
    samples->taken[place(each)] = 0;
    for (size_t i = 0; i < samples->count; i++)
      samples->things[i]->seconds[place(each)] = 0;
  }
  for (size_t i = 0; i < samples->count; i++)
    samples->things[i]->now = 0;
  samples->last = second;
  samples->taken[place(second)] += samples->taken[place(second)] < UINT8_MAX;
  samples->taken_all++;
}

const struct sampled *samples_find(const struct samples *samples, enum sample_kind kind,
                                   const char *key) {
  const struct map_slot *found = map_find(&samples->by_key[kind], key);
  return found ? samples->things[found->value] : NULL;
}

static struct sampled *thing_of(struct samples *samples, enum sample_kind kind, const char *key,
                                const char *label) {
  const struct map_slot *found = map_find(&samples->by_key[kind], key);
  if (!found && samples->counts[kind] >= SAMPLES_THINGS_MAX) {
    key = SAMPLES_OTHERS;
    label = NULL;
    found = map_find(&samples->by_key[kind], key);
  }
  if (found)
    return samples->things[found->value];
  if (samples->count == samples->capacity) {
    samples->capacity = samples->capacity ? samples->capacity * 2 : 64;
    samples->things = mem_resize(samples->things, samples->capacity * sizeof(struct sampled *));
  }
  struct sampled *thing = mem_new(sizeof *thing);
  thing->kind = kind;
  thing->key = mem_dup(key);
  thing->label = label ? mem_dup(label) : NULL;
  map_add(&samples->by_key[kind], thing->key, samples->count);
  samples->things[samples->count++] = thing;
  samples->counts[kind]++;
  return thing;
}

void samples_add(struct samples *samples, enum sample_kind kind, const char *key,
                 const char *label) {
  struct sampled *thing = thing_of(samples, kind, key, label);
  uint16_t *second = &thing->seconds[place(samples->last)];
  thing->total++;
  thing->now++;
  *second += *second < UINT16_MAX;
}

static int64_t first_of(const struct samples *samples, int to) {
  const int64_t kept = to < SAMPLES_KEPT_S ? to : SAMPLES_KEPT_S;
  return samples->last - kept + 1 > 0 ? samples->last - kept + 1 : 0;
}

uint64_t samples_taken(const struct samples *samples, int from, int to) {
  uint64_t taken = 0;
  for (int64_t each = first_of(samples, to); each <= samples->last - from; each++)
    taken += samples->taken[place(each)];
  return taken;
}

double samples_average(const struct samples *samples, const struct sampled *thing, int from,
                       int to) {
  const uint64_t taken = samples_taken(samples, from, to);
  uint64_t sum = 0;
  for (int64_t each = first_of(samples, to); thing && each <= samples->last - from; each++)
    sum += thing->seconds[place(each)];
  return taken == 0 ? -1 : (double)sum / (double)taken;
}

double samples_average_all(const struct samples *samples, const struct sampled *thing) {
  return samples->taken_all == 0 ? -1
         : thing                 ? (double)thing->total / (double)samples->taken_all
                                 : 0;
}

void samples_window_begin(struct samples *samples, bool has_last) {
  for (size_t i = 0; i < samples->count; i++) {
    struct sampled *thing = samples->things[i];
    thing->last = has_last ? thing->to - thing->from : 0;
    thing->from = thing->total - thing->now;
  }
  samples->taken_last = has_last ? samples->taken_to - samples->taken_from : 0;
  samples->taken_from = samples->taken_all - 1;
}

void samples_window_move(struct samples *samples) {
  for (size_t i = 0; i < samples->count; i++)
    samples->things[i]->to = samples->things[i]->total;
  samples->taken_to = samples->taken_all;
}

double samples_average_window(const struct samples *samples, const struct sampled *thing) {
  const uint64_t taken = samples->taken_to - samples->taken_from;
  return taken == 0
             ? -1
             : (double)(thing->to > thing->from ? thing->to - thing->from : 0) / (double)taken;
}

double samples_average_before(const struct samples *samples, const struct sampled *thing) {
  if (samples->taken_last > 0)
    return (double)thing->last / (double)samples->taken_last;
  return samples->taken_from == 0 ? -1 : (double)thing->from / (double)samples->taken_from;
}
