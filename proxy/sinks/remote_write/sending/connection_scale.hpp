// SPDX-License-Identifier: Apache-2.0
//
// How many connections a sink's batches may use: more while it is behind its log, fewer when it has
// been abreast of it for a while. Changes between batches alone. Pure. Lives on its sink's thread.
#pragma once

#include <algorithm>
#include <cstddef>

namespace weir {

class connection_scale {
 public:
  /// Batches that begin while the sink is abreast, until it gives up one connection.
  static constexpr std::size_t calm_batches = 16;

  /// Requires: 1 <= least <= most.
  connection_scale(std::size_t least, std::size_t most) : least_(least), most_(most), now_(least) {}

  /// As target::tick's.
  void abreast(bool is) noexcept { abreast_ = is; }
  /// For a batch that begins.
  [[nodiscard]] std::size_t next() noexcept {
    if (!abreast_) {
      calm_ = 0;
      now_ = std::min(most_, now_ * 2);
    } else if (now_ > least_ && ++calm_ >= calm_batches) {
      calm_ = 0;
      --now_;
    }
    return now_;
  }

 private:
  std::size_t least_;
  std::size_t most_;
  std::size_t now_;
  std::size_t calm_ = 0;
  bool abreast_ = true;
};

}  // namespace weir
