/* A walk over all keys of a database that match a pattern: SCAN, paced. */
#pragma once

#include "actions/redis/redis_conn.h"
#include "actions/redis/redis_pace.h"

enum redis_scan_end {
  REDIS_SCAN_RUNS,
  REDIS_SCAN_DONE,
  REDIS_SCAN_LATE,      /* until_ms has passed */
  REDIS_SCAN_CANCELLED, /* by a person, between two portions */
  REDIS_SCAN_FAILED,    /* step->err */
};

struct redis_scan {
  struct step *step;
  struct redis_conn *conn;
  const char *pattern; /* borrowed */
  struct redis_pace look;
  struct redis_pace change; /* of the commands on the keys; budget 0: there are none */
  int64_t until_ms;         /* 0: no limit */
  enum redis_scan_end end;
  double fraction; /* scanned share of the database: 0..1; -1 if not known */
  char cursor[24]; /* "": not begun */
};

/* budget: keys to change per second, or 0. */
void redis_scan_init(struct redis_scan *scan, struct step *step, struct redis_conn *conn,
                     const char *pattern, int budget);
/* Waits for the pace, then asks. The next portion of names, perhaps empty, valid until the next
 * question; NULL at the end, with the reason in scan->end. A portion has at most REDIS_QUEUE_MAX
 * names. */
const struct redisReply *redis_scan_next(struct redis_scan *scan);
/* Progress of the step, with the share of the database in its words; total 0: not known. */
void redis_scan_report(const struct redis_scan *scan, int64_t done, int64_t total);
/* The share of the keys that a SCAN has covered when it answers that cursor: SCAN counts with the
 * bits of its cursor reversed. */
double redis_scan_fraction(const char *cursor);
