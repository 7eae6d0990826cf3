/* A command that an engine runs in a container: what is sent, and what the engine says of it.
 * Pure. */
#pragma once

#include "clients/docker/docker_read.h"

/* The body of POST /containers/ID/exec for the words of the command, which end with NULL: no
 * terminal, no input, both outputs. The caller frees it. NULL with err where a word is not UTF-8,
 * which JSON cannot carry. */
char *docker_exec_body(char *const *argv, struct err *err) MUST_CHECK;
/* The body of POST /exec/ID/start. */
extern const char docker_exec_start_body[];
/* Its answer: out is a const char **, which gets the id of the command. A docker_reader. */
bool docker_exec_id_read(json_t *json, struct arena *arena, void *out) MUST_CHECK;

/* GET /exec/ID/json. */
struct docker_exec {
  bool running;
  int64_t exit_code; /* 126: not a program; 127: it does not exist; -1: not known */
  int64_t pid;       /* on the host of the engine; 0 or -1: not known */
};
/* out is a struct docker_exec *. A docker_reader. */
bool docker_exec_read(json_t *json, struct arena *arena, void *out) MUST_CHECK;
