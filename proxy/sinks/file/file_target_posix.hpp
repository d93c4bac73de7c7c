// SPDX-License-Identifier: Apache-2.0
//
// The file sink's other side: canonical line protocol in one file per database and retention
// policy, rotated by size. Lives on its sink's thread, and writes on it: a disk is not waited for
// elsewhere. Targets of one process that write into the same directory, as those of a Kafka log's
// partitions do, write in turn; other processes must have directories of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "config/settings.hpp"
#include "sinks/target.hpp"

namespace weir {

class file_target final : public target {
 public:
  /// `settings.directory` must exist.
  explicit file_target(const file_settings& settings);

  void deliver(const batch& source, done on_done) override;
  void abort() override {}
  [[nodiscard]] bool needs_cuts() const noexcept override { return false; }

  /// The file of a lane: `<database>[.<retention policy>].lp`, percent-escaped; a name too long for
  /// a file system is shortened and told apart by a hash.
  [[nodiscard]] std::string path_of(const lane_key& lane) const;

 private:
  [[nodiscard]] attempt_result write(const batch& source);

  std::string directory_;
  /// Of all targets with this directory: a file is appended to, taken back and rotated as a whole.
  std::shared_ptr<std::mutex> turn_;
  std::uint64_t rotate_bytes_;
  std::uint32_t rotated_files_;
  std::string lines_;
};

}  // namespace weir
