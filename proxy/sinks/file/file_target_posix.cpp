// SPDX-License-Identifier: Apache-2.0
//
// Writing batches into files.
#include "sinks/file/file_target_posix.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <system_error>

#include "base/fnv1a.hpp"
#include "base/percent_escape.hpp"
#include "files/file_operations.hpp"

namespace weir {
namespace {

/// Leaves room for `.lp`, the rotation's number and the hash in the 255 bytes of a file's name.
constexpr std::size_t name_bytes_max = 200;

/// One for each directory, however it is spelled, for as long as somebody has it.
std::shared_ptr<std::mutex> turn_of(const std::string& directory) {
  static std::mutex lock;
  static std::map<std::filesystem::path, std::weak_ptr<std::mutex>> turns;
  std::error_code unknown;
  const std::filesystem::path real = std::filesystem::weakly_canonical(directory, unknown);
  const std::lock_guard hold(lock);
  std::erase_if(turns, [](const auto& one) { return one.second.expired(); });
  std::weak_ptr<std::mutex>& known = turns[unknown ? std::filesystem::path(directory) : real];
  auto turn = known.lock();
  if (turn == nullptr) {
    turn = std::make_shared<std::mutex>();
    known = turn;
  }
  return turn;
}

}  // namespace

file_target::file_target(const file_settings& settings)
    : directory_(settings.directory),
      turn_(turn_of(settings.directory)),
      rotate_bytes_(settings.rotate),
      rotated_files_(settings.rotated_files) {}

std::string file_target::path_of(const lane_key& lane) const {
  std::string name = percent_escape(lane.database);
  if (!lane.retention_policy.empty()) {
    name += "." + percent_escape(lane.retention_policy);
  }
  if (name.size() > name_bytes_max) {
    name = fmt::format("{}~{:016x}", name.substr(0, name_bytes_max), fnv1a(name));
  }
  return directory_ + "/" + name + ".lp";
}

void file_target::deliver(const batch& source, done on_done) {
  on_done(write(source));
}

attempt_result file_target::write(const batch& source) {
  lines_.clear();
  if (!append_lines(source, lines_)) {
    return attempt_result::unsendable("a frame of this batch cannot be inflated");
  }
  const std::string path = path_of(source.lane);
  const std::lock_guard turn(*turn_);
  const std::uint64_t before = file_bytes(path);
  if (before > 0 && before + lines_.size() > rotate_bytes_) {
    if (const outcome rotated = rotate_file(path, rotated_files_); !rotated.ok()) {
      return attempt_result::failed(rotated.error().message);
    }
  }
  if (const outcome written = append_lines_to_file(path, lines_); !written.ok()) {
    return attempt_result::failed(written.error().message);
  }
  return attempt_result::done(lines_.size());
}

}  // namespace weir
