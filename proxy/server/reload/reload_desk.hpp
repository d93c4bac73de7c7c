// SPDX-License-Identifier: Apache-2.0
//
// Where intake loops ask for a reload and the control loop takes up what was asked. Requests that
// come while one reload is made are answered by the next one. It knows neither loops nor
// configurations. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace weir {

/// What came of a reload.
struct reload_answer {
  /// Of HTTP: 200, 400 (the configuration has mistakes, or cannot be put in force) or 503.
  int status = 503;
  /// JSON.
  std::string body{};
};

/// One request for a reload. The asking loop holds it, and the desk until it is answered.
class reload_ticket {
 public:
  explicit reload_ticket(std::function<void()> wake) : wake_(std::move(wake)) {}

  /// Whether `answer` may be read.
  [[nodiscard]] bool settled() const noexcept { return settled_.load(std::memory_order_acquire); }
  /// Requires: settled().
  [[nodiscard]] const reload_answer& answer() const noexcept { return answer_; }
  /// Nobody waits any more: when it returns, `wake` is not running and will not be called.
  void abandon();

 private:
  friend class reload_desk;
  void settle(const reload_answer& answer);

  std::mutex lock_;
  std::function<void()> wake_;
  reload_answer answer_;
  std::atomic<bool> settled_{false};
};

class reload_desk {
 public:
  /// `wake` makes the control loop call `take` soon; it is called by the asking threads.
  explicit reload_desk(std::function<void()> wake = nullptr) : wake_(std::move(wake)) {}

  /// `wake` is called, on the control loop's thread, once the ticket is settled. Settled at once
  /// when the desk is closed.
  [[nodiscard]] std::shared_ptr<reload_ticket> ask(std::function<void()> wake);

  /// Control loop: what was asked since the last call.
  [[nodiscard]] std::vector<std::shared_ptr<reload_ticket>> take();
  static void settle(const std::vector<std::shared_ptr<reload_ticket>>& tickets,
                     const reload_answer& answer);
  /// Weir ends: nobody takes up what is asked from now on. Answers what waits.
  void close();

 private:
  const std::function<void()> wake_;
  std::mutex lock_;
  std::vector<std::shared_ptr<reload_ticket>> asked_;
  bool closed_ = false;
};

}  // namespace weir
