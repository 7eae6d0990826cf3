#include "clients/docker/docker_frames.h"

static void header_take(struct docker_frames *frames) {
  const unsigned char *header = frames->header;
  frames->header_len = 0;
  frames->left =
      (uint32_t)header[4] << 24 | (uint32_t)header[5] << 16 | (uint32_t)header[6] << 8 | header[7];
  frames->output = header[0] > 1 ? DOCKER_STDERR : DOCKER_STDOUT;
  frames->begins = true;
}

bool docker_frames_take(struct docker_frames *frames, const char **bytes, size_t *len,
                        struct docker_piece *piece) {
  while (*len > 0 && frames->left == 0) {
    frames->header[frames->header_len++] = (unsigned char)**bytes;
    ++*bytes;
    --*len;
    if (frames->header_len == DOCKER_FRAME_HEADER)
      header_take(frames);
  }
  if (*len == 0)
    return false;
  const size_t taken = *len < frames->left ? *len : frames->left;
  *piece = (struct docker_piece){
      .output = frames->output, .bytes = *bytes, .len = taken, .begins = frames->begins};
  frames->begins = false;
  frames->left -= (uint32_t)taken;
  *bytes += taken;
  *len -= taken;
  return true;
}
