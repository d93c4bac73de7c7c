// SPDX-License-Identifier: Apache-2.0
//
// The refused file.
#include "sinks/state/refused_store_posix.hpp"

#include <fmt/format.h>

#include <ctime>

#include "base/one_line.hpp"
#include "base/percent_escape.hpp"
#include "files/file_util_posix.hpp"

namespace weir {
namespace {

constexpr std::size_t words_bytes_max = 1024;
constexpr std::size_t name_bytes_max = 256;

std::string now_rfc3339() {
  std::timespec now{};
  std::timespec_get(&now, TIME_UTC);
  std::tm parts{};
  gmtime_r(&now.tv_sec, &parts);
  char text[32];
  const std::size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:03}Z", std::string_view(text, n), now.tv_nsec / 1'000'000);
}

}  // namespace

refused_file::refused_file(const std::string& directory, const std::string& sink_name,
                           std::uint64_t keep)
    : path_(directory + "/" + percent_escape(sink_name) + ".lp"), file_bytes_max_(keep / 2) {}

outcome refused_file::put(const refusal& what) {
  std::string head = fmt::format("# {} database={} rp={} status={} {}\n", now_rfc3339(),
                                 one_line(what.lane.database, name_bytes_max),
                                 one_line(what.lane.retention_policy, name_bytes_max), what.status,
                                 one_line(what.words, words_bytes_max));
  std::string_view lines = what.lines;
  if (head.size() + lines.size() > file_bytes_max_) {
    head += fmt::format("# its {} bytes of lines are not kept: refused_keep is too small\n",
                        lines.size());
    lines = {};
  }
  if (head.size() > file_bytes_max_) {
    return nothing{};
  }
  if (file_bytes(path_) + head.size() + lines.size() > file_bytes_max_) {
    if (outcome rotated = rotate_file(path_, 1); !rotated.ok()) {
      return rotated;
    }
  }
  return append_to_file(path_, head, lines);
}

}  // namespace weir
