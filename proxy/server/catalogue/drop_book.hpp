// SPDX-License-Identifier: Apache-2.0
//
// Databases that weirs of one topic dropped, and where each partition of the log ended then: what
// stands before that is given up, by whoever has the partition or gets it later. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

class drop_book {
 public:
  using partition_ends = std::map<std::int32_t, std::int64_t>;
  /// Of more databases a drop is only heard by those who deliver then.
  static constexpr std::size_t databases_max = 100'000;

  /// `at_ms`: when that was written, milliseconds. The last drop of a database is what counts.
  void note(std::string_view database, const partition_ends& ends, std::uint64_t at_ms);
  /// Of the last drop, if that was at this time or later.
  [[nodiscard]] std::optional<partition_ends> since(std::string_view database,
                                                    std::uint64_t ms) const;
  /// All that were dropped, and where this partition ended then.
  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> before(
      std::int32_t partition) const;

 private:
  struct drop {
    partition_ends ends;
    std::uint64_t at_ms = 0;
  };
  mutable std::mutex lock_;
  std::map<std::string, drop, std::less<>> drops_;
};

}  // namespace weir
