// SPDX-License-Identifier: Apache-2.0
//
// Sealing and opening frames. Pure; the builder lives on one intake thread.
#include "log/frame.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "codec/gzip.hpp"

namespace weir {
namespace {

bool wants_gzip(compression_mode mode, std::size_t bytes) {
  switch (mode) {
    case compression_mode::automatic:
      return bytes >= frame_plain_bytes_max;
    case compression_mode::gzip:
      return true;
    case compression_mode::none:
      return false;
  }
  WEIR_ASSERT(false);
  return false;
}

}  // namespace

void frame_builder::append(std::string_view lines, std::uint32_t points, std::int64_t time_least,
                           std::int64_t time_greatest) {
  WEIR_ASSERT(lines.empty() || lines.back() == '\n');
  lines_.append(lines);
  points_ += points;
  time_least_ = std::min(time_least_, time_least);
  time_greatest_ = std::max(time_greatest_, time_greatest);
}

std::shared_ptr<frame> frame_builder::seal(frame_header about, compression_mode mode,
                                           gzip_compressor& compressor) {
  WEIR_ASSERT(!lines_.empty());
  WEIR_ASSERT(lines_.size() <= std::numeric_limits<std::uint32_t>::max());
  auto sealed = std::make_shared<frame>();
  frame_header& header = sealed->header;
  header = std::move(about);
  if (wants_gzip(mode, lines_.size())) {
    const std::string_view pieces[] = {lines_};
    compressor.append_member(pieces, sealed->stored);
    // Frames rest in memory for a while: their budget counts what the allocator holds.
    sealed->stored.shrink_to_fit();
    header.codec = frame_codec::gzip;
  } else {
    sealed->stored = lines_;
    header.codec = frame_codec::plain;
  }
  header.points = std::exchange(points_, 0);
  header.stored_bytes = static_cast<std::uint32_t>(sealed->stored.size());
  header.inflated_bytes = static_cast<std::uint32_t>(lines_.size());
  header.time_least = std::exchange(time_least_, std::numeric_limits<std::int64_t>::max());
  header.time_greatest = std::exchange(time_greatest_, std::numeric_limits<std::int64_t>::min());
  lines_.clear();
  return sealed;
}

bool inflate_frame(const frame& source, std::string& out) {
  if (source.header.codec == frame_codec::plain) {
    out.append(source.stored);
    return source.stored.size() == source.header.inflated_bytes;
  }
  const std::size_t begin = out.size();
  out.reserve(begin + source.header.inflated_bytes);
  gzip_inflater inflater;
  inflater.reset(source.header.inflated_bytes);
  const inflate_status status =
      inflater.feed(source.stored, [&out](std::string_view chunk) { out.append(chunk); });
  const bool whole = status == inflate_status::more && inflater.complete() &&
                     out.size() - begin == source.header.inflated_bytes;
  if (!whole) {
    out.resize(begin);
  }
  return whole;
}

}  // namespace weir
