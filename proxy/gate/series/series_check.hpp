// SPDX-License-Identifier: Apache-2.0
//
// Last check: what a line means for its series. Types of fields, the number of series, and whether
// another point lies where this one does are all asked of one entry of the shared table; a line of
// a known series, shaped as the one before it, costs a few hashes and one look-up. Pure but for the
// shared memory; one for each gate, on its thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gate/check.hpp"
#include "gate/rules/field_edit.hpp"
#include "gate/series/gate_memory.hpp"
#include "gate/series/point_window.hpp"
#include "gate/staging.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// A canonical line without its time, at the end of a buffer, and its time. Both may be changed.
struct staged_line {
  explicit staged_line(line_buffer& buffer) noexcept : text(buffer) {}

  line_buffer& text;
  std::size_t begin = 0;
  std::int64_t time = 0;
  /// Of the series, at its begin.
  std::size_t series_bytes = 0;
  wide_hash key{};
  fields_hash fields{};
  /// Of the whole line, with its line feed, once it is complete.
  std::size_t end = 0;
};

class series_check {
 public:
  void begin(const gate_request& request);

  /// Whether anything is remembered, and lines can be asked for by `keep_known`.
  [[nodiscard]] bool remembers() const noexcept { return memory_ != nullptr; }

  /// Writes the point's series to `line`, for which `stage` follows. May be called again for other
  /// tags.
  void begin_line(const point_view& point, staged_line& line) const;

  /// The same in steps, for some lines at a time: each is written and hashed, and then, while what
  /// is remembered of their series is fetched, asked for.
  static void write_series(const point_view& point, staged_line& line);
  static void write_fields(const point_view& point, staged_line& line);
  void hash(const point_view& point, staged_line& line);
  /// Whether a point whose line is written and hashed may be kept as it is, for its series and
  /// shape passed all checks before, also those of names and of unsigned values, and no point with
  /// other values lies where it does. Then it is remembered. Else nothing was done.
  [[nodiscard]] bool keep_known(const point_view& point, const staged_line& line,
                                gate_tally& noted);

  /// Completes `line` with the point, changed where that mends it. Adds to `mended` and `noted`; of
  /// a line that is refused nothing is added, and what was written of it is the caller's to take
  /// back.
  [[nodiscard]] gate_answer stage(const point_view& point, staged_line& line, gate_tally& mended,
                                  gate_tally& noted);

  /// The words of the last refusal, InfluxDB's where it has some.
  [[nodiscard]] const std::string& detail() const noexcept { return detail_; }

  /// What was let in since the last of these calls is in the log.
  void kept() {
    remember_waiting();
    taken_.clear();
  }
  /// It is not: points of it are in nobody's way.
  void lost();

 private:
  enum class place_state : std::uint8_t { free, retry, contradicted };
  struct new_field {
    std::string name;
    field_type type = field_type::float64;
  };
  struct taken_point {
    wide_hash series;
    std::uint64_t place = 0;
    std::int64_t time = 0;
    point_content content;
  };
  /// One line on its way through.
  struct line_state {
    /// As it was given, or with the fields of `edit_`.
    const point_view* point = nullptr;
    staged_line& line;
    fields_hash hash{};
    bool edited = false;
    /// A field stands in it with several types.
    bool repeats = false;
    /// What is to be counted when the line is kept, a bit for each gate_code.
    std::uint64_t mended = 0;
    std::uint64_t noted = 0;
  };

  static_assert(gate_code_count <= 64);
  [[nodiscard]] static std::uint64_t bit(gate_code code) noexcept {
    return std::uint64_t{1} << static_cast<unsigned>(code);
  }
  static gate_answer count(const line_state& state, gate_tally& mended, gate_tally& noted) noexcept;
  /// What an entry remembers of a shape whose types are right.
  [[nodiscard]] std::uint64_t right_shape(std::uint64_t shape) const noexcept {
    return (shape + shape_salt_) | 1;
  }
  [[nodiscard]] static std::string_view series_of(const line_state& state) noexcept {
    return state.line.text.view().substr(state.line.begin, state.line.series_bytes);
  }
  void edit(line_state& state);
  /// Stages the line anew, with the fields of `edit_`.
  void restage(line_state& state);

  // series_check.cpp: series and their number
  [[nodiscard]] gate_answer check_gauges(line_state& state);
  [[nodiscard]] gate_answer check_slowly(line_state& state);
  [[nodiscard]] gate_answer check_series(line_state& state, std::uint64_t measurement,
                                         bool types_are_right);
  [[nodiscard]] gate_answer refuse_series(const series_refusal& refusal);

  // series_types.cpp: types of fields, and one field twice
  [[nodiscard]] gate_answer settle_repeated(line_state& state);
  [[nodiscard]] std::string_view keep_last_of_repeated(line_state& state);
  [[nodiscard]] gate_answer settle_types(line_state& state, std::uint64_t measurement);
  [[nodiscard]] gate_answer settle_field(line_state& state, std::size_t index, field_type wanted,
                                         std::uint64_t measurement);
  [[nodiscard]] gate_answer register_new(line_state& state, std::uint64_t measurement,
                                         bool& types_are_right);
  [[nodiscard]] bool rename(line_state& state, field_view& field, std::uint64_t measurement);
  [[nodiscard]] gate_answer conflict(std::string_view field, field_type type, field_type wanted);

  // series_points.cpp: points in one place
  [[nodiscard]] gate_answer check_point(series_entry& entry, line_state& state);
  [[nodiscard]] place_state look(const series_entry& entry, std::int64_t time, std::uint64_t place,
                                 point_content content) const;
  /// The same, and remembers the point where its place is free.
  [[nodiscard]] place_state look_and_take(series_entry& entry, const wide_hash& key,
                                          std::int64_t time, std::uint64_t place,
                                          point_content content);
  void take(series_entry& entry, const wide_hash& key, std::int64_t time, std::uint64_t place,
            point_content content);
  [[nodiscard]] gate_answer spread(series_entry& entry, line_state& state, point_content content);
  void remember_soon(std::uint64_t place, point_content content);
  void remember_waiting();

  gate_memory* memory_ = nullptr;
  database_memory* database_ = nullptr;
  const database_settings* policy_ = nullptr;
  series_limits limits_;
  std::uint64_t seed_ = 0;
  std::uint64_t shape_salt_ = 0;
  std::uint32_t retention_policy_ = 0;
  std::uint32_t now_s_ = 0;
  std::int64_t now_ns_ = 0;
  fields_hasher hasher_;
  field_edit edit_;
  point_view edited_point_;
  std::vector<new_field> new_fields_;
  std::vector<const field_view*> by_key_;
  std::vector<taken_point> taken_;
  /// Points on their way into the window.
  std::array<placed_point, 32> waiting_{};
  std::size_t waiting_count_ = 0;
  std::string measurement_name_;
  std::string field_name_;
  std::string detail_;
  /// Shapes, with their measurements, whose types this gate has seen to be right.
  std::array<std::uint64_t, 256> right_shapes_{};
};

/// As much of a value or a name as a message quotes.
[[nodiscard]] inline std::string_view shortened(std::string_view text) noexcept {
  constexpr std::size_t shown_bytes_max = 256;
  return text.substr(0, shown_bytes_max);
}

/// A name as it is meant: without the backslashes of escapes.
void unescaped_measurement(std::string_view raw, std::string& out);
void unescaped_field(std::string_view raw, std::string& out);

}  // namespace weir
