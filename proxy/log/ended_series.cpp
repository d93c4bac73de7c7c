// SPDX-License-Identifier: Apache-2.0
#include "log/ended_series.hpp"

namespace weir {
namespace {

/// Of one frame, inflated.
constexpr std::size_t ended_bytes_most = std::size_t{512} << 10;

}  // namespace

void append_ended_series(const ended_place& where, std::string_view lines,
                         gzip_compressor& compressor, std::vector<std::shared_ptr<frame>>& to) {
  frame_builder builder(where.database, where.retention_policy);
  while (!lines.empty()) {
    std::string_view some = lines.substr(0, ended_bytes_most);
    // Whole lines; of one that is longer, all of it.
    const std::size_t end = some.size() == lines.size() ? some.size() - 1 : some.rfind('\n');
    some = lines.substr(0, (end == std::string_view::npos ? lines.find('\n') : end) + 1);
    lines.remove_prefix(some.size());
    builder.append(some, 0, where.received_ns, where.received_ns);
    to.push_back(builder.seal(compression_mode::automatic, compressor, where.received_ns, 0));
    to.back()->header.kind = frame_kind::events;
  }
}

}  // namespace weir
