// SPDX-License-Identifier: Apache-2.0
//
// What a weir tells the others of series, as the value of a record in the topic that they share
// (docs/log_kafka.md, "Limits of series"): spelled and read. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct series_batch {
  /// Of how the weir that wrote it hashes this database: another one's hashes say nothing here.
  std::uint64_t check = 0;
  /// How long before the record was written the series were seen, at most.
  std::uint32_t age_s = 0;
  /// They were new then.
  bool is_new = false;

  struct measurement {
    /// Hash of its name; 0: of those that have no record of their own.
    std::uint64_t key = 0;
    /// As much of it as is shown.
    std::string name = {};
    /// Their hashes.
    std::vector<std::uint64_t> series = {};
  };
  std::vector<measurement> measurements = {};
};

/// As many series as a record has at most: with their measurements, it stays below the size that
/// brokers take by default.
inline constexpr std::size_t series_batch_max = 8'000;

/// A name has 255 bytes at most.
[[nodiscard]] std::string spell_series(const series_batch& batch);
/// Nothing: it is damaged.
[[nodiscard]] std::optional<series_batch> read_series(std::string_view value);

}  // namespace weir
