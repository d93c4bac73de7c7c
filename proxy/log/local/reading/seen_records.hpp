// SPDX-License-Identifier: Apache-2.0
//
// Of records on disk that a reader saw for one lane: whose they are and where, so that it passes
// over them for another lane without reading their heads again. With a thousand lanes behind, each
// head would be read a thousand times. It is a memory and may forget all of it at any time. Pure;
// lives with its reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "log/local/segment.hpp"

namespace weir {

class seen_records {
 public:
  /// A lane by a hash: records of others may be taken for its own, and then their heads are read.
  using lane_tag = std::uint32_t;
  [[nodiscard]] static lane_tag tag_of(std::string_view database,
                                       std::string_view retention_policy) noexcept;
  /// Records that it remembers, at most: one more, and it forgets all.
  static constexpr std::size_t records_max = std::size_t{1} << 20;

  explicit seen_records(std::size_t records = records_max) : records_max_(records) {}

  /// A record of the segment that begins with `segment_first`.
  void note(std::uint64_t segment_first, record_place place, lane_tag whose);

  struct passed {
    /// Of the first record from the one asked for on that is not known to be another lane's.
    std::uint64_t sequence = 0;
    /// Where that is, if it was seen.
    std::optional<record_place> place;
  };
  /// `end`: of the segment, or of what of it is asked for.
  [[nodiscard]] passed pass(std::uint64_t segment_first, std::uint64_t from, std::uint64_t end,
                            lane_tag wanted) const;
  /// Segments before this one are gone.
  void forget_before(std::uint64_t segment_first) noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  struct record {
    std::uint64_t offset = 0;  // 0: not seen
    lane_tag whose = 0;
  };

  const std::size_t records_max_;
  std::size_t size_ = 0;
  /// By the segment's first sequence: of it and those that follow.
  std::map<std::uint64_t, std::vector<record>> segments_;
};

}  // namespace weir
