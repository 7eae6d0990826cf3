#include "clients/host/host_codec.h"

#include "core/mem.h"

#include <stdlib.h>
#define ZLIB_CONST /* it does not write to its input */
#include <zlib.h>
#include <zstd.h>

enum { GZIP_LEVEL = 6, GZIP_WINDOW = 15 + 16, GZIP_MEMORY = 8, ZSTD_LEVEL = 6 };

struct host_codec {
  enum host_format format;
  bool decompress;
  z_stream gzip;
  ZSTD_CCtx *compressor;
  ZSTD_DCtx *decompressor;
};

static bool open_gzip(struct host_codec *codec) {
  const int status = codec->decompress ? inflateInit2(&codec->gzip, GZIP_WINDOW)
                                       : deflateInit2(&codec->gzip, GZIP_LEVEL, Z_DEFLATED,
                                                      GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY);
  return status == Z_OK;
}

static bool open_zstd(struct host_codec *codec) {
  if (codec->decompress)
    return (codec->decompressor = ZSTD_createDCtx()) != NULL;
  codec->compressor = ZSTD_createCCtx();
  return codec->compressor &&
         !ZSTD_isError(
             ZSTD_CCtx_setParameter(codec->compressor, ZSTD_c_compressionLevel, ZSTD_LEVEL)) &&
         !ZSTD_isError(ZSTD_CCtx_setParameter(codec->compressor, ZSTD_c_checksumFlag, 1));
}

struct host_codec *host_codec_new(enum host_format format, bool decompress) {
  struct host_codec *codec = mem_new(sizeof *codec);
  codec->format = format;
  codec->decompress = decompress;
  if (format == HOST_GZIP ? open_gzip(codec) : open_zstd(codec))
    return codec;
  host_codec_free(codec);
  return NULL;
}

void host_codec_free(struct host_codec *codec) {
  if (!codec)
    return;
  if (codec->format == HOST_GZIP && codec->decompress)
    inflateEnd(&codec->gzip);
  else if (codec->format == HOST_GZIP)
    deflateEnd(&codec->gzip);
  ZSTD_freeCCtx(codec->compressor);
  ZSTD_freeDCtx(codec->decompressor);
  free(codec);
}

static bool run_gzip(struct host_codec *codec, struct host_chunk *chunk, bool last, bool *ended) {
  z_stream *stream = &codec->gzip;
  const size_t room = chunk->out_len;
  stream->next_in = chunk->in;
  stream->avail_in = (unsigned)chunk->in_len;
  stream->next_out = chunk->out;
  stream->avail_out = (unsigned)room;
  const int status = codec->decompress ? inflate(stream, Z_NO_FLUSH)
                                       : deflate(stream, last ? Z_FINISH : Z_NO_FLUSH);
  chunk->in += chunk->in_len - stream->avail_in;
  chunk->in_len = stream->avail_in;
  chunk->out_len = room - stream->avail_out;
  *ended = status == Z_STREAM_END;
  return status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR;
}

static bool run_zstd(struct host_codec *codec, struct host_chunk *chunk, bool last, bool *ended) {
  ZSTD_inBuffer in = {chunk->in, chunk->in_len, 0};
  ZSTD_outBuffer out = {chunk->out, chunk->out_len, 0};
  const size_t left = codec->decompress ? ZSTD_decompressStream(codec->decompressor, &out, &in)
                                        : ZSTD_compressStream2(codec->compressor, &out, &in,
                                                               last ? ZSTD_e_end : ZSTD_e_continue);
  if (ZSTD_isError(left))
    return false;
  chunk->in += in.pos;
  chunk->in_len -= in.pos;
  chunk->out_len = out.pos;
  *ended = codec->decompress ? left == 0 : last && left == 0;
  return true;
}

bool host_codec_run(struct host_codec *codec, struct host_chunk *chunk, bool last, bool *ended) {
  return codec->format == HOST_GZIP ? run_gzip(codec, chunk, last, ended)
                                    : run_zstd(codec, chunk, last, ended);
}
