/* The process that runs librdkafka, from its own side: stacktop itself, started with
 * KAFKA_CHILD_ARG.
 *
 * It runs the calls that arrive over the socket at descriptor 3, one after the other, and ends when
 * that socket is closed or its parent ends. It has no terminal, gets no signals of the terminal,
 * and has no other descriptor. */
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
