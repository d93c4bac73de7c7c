// SPDX-License-Identifier: Apache-2.0
//
// Coded bodies made by zlib and libzstd, which are independent of what decodes gzip and deflate.
#pragma once

#include <zlib.h>
#include <zstd.h>

#include <string>
#include <string_view>

namespace weir::test {

/// `window_bits` as zlib wants them: 15 + 16 gzip, 15 the zlib format, -15 bare deflate.
inline std::string deflated(std::string_view text, int window_bits, int level = 6) {
  z_stream stream{};
  deflateInit2(&stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::string gzip_coded(std::string_view text) {
  return deflated(text, 15 + 16);
}
inline std::string zlib_coded(std::string_view text) {
  return deflated(text, 15);
}
inline std::string bare_coded(std::string_view text) {
  return deflated(text, -15);
}

/// One frame with a checksum. `window_log` 0: libzstd's choice.
inline std::string zstd_coded(std::string_view text, int level = 3, int window_log = 0) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  if (window_log != 0) {
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  }
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_outBuffer into{out.data(), out.size(), 0};
  ZSTD_inBuffer from{text.data(), text.size(), 0};
  // In a stream, so that the window is the one that was asked for.
  ZSTD_compressStream2(context, &into, &from, ZSTD_e_continue);
  ZSTD_compressStream2(context, &into, &from, ZSTD_e_end);
  out.resize(into.pos);
  ZSTD_freeCCtx(context);
  return out;
}

}  // namespace weir::test
