// SPDX-License-Identifier: Apache-2.0
//
// Requests that are passed on to a server, whose answers are passed back while they arrive: the
// seam between who asks and how bytes travel (relay_curl). What an answer means nobody here asks.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

struct relay_request {
  std::string method = "GET";
  /// Of several the next one is tried where no connection comes about.
  std::vector<std::string> urls{};
  /// "Name: value"; nothing but these and what HTTP needs is sent.
  std::vector<std::string> headers{};
  std::string body{};
  std::chrono::milliseconds connect_timeout{10'000};
};

struct relay_head {
  int status = 0;
  /// As the server spells them.
  std::vector<std::pair<std::string, std::string>> headers{};
};

/// One request that is under way: the thread that asked takes what arrives, the relay's thread puts
/// it in. What is not taken is bounded: the server is not read from meanwhile.
class relayed {
 public:
  /// Of an answer, so much waits at most, and a piece more.
  static constexpr std::size_t waiting_bytes_max = std::size_t{256} << 10;

  /// `wake` is called on the relay's thread when there is news.
  explicit relayed(std::function<void()> wake) : wake_(std::move(wake)) {}

  // The thread that asked.
  /// Whether something came since the last call: the head, a piece, the end.
  [[nodiscard]] bool take_news() noexcept { return news_.exchange(false); }
  [[nodiscard]] bool has_news() const noexcept { return news_.load(); }
  /// The head is there, or there will be none.
  [[nodiscard]] bool begun() const;
  /// Once: nothing where there is none, `why` says why.
  [[nodiscard]] std::optional<relay_head> take_head();
  [[nodiscard]] std::string why() const;
  /// Appends what has come. False: that was the last.
  [[nodiscard]] bool take(std::string& out);
  /// Nothing to take now, and more to come.
  [[nodiscard]] bool waits() const;
  /// It ended before the answer was whole.
  [[nodiscard]] bool broken() const;
  [[nodiscard]] std::size_t held_bytes() const;
  /// Nobody asks any more: the request is ended. When it returns, `wake` is not running and will
  /// not be called.
  void abandon();

  // The relay's thread.
  /// `more` is called, on the other thread, when there is room again or nobody asks any more.
  /// Before all others, and once with nullptr after all others.
  void on_change(std::function<void()> more);
  void put_head(relay_head head);
  /// False: there is no room now.
  [[nodiscard]] bool put(std::string_view bytes);
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] bool abandoned() const;
  /// `why` is empty where the answer is whole.
  void end(std::string why);

 private:
  void tell();

  mutable std::mutex lock_;
  std::function<void()> wake_;
  std::function<void()> changed_;
  std::optional<relay_head> head_;
  std::string bytes_;
  std::string why_;
  bool has_begun_ = false;
  bool ended_ = false;
  bool abandoned_ = false;
  std::atomic<bool> news_{false};
};

class relay {
 public:
  virtual ~relay() = default;
  /// nullptr: too many are under way, or it has ended. Any thread.
  [[nodiscard]] virtual std::shared_ptr<relayed> send(relay_request request,
                                                      std::function<void()> wake) = 0;
};

}  // namespace weir
