// SPDX-License-Identifier: Apache-2.0
#include "gate/staging.hpp"

#include "base/assert.hpp"
#include "base/text/series_shard.hpp"

namespace weir {

void staged_lines::spread_over(std::uint32_t shards) noexcept {
  WEIR_ASSERT(empty() && shards > 0);
  shards_ = shards;
  run_bytes_plain_ = shards > 1 ? 0 : frame_inflated_bytes_max;
}

void staged_lines::prepare_run(std::size_t end, std::int64_t time, std::size_t series_bytes) {
  const std::size_t begin = runs_.empty() ? 0 : runs_.back().end;
  const std::size_t most = shards_ > 1 ? spread_run_bytes_max : frame_inflated_bytes_max;
  if (runs_.empty() || end - runs_.back().begin > most) {
    runs_.push_back({.begin = begin, .end = begin});
  }
  if (shards_ > 1) {
    const std::string_view series = text_.view().substr(begin, series_bytes);
    spread_.push_back({end, time, shard_of_series(series, shards_)});
  }
}

void staged_lines::drop_runs(std::size_t count) {
  if (count == 0) {
    return;
  }
  const std::size_t bytes = runs_[count - 1].end;
  text_.drop_front(bytes);
  std::size_t lines = 0;
  for (std::size_t i = 0; i < count; ++i) {
    lines += runs_[i].points;
  }
  runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(count));
  for (staged_run& run : runs_) {
    run.begin -= bytes;
    run.end -= bytes;
  }
  if (shards_ > 1) {
    spread_.erase(spread_.begin(), spread_.begin() + static_cast<std::ptrdiff_t>(lines));
    for (spread_line& line : spread_) {
      line.end -= bytes;
    }
  }
}

void staged_lines::clear(std::size_t keep_bytes) {
  runs_.clear();
  spread_.clear();
  if (held_bytes() > keep_bytes) {
    std::vector<spread_line>{}.swap(spread_);
  }
  text_.clear(keep_bytes);
}

}  // namespace weir
