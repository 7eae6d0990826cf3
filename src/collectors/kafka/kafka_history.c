#include "collectors/kafka/kafka_history.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { POINTS_MIN = 4, STEPS = 30 };

/* Partitions of one topic, by number: logs or tracks. */
struct topic_memory {
  char *name;
  void **partitions;
  int32_t count;
};

/* Topics by name, of the cluster or of a group. */
struct memory {
  char *name; /* the group's, or NULL */
  struct topic_memory *topics;
  size_t count, capacity;
};

struct kafka_history {
  int64_t window_ms, allowed;
  struct kafka_columns fine, coarse;
  uint32_t turn;
  bool missed;       /* number of the last collection that was added */
  int64_t added_ms;  /* when that was */
  int64_t began_ms;  /* when the first was */
  int64_t unseen_ms; /* between it and the current one, if one was missed */
  struct memory logs;
  struct memory *groups; /* by name */
  size_t group_count;
  size_t track_count;
};

struct kafka_history *kafka_history_new(int64_t window_ms, int64_t allowed) {
  struct kafka_history *history = mem_new(sizeof *history);
  history->window_ms = window_ms;
  history->allowed = allowed;
  history->fine.step_ms = window_ms * 9 / (10 * STEPS); /* a collection may come a little early */
  history->coarse.step_ms = KAFKA_COARSE_MS;
  return history;
}

static size_t topic_free(struct topic_memory *topic) {
  size_t freed = 0;
  for (int32_t i = 0; i < topic->count; i++) {
    freed += topic->partitions[i] != NULL;
    free(topic->partitions[i]);
  }
  free(topic->partitions);
  free(topic->name);
  return freed;
}

static void memory_fini(struct memory *memory) {
  for (size_t i = 0; i < memory->count; i++)
    topic_free(&memory->topics[i]);
  free(memory->topics);
  free(memory->name);
}

void kafka_history_free(struct kafka_history *history) {
  if (!history)
    return;
  memory_fini(&history->logs);
  for (size_t i = 0; i < history->group_count; i++)
    memory_fini(&history->groups[i]);
  free(history->groups);
  free(history);
}

/* The index of name among sorted names, `size` bytes apart. */
static size_t place_of(const void *items, size_t count, size_t size, const char *name,
                       bool *found) {
  size_t low = 0, high = count;
  *found = false;
  while (low < high) {
    size_t middle = (low + high) / 2;
    const char *const *other = (const void *)((const char *)items + middle * size);
    int order = strcmp(*other, name); /* the name is the first member */
    if (order == 0)
      *found = true;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static struct topic_memory *topic_find(const struct memory *memory, const char *name) {
  bool found;
  size_t at = place_of(memory->topics, memory->count, sizeof *memory->topics, name, &found);
  return found ? &memory->topics[at] : NULL;
}

static struct topic_memory *topic_make(struct memory *memory, const char *name) {
  bool found;
  size_t at = place_of(memory->topics, memory->count, sizeof *memory->topics, name, &found);
  if (found)
    return &memory->topics[at];
  memory->topics = mem_resize(memory->topics, (memory->count + 1) * sizeof *memory->topics);
  memmove(memory->topics + at + 1, memory->topics + at,
          (memory->count - at) * sizeof *memory->topics);
  memory->topics[at] = (struct topic_memory){.name = mem_dup(name)};
  memory->count++;
  return &memory->topics[at];
}

static struct memory *group_find(const struct kafka_history *history, const char *name) {
  bool found;
  size_t at =
      place_of(history->groups, history->group_count, sizeof *history->groups, name, &found);
  return found ? &history->groups[at] : NULL;
}

static struct memory *group_make(struct kafka_history *history, const char *name) {
  bool found;
  size_t at =
      place_of(history->groups, history->group_count, sizeof *history->groups, name, &found);
  if (found)
    return &history->groups[at];
  history->groups =
      mem_resize(history->groups, (history->group_count + 1) * sizeof *history->groups);
  memmove(history->groups + at + 1, history->groups + at,
          (history->group_count - at) * sizeof *history->groups);
  history->groups[at] = (struct memory){.name = mem_dup(name)};
  history->group_count++;
  return &history->groups[at];
}

/* The entry of a partition, which may be empty. */
static void **partition_place(struct topic_memory *topic, int32_t partition) {
  if (partition >= topic->count) {
    int32_t count = partition + 1;
    topic->partitions = mem_resize(topic->partitions, (size_t)count * sizeof *topic->partitions);
    memset(topic->partitions + topic->count, 0,
           (size_t)(count - topic->count) * sizeof *topic->partitions);
    topic->count = count;
  }
  return &topic->partitions[partition];
}

static void *partition_find(const struct topic_memory *topic, int32_t partition) {
  return topic && partition >= 0 && partition < topic->count ? topic->partitions[partition] : NULL;
}

static int64_t *column(int64_t *ring, uint64_t serial) {
  return &ring[serial % KAFKA_POINTS_MAX];
}

static int64_t column_at(const struct kafka_columns *columns, uint64_t serial) {
  return columns->at_ms[serial % KAFKA_POINTS_MAX];
}

/* The column of a collection at now_ms: a new one, or the newest again. */
static void columns_turn(struct kafka_columns *columns, int64_t now_ms) {
  bool young = columns->serial > 1 &&
               column_at(columns, columns->serial) - column_at(columns, columns->serial - 1) <
                   columns->step_ms;
  if (!young)
    columns->serial++;
  columns->at_ms[columns->serial % KAFKA_POINTS_MAX] = now_ms;
}

/* Writes into the newest column; the columns missed in between are not known. */
static void ring_write(int64_t *ring, uint64_t *written, uint64_t *first, uint64_t serial,
                       int64_t value) {
  uint64_t from = *written + 1;
  if (*written == 0) {
    *first = from = serial;
  } else if (serial - *written >= KAFKA_POINTS_MAX) {
    from = serial - KAFKA_POINTS_MAX + 1;
  }
  for (uint64_t i = from; i < serial; i++)
    *column(ring, i) = KAFKA_NOTHING;
  *column(ring, serial) = value;
  *written = serial;
}

/* The oldest column that still exists. */
static uint64_t oldest(const struct kafka_columns *columns, uint64_t first) {
  uint64_t kept = columns->serial > KAFKA_POINTS_MAX ? columns->serial - KAFKA_POINTS_MAX + 1 : 1;
  return first > kept ? first : kept;
}

static void log_extend(struct kafka_history *history, struct kafka_log *log,
                       const struct kafka_partition *partition) {
  uint64_t serial = history->fine.serial;
  int64_t last = log->serial ? *column(log->end, log->serial) : KAFKA_NOTHING;
  ring_write(log->end, &log->serial, &log->first, serial, partition->end);
  ring_write(log->coarse, &log->coarse_serial, &log->coarse_first, history->coarse.serial,
             partition->end);
  if (partition->end >= 0 && partition->end < last) { /* a different log with the same name */
    log->first = serial;
    log->coarse_first = history->coarse.serial;
  }
  log->turn = history->turn;
}

static void logs_add(struct kafka_history *history, const struct kafka_topic *topic) {
  if (topic->partition_count == 0)
    return;
  struct topic_memory *memory = topic_make(&history->logs, topic->name);
  for (int32_t i = 0; i < topic->partition_count; i++) {
    if (!topic->partitions[i].wanted)
      continue;
    void **place = partition_place(memory, i);
    if (!*place)
      *place = mem_new(sizeof(struct kafka_log));
    log_extend(history, *place, &topic->partitions[i]);
  }
}

/* Assigned, without any commit. */
static void track_blank(const struct kafka_history *history, struct kafka_track *track,
                        const struct kafka_share *share, int64_t end, int64_t now_ms) {
  if (share->committed >= 0 || share->owner < 0 || end < track->blank_end) {
    track->blank_ms = 0;
    track->blank_end = 0;
  }
  if (share->committed >= 0 || share->owner < 0 || end < 0)
    return;
  if (track->blank_ms > 0) {
    track->blank_ms += history->unseen_ms;
    return;
  }
  track->blank_ms = now_ms;
  track->blank_end = end;
}

/* The longest gap is kept for some windows, so that a consumer with irregular commits is not
 * reported as stuck each time that it is late. Waiting while the member reads another partition
 * does not count as a gap. */
static void track_gap(const struct kafka_history *history, struct kafka_track *track,
                      int64_t owner_moved_ms, int64_t now_ms) {
  int64_t since_ms = owner_moved_ms > track->changed_ms ? owner_moved_ms : track->changed_ms;
  int64_t gap_ms = now_ms - since_ms;
  bool old = now_ms - track->gap_at_ms > KAFKA_GAP_WINDOWS * history->window_ms;
  if (gap_ms < track->gap_ms && !old)
    return;
  track->gap_ms = gap_ms;
  track->gap_at_ms = now_ms;
}

static void track_add(const struct kafka_history *history, struct kafka_track *track,
                      const struct kafka_share *share, int64_t end, int64_t owner_moved_ms,
                      int64_t now_ms) {
  ring_write(track->committed, &track->serial, &track->first, history->fine.serial,
             share->committed);
  track->turn = history->turn;
  if (track->since_ms == 0)
    track->since_ms = now_ms;
  track_blank(history, track, share, end, now_ms);
  if (share->committed < 0)
    return;
  if (track->changed_ms > 0)
    track->changed_ms += history->unseen_ms;
  bool moved = share->committed != track->last;
  bool read_up = end >= 0 && end - share->committed <= history->allowed;
  if (moved && track->changed_ms > 0 && track->last >= 0) {
    track_gap(history, track, owner_moved_ms, now_ms);
    track->moved_ms = now_ms;
  }
  if (moved || read_up || track->changed_ms == 0)
    track->changed_ms = now_ms;
  track->last = share->committed;
}

/* When each member last committed anything, before this collection; the caller frees it. */
static int64_t *owners_moved(struct memory *memory, const struct kafka_snapshot *snapshot,
                             const struct kafka_group *group) {
  int64_t *moved_ms = mem_new((group->member_count + 1) * sizeof *moved_ms);
  for (size_t i = 0; i < group->share_count; i++) {
    const struct kafka_share *share = &group->shares[i];
    const struct kafka_track *track =
        partition_find(topic_find(memory, snapshot->topics[share->topic].name), share->partition);
    if (track && share->owner >= 0 && (size_t)share->owner < group->member_count &&
        track->moved_ms > moved_ms[share->owner])
      moved_ms[share->owner] = track->moved_ms;
  }
  return moved_ms;
}

static void tracks_add(struct kafka_history *history, const struct kafka_snapshot *snapshot,
                       const struct kafka_group *group) {
  if (group->share_count == 0)
    return;
  struct memory *memory = group_make(history, group->name);
  int64_t *moved_ms = owners_moved(memory, snapshot, group);
  for (size_t i = 0; i < group->share_count; i++) {
    const struct kafka_share *share = &group->shares[i];
    const struct kafka_topic *topic = &snapshot->topics[share->topic];
    void **place = partition_place(topic_make(memory, topic->name), share->partition);
    if (!*place && history->track_count == KAFKA_TRACKS_MAX)
      continue;
    if (!*place) {
      struct kafka_track *track = *place = mem_new(sizeof *track);
      track->last = KAFKA_NOTHING;
      history->track_count++;
    }
    int64_t end = share->partition < topic->partition_count
                      ? topic->partitions[share->partition].end
                      : KAFKA_NOTHING;
    bool held = share->owner >= 0 && (size_t)share->owner < group->member_count;
    track_add(history, *place, share, end, held ? moved_ms[share->owner] : 0, snapshot->ended_ms);
  }
  free(moved_ms);
}

/* Drops the partitions that have been missing for KAFKA_KEEP collections; returns whether any is
 * left. `turn_at` is the offset of the number of the collection in a log or track. */
static bool topic_sweep(struct topic_memory *topic, uint32_t turn, size_t turn_at, size_t *freed) {
  bool any = false;
  for (int32_t i = 0; i < topic->count; i++) {
    const char *partition = topic->partitions[i];
    if (!partition)
      continue;
    uint32_t seen;
    memcpy(&seen, partition + turn_at, sizeof seen);
    if (turn - seen < KAFKA_KEEP) {
      any = true;
      continue;
    }
    free(topic->partitions[i]);
    topic->partitions[i] = NULL;
    ++*freed;
  }
  return any;
}

static size_t memory_sweep(struct memory *memory, uint32_t turn, size_t turn_at) {
  size_t kept = 0, freed = 0;
  for (size_t i = 0; i < memory->count; i++) {
    if (topic_sweep(&memory->topics[i], turn, turn_at, &freed))
      memory->topics[kept++] = memory->topics[i];
    else
      freed += topic_free(&memory->topics[i]);
  }
  memory->count = kept;
  return freed;
}

static void sweep(struct kafka_history *history) {
  memory_sweep(&history->logs, history->turn, offsetof(struct kafka_log, turn));
  size_t kept = 0;
  for (size_t i = 0; i < history->group_count; i++) {
    struct memory *group = &history->groups[i];
    history->track_count -= memory_sweep(group, history->turn, offsetof(struct kafka_track, turn));
    if (group->count > 0)
      history->groups[kept++] = *group;
    else
      memory_fini(group);
  }
  history->group_count = kept;
}

void kafka_history_add(struct kafka_history *history, const struct kafka_snapshot *snapshot) {
  history->turn++;
  if (history->began_ms == 0)
    history->began_ms = snapshot->ended_ms;
  history->unseen_ms = history->missed ? snapshot->ended_ms - history->added_ms : 0;
  history->missed = false;
  history->added_ms = snapshot->ended_ms;
  columns_turn(&history->fine, snapshot->ended_ms);
  columns_turn(&history->coarse, snapshot->ended_ms);
  for (size_t i = 0; i < snapshot->topic_count; i++)
    logs_add(history, &snapshot->topics[i]);
  for (size_t i = 0; i < snapshot->group_count; i++)
    tracks_add(history, snapshot, &snapshot->groups[i]);
  sweep(history);
}

void kafka_history_miss(struct kafka_history *history) {
  history->missed = history->added_ms > 0;
}

const struct kafka_log *kafka_history_log(const struct kafka_history *history, const char *topic,
                                          int32_t partition) {
  return partition_find(topic_find(&history->logs, topic), partition);
}

const struct kafka_track *kafka_history_track(const struct kafka_history *history,
                                              const char *group, const char *topic,
                                              int32_t partition) {
  const struct memory *memory = group_find(history, group);
  return memory ? partition_find(topic_find(memory, topic), partition) : NULL;
}

size_t kafka_history_points(const struct kafka_history *history, const struct kafka_log *log,
                            const struct kafka_track *track,
                            struct kafka_point points[KAFKA_POINTS_MAX]) {
  const struct kafka_columns *fine = &history->fine;
  int64_t now_ms = column_at(fine, fine->serial);
  uint64_t first = oldest(fine, log->first > track->first ? log->first : track->first);
  size_t count = 0;
  for (uint64_t i = first; i <= fine->serial; i++) {
    int64_t at_ms = column_at(fine, i);
    if (now_ms - at_ms > history->window_ms && fine->serial - i >= POINTS_MIN)
      continue;
    points[count++] = (struct kafka_point){at_ms, track->committed[i % KAFKA_POINTS_MAX],
                                           log->end[i % KAFKA_POINTS_MAX]};
  }
  return count;
}

size_t kafka_history_ends(const struct kafka_history *history, const struct kafka_log *log,
                          struct kafka_point ends[KAFKA_ENDS_MAX]) {
  size_t count = 0;
  uint64_t fine_first = oldest(&history->fine, log->first);
  int64_t fine_ms = column_at(&history->fine, fine_first);
  for (uint64_t i = oldest(&history->coarse, log->coarse_first); i <= history->coarse.serial; i++)
    if (column_at(&history->coarse, i) < fine_ms)
      ends[count++] = (struct kafka_point){column_at(&history->coarse, i), KAFKA_NOTHING,
                                           log->coarse[i % KAFKA_POINTS_MAX]};
  for (uint64_t i = fine_first; i <= history->fine.serial; i++)
    ends[count++] = (struct kafka_point){column_at(&history->fine, i), KAFKA_NOTHING,
                                         log->end[i % KAFKA_POINTS_MAX]};
  return count;
}

int64_t kafka_history_began_ms(const struct kafka_history *history) {
  return history->began_ms;
}

static bool was_seen(const struct memory *group, uint32_t turn) {
  for (size_t i = 0; i < group->count; i++)
    for (int32_t j = 0; j < group->topics[i].count; j++) {
      const struct kafka_track *track = group->topics[i].partitions[j];
      if (track && track->turn == turn)
        return true;
    }
  return false;
}

void kafka_history_missing(const struct kafka_history *history,
                           void (*seen)(void *arg, const char *group), void *arg) {
  for (size_t i = 0; i < history->group_count; i++)
    if (!was_seen(&history->groups[i], history->turn))
      seen(arg, history->groups[i].name);
}

size_t kafka_history_count(const struct kafka_history *history) {
  return history->track_count;
}
