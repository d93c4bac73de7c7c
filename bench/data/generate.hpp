// SPDX-License-Identifier: Apache-2.0
//
// Seeded line protocol for benchmarks and load tools: the same set and seed give the same bytes on
// every machine. The sets are shaped like what real clients send, and every line is valid.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::bench {

enum class data_set : std::uint8_t {
  tsbs_int,    // 10 tags, 10 integer fields, about 350 bytes
  tsbs_float,  // the same with floats of 7 decimals
  flink,       // one gauge of a Flink job: 9 tags with escapes, one field
  tiny,        // the shortest line that is sent
  text,        // strings with escapes and Unicode
  mix,         // an agent's: many measurements, few to many fields of every type
  // Whole reports of a Flink job: 9 tags with escapes; 1 field (gauges, counters), 2 (meters) or 11
  // (histograms).
  flink_report,
};

inline constexpr std::array<data_set, 7> data_sets = {
    data_set::tsbs_int, data_set::tsbs_float, data_set::flink,       data_set::tiny,
    data_set::text,     data_set::mix,        data_set::flink_report};

/// "tsbs_int" and so on.
[[nodiscard]] std::string_view name_of(data_set set) noexcept;
[[nodiscard]] std::optional<data_set> find_data_set(std::string_view name) noexcept;

inline constexpr std::int64_t default_first_time_ns = 1'586'844'081'000'000'000;

/// An endless series of lines. Timestamps are nanoseconds and ascend from `first_time_ns`.
class line_generator {
 public:
  line_generator(data_set set, std::uint64_t seed,
                 std::int64_t first_time_ns = default_first_time_ns);

  /// Appends one line with its line feed.
  void append_line(std::string& out);
  /// The same, but measurement, tags and names of fields follow from `key` and the seed alone;
  /// `tags` (",name=value,…") stand behind its own.
  void append_line_of(std::uint64_t key, std::string_view tags, std::string& out);

 private:
  std::uint64_t random();
  /// Between a line's tags and its fields, whose values go on as they would have without a key.
  void end_key(std::string& out);
  std::uint64_t below(std::uint64_t bound) { return random() % bound; }
  void append_tsbs(std::string& out, bool floats);
  void append_flink(std::string& out);
  void append_flink_tags(std::string& out, std::uint64_t task);
  void append_flink_report(std::string& out);
  void append_tiny(std::string& out);
  void append_text(std::string& out);
  void append_mix(std::string& out);
  void append_mixed_value(std::string& out, std::uint64_t kind);
  void append_float(std::string& out, std::uint64_t whole_bound, int decimals);
  void append_int(std::string& out, std::uint64_t bound);
  void append_time(std::string& out);

  data_set set_;
  const std::uint64_t seed_;
  std::uint64_t state_;
  std::int64_t time_ns_;
  /// While the key of a line is drawn on its own: what stands behind it, and the state to go on
  /// from.
  bool of_key_ = false;
  std::string_view key_tags_{};
  std::uint64_t state_after_key_ = 0;
};

/// Whole lines of at least `bytes` bytes together.
[[nodiscard]] std::string generate(data_set set, std::size_t bytes, std::uint64_t seed);

}  // namespace weir::bench
