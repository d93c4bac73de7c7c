// SPDX-License-Identifier: Apache-2.0
//
// The refused file.
#include "sinks/state/refused_store_posix.hpp"

#include <fmt/format.h>

#include <ctime>

#include "base/one_line.hpp"
#include "base/percent_escape.hpp"
#include "base/text/rfc3339.hpp"
#include "files/file_operations.hpp"

namespace weir {
namespace {

constexpr std::size_t words_bytes_max = 1024;
constexpr std::size_t name_bytes_max = 256;

std::string now_rfc3339() {
  std::timespec now{};
  std::timespec_get(&now, TIME_UTC);
  constexpr std::int64_t second = 1'000'000'000;
  return rfc3339(now.tv_sec * second + now.tv_nsec, rfc3339_decimals::three);
}

}  // namespace

refused_file::refused_file(const std::string& directory, const std::string& sink_name,
                           std::uint64_t keep, durability kept, file_system& files)
    : path_(directory + "/" + percent_escape(sink_name) + ".lp"),
      file_bytes_max_(keep / 2),
      kept_(kept),
      files_(files) {}

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
  if (file_bytes(path_, files_) + head.size() + lines.size() > file_bytes_max_) {
    if (outcome rotated = rotate_file(path_, 1, files_); !rotated.ok()) {
      return rotated;
    }
  }
  return append_to_file(path_, head, lines, files_, kept_);
}

}  // namespace weir
