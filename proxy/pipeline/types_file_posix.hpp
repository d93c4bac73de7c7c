// SPDX-License-Identifier: Apache-2.0
//
// The file of field types beside the log (docs/types_format.md): read and made anew at the start,
// then appended to before a request that uses a new type is acknowledged. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.hpp"
#include "gate/gate_memory.hpp"

namespace weir {

class types_file {
 public:
  /// Loads what the file says into `memory`, which must outlive this object. `sync`: what `keep`
  /// has kept survives a loss of power.
  [[nodiscard]] static result<std::unique_ptr<types_file>> open(std::string path,
                                                                gate_memory& memory, bool sync);
  ~types_file();
  types_file(const types_file&) = delete;
  types_file& operator=(const types_file&) = delete;

  /// When it succeeds, every type that was registered before the call is in the file. Costs a look
  /// at two numbers when there is none. After a failure the next call tries again.
  [[nodiscard]] outcome keep();

  /// Records that were damaged when the file was opened; they are not in it any more.
  [[nodiscard]] std::size_t damaged() const noexcept { return damaged_; }

 private:
  types_file(std::string path, gate_memory& memory, bool sync)
      : path_(std::move(path)), memory_(memory), sync_(sync) {}
  [[nodiscard]] outcome load();
  [[nodiscard]] outcome write_owed();

  const std::string path_;
  gate_memory& memory_;
  const bool sync_;
  std::size_t damaged_ = 0;
  std::atomic<std::uint64_t> kept_{0};
  std::mutex mutex_;
  int descriptor_ = -1;
  /// Bytes of whole records: where the next is written.
  std::int64_t size_ = 0;
  std::string owed_;
};

/// Takes fields out of the file at `path`: those of `measurement`, or of the whole database where
/// that is empty; and of those `field`, or all. How many. Nobody else may have it open.
[[nodiscard]] result<std::size_t> forget_types(const std::string& path, const std::string& database,
                                               const std::string& measurement,
                                               const std::string& field);

/// What the file says; nothing where there is none. Also while weir appends to it.
[[nodiscard]] result<types_reading> read_types_file(const std::string& path);

}  // namespace weir
