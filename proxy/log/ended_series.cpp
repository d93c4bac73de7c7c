// SPDX-License-Identifier: Apache-2.0
#include "log/ended_series.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/text/series_shard.hpp"

namespace weir {
namespace {

/// Of one frame, inflated.
constexpr std::size_t ended_bytes_most = std::size_t{512} << 10;

/// Makes the frames of one shard after the other.
class ended_frames {
 public:
  ended_frames(const ended_place& where, gzip_compressor& compressor,
               std::vector<std::shared_ptr<frame>>& to)
      : where_(where), compressor_(compressor), to_(to) {}

  /// Whole lines.
  void add(std::string_view lines) {
    if (!builder_.empty() && builder_.inflated_bytes() + lines.size() > ended_bytes_most) {
      seal();
    }
    builder_.append(lines, 0, where_.received_ns, where_.received_ns);
  }
  /// What is added from now on belongs to this shard.
  void begin(std::uint32_t shard) {
    seal();
    shard_ = shard;
  }
  void seal() {
    if (!builder_.empty()) {
      to_.push_back(builder_.seal({.kind = frame_kind::events,
                                   .received_ns = where_.received_ns,
                                   .database = where_.database,
                                   .retention_policy = where_.retention_policy,
                                   .shard = shard_},
                                  compression_mode::automatic, compressor_));
    }
  }

 private:
  const ended_place& where_;
  gzip_compressor& compressor_;
  std::vector<std::shared_ptr<frame>>& to_;
  frame_builder builder_;
  std::uint32_t shard_ = 0;
};

/// Takes whole lines off the front, as many as fit a frame; of one that is longer, all of it.
std::string_view take_lines(std::string_view& lines) {
  std::size_t end = lines.size();
  if (end > ended_bytes_most) {
    const std::size_t feed = lines.substr(0, ended_bytes_most).rfind('\n');
    end = (feed == std::string_view::npos ? lines.find('\n') : feed) + 1;
  }
  const std::string_view taken = lines.substr(0, end);
  lines.remove_prefix(end);
  return taken;
}

struct line_of_shard {
  std::uint32_t shard = 0;
  std::string_view text;
};

/// In the order of their shards, and within each in that of `lines`.
std::vector<line_of_shard> by_shard(std::string_view lines, std::uint32_t shards) {
  std::vector<line_of_shard> all;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n') + 1);
    lines.remove_prefix(line.size());
    all.push_back({shard_of_series(series_of_line(line), shards), line});
  }
  std::stable_sort(all.begin(), all.end(), [](const line_of_shard& one, const line_of_shard& two) {
    return one.shard < two.shard;
  });
  return all;
}

}  // namespace

void append_ended_series(const ended_place& where, std::string_view lines, std::uint32_t shards,
                         gzip_compressor& compressor, std::vector<std::shared_ptr<frame>>& to) {
  WEIR_ASSERT(lines.empty() || lines.back() == '\n');
  ended_frames frames(where, compressor, to);
  if (shards == 1) {
    while (!lines.empty()) {
      frames.add(take_lines(lines));
    }
  } else {
    std::uint32_t shard = 0;
    for (const line_of_shard& each : by_shard(lines, shards)) {
      if (each.shard != shard) {
        frames.begin(shard = each.shard);
      }
      frames.add(each.text);
    }
  }
  frames.seal();
}

}  // namespace weir
