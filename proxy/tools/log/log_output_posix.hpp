// SPDX-License-Identifier: Apache-2.0
//
// How the commands of `weir log` write lines: under headings that say where they belong, the last
// ones of many, and compressed files. Where the lines come from is their callers' business.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "codec/gzip.hpp"
#include "tools/letters/line_output_posix.hpp"

namespace weir {

/// Where lines belong. Views, for as long as a call.
struct lane_heading {
  std::string_view database;
  std::string_view retention_policy;
};

/// Lines under headings that say where they belong; the heading once for lines that follow one
/// another.
class grouped_lines {
 public:
  [[nodiscard]] std::string operator()(const lane_heading& place, std::string_view lines);

 private:
  std::string last_;
};

/// Writes to standard output; on a terminal, bytes that it would obey are spelled out.
void print_lines(const std::string& text);

/// Why an export cannot go to `path`: compressed bytes are not for a terminal. Or "".
[[nodiscard]] std::string refuse_terminal(bool gzip, const std::string& path);

/// The newest of many lines.
class last_lines {
 public:
  explicit last_lines(std::uint64_t count_max) : count_max_(count_max) {}
  void add(const lane_heading& place, std::string_view lines);
  [[nodiscard]] std::uint64_t size() const noexcept { return kept_.size(); }
  /// Each under its heading.
  void print(grouped_lines& with_heading) const;

 private:
  struct kept_line {
    std::string text;
    std::string database;
    std::string retention_policy;
  };

  std::uint64_t count_max_;
  std::deque<kept_line> kept_;
};

/// A new file of lines, or standard output; as they are, or as gzip members.
class exported_lines {
 public:
  explicit exported_lines(bool gzip) : gzip_(gzip) {}
  [[nodiscard]] outcome open(const std::string& path) { return out_.open(path); }
  void add(const lane_heading& place, std::string_view lines, std::uint64_t count);
  /// Fails where not all of it was written. Called once, last.
  [[nodiscard]] outcome close();
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  void flush();

  const bool gzip_;
  line_output out_;
  gzip_compressor compressor_;
  grouped_lines with_heading_;
  std::string waiting_;
  std::uint64_t count_ = 0;
};

}  // namespace weir
