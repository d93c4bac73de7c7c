// SPDX-License-Identifier: Apache-2.0
//
// Where those who watch lines as they pass subscribe, and where intake offers what became of a
// request's lines once it is committed. Each tap has a filter, takes a sample of at most so many
// lines a second, and a bounded queue: who reads too slowly loses lines, and is told how many there
// were. While nobody taps, a request pays one relaxed load. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "facts/tap/tap_notes.hpp"

namespace weir {

enum class tap_choice : std::uint8_t { all, accepted, refused };

struct tap_filter {
  /// Globs, as matches_pattern reads them.
  std::string database = "*";
  std::string measurement = "*";
  tap_choice lines = tap_choice::all;
  /// 1 to 1000.
  std::uint32_t per_second = 20;
};

/// Names as they are meant: "" stands for its default. `rejected` is "true", "false" or "only". The
/// failure says what may be written.
struct tap_words {
  std::string_view database = {};
  std::string_view measurement = {};
  std::string_view rejected = {};
  std::string_view per_second = {};
};
[[nodiscard]] result<tap_filter> read_tap_filter(const tap_words& given);

/// A request whose lines were committed.
struct tapped_request {
  std::int64_t at_ns = 0;
  std::string_view database;
  std::string_view retention_policy;
  const tap_notes& notes;
  /// Of the accepted lines.
  std::uint64_t accepted = 0;
  /// Calls its argument with whole canonical lines, in order, until all were shown.
  std::function<void(const std::function<void(std::string_view)>&)> each_block;
};

/// One subscription. It ends when its last pointer goes.
class tap {
 public:
  /// Waiting for its reader, in bytes of JSON lines; what does not fit is lost and counted.
  static constexpr std::size_t waiting_bytes_max = std::size_t{256} << 10;

  /// `wake` is called, on any thread, when there is something to take.
  tap(tap_filter filter, std::function<void()> wake, std::int64_t now_ns, std::uint64_t seed);

  /// Appends the lines that wait, JSON ended by line feeds. False: that was the last, as weir ends.
  [[nodiscard]] bool take(std::string& out);
  [[nodiscard]] bool waits() const;
  /// Something came since `take_news`.
  [[nodiscard]] bool has_news() const noexcept { return news_.load(std::memory_order_acquire); }
  [[nodiscard]] bool take_news() noexcept { return news_.exchange(false); }
  [[nodiscard]] std::size_t held_bytes() const;
  /// Nobody reads it any more. When it returns, `wake` is not running and will not be called.
  void abandon();

 private:
  friend class tap_desk;
  void offer(const tapped_request& request);
  void tell_counts(std::int64_t now_ns);
  void end();

  /// A chosen line of a request: its number among those offered, and its text.
  struct chosen {
    std::uint64_t number = 0;
    std::string text;
    const tapped_refusal* refusal = nullptr;
    bool cut = false;
  };
  void choose_accepted(const tapped_request& request, std::vector<chosen>& sample);
  void choose_refused(const tapped_request& request, std::vector<chosen>& sample);
  void choose(std::uint64_t& seen, std::string_view text, const tapped_refusal* refusal,
              std::uint64_t number, std::vector<chosen>& sample);
  [[nodiscard]] bool takes_measurement(std::string_view line);
  void refill(std::int64_t now_ns) noexcept;
  [[nodiscard]] std::uint64_t random() noexcept;
  void put(const tapped_request& request, const chosen& line);
  void tell();

  const tap_filter filter_;
  const bool any_measurement_;
  mutable std::mutex mutex_;
  std::function<void()> wake_;
  std::string waiting_;
  std::string line_;
  std::string name_;
  bool ended_ = false;
  std::atomic<bool> news_{false};
  std::uint64_t random_;
  // Lines that may be shown now: at most half a second's worth gathers.
  double tokens_;
  std::int64_t filled_ns_;
  // Of this second.
  std::uint64_t seen_ = 0;
  std::uint64_t shown_ = 0;
};

class tap_desk {
 public:
  /// Watching at once.
  static constexpr std::size_t taps_max = 8;

  explicit tap_desk(std::uint64_t seed) noexcept : seed_(seed) {}

  /// Whether anybody taps: what a request asks before it keeps anything for taps.
  [[nodiscard]] bool watched() const noexcept { return count_.load(std::memory_order_relaxed) > 0; }
  /// nullptr: too many tap already, or weir ends.
  [[nodiscard]] std::shared_ptr<tap> open(tap_filter filter, std::function<void()> wake,
                                          std::int64_t now_ns);
  void close(const std::shared_ptr<tap>& one);
  void offer(const tapped_request& request);
  /// Once a second: has each tap told how many lines it saw and showed.
  void tell_counts(std::int64_t now_ns);
  /// Rights may have changed: all taps end, and their clients may come back.
  void end_all();
  /// Weir ends: so do all taps, for good.
  void end();

 private:
  [[nodiscard]] std::vector<std::shared_ptr<tap>> open_taps() const;

  const std::uint64_t seed_;
  std::atomic<std::size_t> count_{0};
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<tap>> taps_;
  std::uint64_t opened_ = 0;
  bool ended_ = false;
};

}  // namespace weir
