/* Plans as EXPLAIN (FORMAT JSON, VERBOSE) gives them, of PostgreSQL 10 to 18, as rows. Pure. */
#pragma once

#include "core/arena.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits of one plan; further nodes are counted. */
enum { PLAN_NODES_MAX = 2000, PLAN_TEXT_MAX = 2000 };

struct plan_node {
  size_t number, parent; /* from 1, a parent before its children; parent 0: none */
  const char *label;     /* "Hash Left Join", "Index Scan using goods_pkey on public.goods g" */
  const char *relation, *index;
  const char *conditions; /* "Index Cond: (id = 7); Filter: (price > 3)" */
  const char *keys;       /* of sorts, groups and caches */
  double startup, total;  /* cost, as the planner shows it; -1: not known */
  double rows, width;
  double share; /* of the plan's cost that is the node's own, 0 to 1; -1: not known */
};

struct plan {
  struct plan_node *nodes;
  size_t count, left_out;
  double total, rows;   /* of all its queries; -1: not known */
  const char *settings; /* "enable_seqscan = off, work_mem = 64MB"; "": as the defaults */
  bool jit;
  size_t queries; /* a rule may make several of one; 0: rules leave nothing to run */
};

/* All texts are in the arena. False with err for anything that is not such a plan. */
bool plan_read(struct plan *plan, struct arena *arena, const char *json,
               struct err *err) MUST_CHECK;
