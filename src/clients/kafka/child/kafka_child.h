/* The process that runs librdkafka, seen from within: stacktop itself, started with
 * KAFKA_CHILD_ARG.
 *
 * It makes one call after the other, of those that come over the socket that is its descriptor 3,
 * and ends when that socket or its parent does. It takes part in nothing else: no terminal, no
 * signals of the terminal, no other descriptor. */
#pragma once

#include <stdbool.h>

#define KAFKA_CHILD_ARG "__kafka-client"
/* For io->kafka_child, in an executable whose main begins with kafka_child_wanted. */
#define KAFKA_CHILD_SELF "/proc/self/exe"
enum { KAFKA_CHILD_FD = 3 };
/* Its exit status when its thread could not be started. */
enum { KAFKA_CHILD_NO_THREAD = 72 };

bool kafka_child_wanted(int argc, char **argv);
/* Returns the exit status. */
int kafka_child_main(void);
