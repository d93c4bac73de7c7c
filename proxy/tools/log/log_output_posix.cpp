// SPDX-License-Identifier: Apache-2.0
#include "tools/log/log_output_posix.hpp"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "base/text/terminal_text.hpp"
#include "tools/log/log_lines.hpp"

namespace weir {
namespace {

/// Of a member of a compressed file, before compression.
constexpr std::size_t member_bytes = std::size_t{1} << 20;

}  // namespace

std::string grouped_lines::operator()(const lane_heading& place, std::string_view lines) {
  std::string heading = import_heading(place.database, place.retention_policy);
  const bool same = heading == last_;
  last_ = heading;
  return (same ? std::string() : std::move(heading)) + std::string(lines);
}

void print_lines(const std::string& text) {
  static const bool terminal = ::isatty(STDOUT_FILENO) != 0;
  const std::string shown = terminal ? visible_lines(text) : text;
  std::fwrite(shown.data(), 1, shown.size(), stdout);
}

std::string refuse_terminal(bool gzip, const std::string& path) {
  return gzip && path == "-" && ::isatty(STDOUT_FILENO) != 0
             ? "compressed bytes are not for a terminal: give --out FILE"
             : "";
}

void last_lines::add(const lane_heading& place, std::string_view lines) {
  while (!lines.empty() && count_max_ > 0) {
    const std::size_t end = first_line_bytes(lines);
    kept_.push_back({std::string(lines.substr(0, end)), std::string(place.database),
                     std::string(place.retention_policy)});
    lines.remove_prefix(end);
    if (kept_.size() > count_max_) {
      kept_.pop_front();
    }
  }
}

void last_lines::print(grouped_lines& with_heading) const {
  for (const kept_line& each : kept_) {
    print_lines(with_heading({each.database, each.retention_policy}, each.text));
  }
  std::fflush(stdout);
}

void exported_lines::add(const lane_heading& place, std::string_view lines, std::uint64_t count) {
  count_ += count;
  waiting_ += with_heading_(place, lines);
  if (waiting_.size() >= member_bytes) {
    flush();
  }
}

void exported_lines::flush() {
  if (gzip_ && !waiting_.empty()) {
    const std::string_view piece = waiting_;
    std::string member;
    compressor_.append_member({&piece, 1}, member);
    out_.write(member);
  } else {
    out_.write(waiting_);
  }
  waiting_.clear();
}

outcome exported_lines::close() {
  flush();
  return out_.close();
}

}  // namespace weir
