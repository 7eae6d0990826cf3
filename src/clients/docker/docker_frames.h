/* The two outputs of a container or of a command in it, as an engine sends them where there is no
 * terminal (TTY): in frames, each of which begins with its output and its length. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum docker_output { DOCKER_STDOUT, DOCKER_STDERR, DOCKER_OUTPUTS };
enum { DOCKER_FRAME_HEADER = 8 };

struct docker_frames { /* {0} at the begin of an answer */
  unsigned char header[DOCKER_FRAME_HEADER];
  size_t header_len;
  uint32_t left; /* bytes of the frame */
  enum docker_output output;
  bool begins;
};

/* A part of a frame; borrowed. */
struct docker_piece {
  enum docker_output output;
  const char *bytes;
  size_t len;
  bool begins; /* it is the first one of its frame */
};

/* Takes the next piece off the bytes; false where none is left. Frames of the outputs 0 and 1 are
 * stdout, all others stderr (2, and 3: the engine's own error). */
bool docker_frames_take(struct docker_frames *frames, const char **bytes, size_t *len,
                        struct docker_piece *piece);
