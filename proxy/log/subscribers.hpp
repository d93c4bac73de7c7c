// SPDX-License-Identifier: Apache-2.0
//
// The subscribers of a log, and the position below which each needs no frame (its low-water mark).
// The marks are guarded by the owner's lock, except where a method says otherwise; waking has a
// lock of its own. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "log/frame_log.hpp"

namespace weir {

/// Functions to be called when something happened. Thread-safe.
class wake_list {
 public:
  void add(std::size_t number, std::function<void()> wake);
  /// When it returns, that `wake` is not running and will not be called again.
  void remove(std::size_t number);
  void wake_all() const;

 private:
  struct waker {
    std::size_t number = 0;
    std::function<void()> wake;
  };
  mutable std::shared_mutex mutex_;
  std::vector<waker> wakers_;
};

class subscriber_table {
 public:
  struct mark {
    std::size_t number = 0;
    std::string name;
    bool required = true;
    log_position low_water;
  };

  [[nodiscard]] std::size_t add(subscription subscriber, log_position low_water);
  /// False if there is no such subscriber, or its mark is not below `low_water`.
  bool release(std::size_t number, log_position low_water);
  /// When it returns, `wake` and `settle` of this subscriber are not running and will not be called
  /// again.
  void remove(std::size_t number);

  [[nodiscard]] bool empty() const noexcept { return marks_.empty(); }
  /// The lowest position still needed; nullopt without subscribers.
  [[nodiscard]] std::optional<log_position> low_water() const noexcept;
  /// Whether a required subscriber still needs a frame below `position`.
  [[nodiscard]] bool required_below(log_position position) const noexcept;
  /// The lowest position that a required subscriber needs; without required ones, that any needs;
  /// nullopt without subscribers.
  [[nodiscard]] std::optional<log_position> needed_from() const noexcept;
  [[nodiscard]] const std::vector<mark>& marks() const noexcept { return marks_; }

  /// Any thread, without the owner's lock.
  void wake_all() const { wakers_.wake_all(); }
  /// The same.
  void settle_all() const { settlers_.wake_all(); }

 private:
  std::vector<mark> marks_;
  std::size_t next_number_ = 0;
  wake_list wakers_;
  wake_list settlers_;
};

}  // namespace weir
