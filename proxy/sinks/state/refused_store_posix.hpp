// SPDX-License-Identifier: Apache-2.0
//
// Keeps what a server refused: a comment that says when, where and why, then the batch's lines, so
// that the file itself is line protocol. Bounded: at half of what may be kept the file is rotated
// to `.1`, and the older `.1` is gone. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "files/file_operations.hpp"
#include "sinks/state/refused_store.hpp"

namespace weir {

class refused_file final : public refused_store {
 public:
  /// `directory` must exist, `files` outlive it. What `put` has kept survives what `kept` says: a
  /// point that was acknowledged as synced must not be lost by being refused.
  refused_file(const std::string& directory, const std::string& sink_name, std::uint64_t keep,
               durability kept = durability::process, file_system& files = posix_file_system());

  outcome put(const refusal& what) override;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  std::uint64_t file_bytes_max_;
  durability kept_;
  file_system& files_;
};

}  // namespace weir
