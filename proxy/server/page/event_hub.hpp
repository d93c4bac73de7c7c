// SPDX-License-Identifier: Apache-2.0
//
// Events on their way from the thread that makes them to the loops whose clients watch: the newest
// one waits for each watcher, in the place of the one before, so that a client that does not read
// costs nothing more. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace weir {

/// One client that watches. Made by `event_hub::watch`; its loop takes, the maker's thread gives.
class event_watcher {
 public:
  using event = std::shared_ptr<const std::string>;

  explicit event_watcher(std::function<void()> wake) : wake_(std::move(wake)) {}

  /// Something came since `take_news`. Its loop.
  [[nodiscard]] bool has_news() const noexcept { return news_.load(std::memory_order_acquire); }
  [[nodiscard]] bool take_news() noexcept { return news_.exchange(false); }
  /// The newest event that was not taken; nullptr: there is none.
  [[nodiscard]] event take();
  /// `take` would give one.
  [[nodiscard]] bool has_event() const;
  /// Nothing more comes after what `take` gives.
  [[nodiscard]] bool ended() const noexcept { return ended_.load(std::memory_order_acquire); }

  // Of the hub.
  void give(event newest);
  void end();
  /// When it returns, `wake` is not running and will not be called.
  void abandon();

 private:
  void wake_up();

  mutable std::mutex lock_;
  std::function<void()> wake_;
  event newest_;
  std::atomic<bool> news_{false};
  std::atomic<bool> ended_{false};
};

class event_hub {
 public:
  /// Each has a connection of its own.
  static constexpr std::size_t watchers_max = 64;

  /// `wake` is called, on the giving thread, when something came. nullptr: so many watch already,
  /// or the hub is closed.
  [[nodiscard]] std::shared_ptr<event_watcher> watch(std::function<void()> wake);
  /// It watches no more: its `wake` is not called after this.
  void forget(const std::shared_ptr<event_watcher>& gone);
  [[nodiscard]] std::size_t watchers() const;

  void publish(const event_watcher::event& newest);
  /// Those that watch now get nothing more.
  void end_all();
  /// The same, and there will be no others.
  void close();
  [[nodiscard]] bool closed() const;

 private:
  mutable std::mutex lock_;
  std::vector<std::shared_ptr<event_watcher>> watchers_;
  bool closed_ = false;
};

}  // namespace weir
