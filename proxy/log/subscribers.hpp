// SPDX-License-Identifier: Apache-2.0
//
// Who reads a log and how far each has come. Low-water marks are guarded by the owner's lock (the
// methods that take none say so); waking has a lock of its own. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "log/frame_log.hpp"

namespace weir {

/// Who is woken when something happened. Thread-safe.
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
    std::uint64_t low_water = 0;
  };

  [[nodiscard]] std::size_t add(subscription subscriber, std::uint64_t low_water);
  /// False if there is no such subscriber or it was further already.
  bool release(std::size_t number, std::uint64_t low_water);
  /// When it returns, `wake` of this subscriber is not running and will not be called again.
  void remove(std::size_t number);

  [[nodiscard]] bool empty() const noexcept { return marks_.empty(); }
  /// Nobody needs anything below; nothing when there is nobody.
  [[nodiscard]] std::optional<std::uint64_t> low_water() const noexcept;
  /// A required subscriber has not released everything below `sequence`.
  [[nodiscard]] bool required_below(std::uint64_t sequence) const noexcept;
  /// Nobody whose points count needs anything below: the least mark of the required ones, of all
  /// where none is required; nothing when there is nobody.
  [[nodiscard]] std::optional<std::uint64_t> needed_from() const noexcept;
  [[nodiscard]] const std::vector<mark>& marks() const noexcept { return marks_; }

  /// Any thread, without the owner's lock.
  void wake_all() const { wakers_.wake_all(); }

 private:
  std::vector<mark> marks_;
  std::size_t next_number_ = 0;
  wake_list wakers_;
};

}  // namespace weir
