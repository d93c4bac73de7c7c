// SPDX-License-Identifier: Apache-2.0
//
// The text of the file in which field types outlive the process: a first line, then one record a
// line, the newest last (docs/types_format.md). Spelling and reading alone, in pieces of any size;
// no files here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// Names as they are meant, not as a line escapes them.
struct registered_field {
  std::string_view database;
  std::string_view measurement;
  std::string_view field;
};

/// The first line of the file.
inline constexpr std::string_view types_text_head = "weir types 1\n";

/// Of a record with its line feed: any name that line protocol can hold fits. A longer line is
/// damaged.
inline constexpr std::size_t types_record_bytes_max = std::size_t{256} << 10;

/// Of a record in the file's budget: a later record of the same field, with another type and sum,
/// may be as much longer.
[[nodiscard]] constexpr std::size_t budgeted_bytes(std::size_t record_bytes) noexcept {
  return record_bytes + 10;
}

/// The record that all records of a database before it count no more.
void append_drop(std::string_view database, std::string& out);
void append_registration(const registered_field& name, field_type type, std::string& out);
/// "float" and so on; nothing for any other word.
[[nodiscard]] std::optional<field_type> find_field_type(std::string_view name) noexcept;

/// One good record. The views are valid during the call that shows it.
struct types_record {
  registered_field name;
  field_type type = field_type::float64;
  /// As it stands in the file, with its line feed.
  std::string_view line;
  /// It is no field: the database was dropped, and what stands before of it counts no more.
  bool dropped = false;
};

/// Reads the file from its beginning, piece by piece, and shows each good record. What is damaged
/// is passed over and counted. Holds one record at most.
class types_reader {
 public:
  using taker = std::function<void(const types_record&)>;

  explicit types_reader(taker take) : take_(std::move(take)) {}

  /// Fails where the file is one of another version; no more may be fed then.
  [[nodiscard]] outcome feed(std::string_view piece);
  /// No more comes.
  [[nodiscard]] outcome finish();

  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
  /// Lines, the first one and a last one without its line feed among them.
  [[nodiscard]] std::uint64_t damaged() const noexcept { return damaged_; }
  /// Bytes up to the end of the last line that is whole: where the next record may stand. 0 when
  /// the file must be begun anew.
  [[nodiscard]] std::uint64_t whole_bytes() const noexcept { return whole_bytes_; }

 private:
  enum class stage : std::uint8_t { head, first, rest };

  [[nodiscard]] outcome take_line(std::string_view line);
  void take_head(std::string_view line);
  [[nodiscard]] bool take_record(std::string_view line);
  [[nodiscard]] bool take_drop(std::string_view names, std::string_view line);
  [[nodiscard]] bool read_names(std::string_view names, registered_field& into);

  taker take_;
  stage stage_ = stage::head;
  bool other_version_ = false;
  /// Of a line whose end has not come; of one that is too long nothing is kept.
  std::string begun_;
  bool too_long_ = false;
  std::uint64_t fed_bytes_ = 0;
  std::uint64_t whole_bytes_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t damaged_ = 0;
  std::string database_;
  std::string measurement_;
  std::string field_;
};

}  // namespace weir
