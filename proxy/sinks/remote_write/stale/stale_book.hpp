// SPDX-License-Identifier: Apache-2.0
//
// The series that a sink sends, and which of them are silent for so long that a stale marker is
// owed. Silence counts only while the sink is abreast of its log: after it was not, each series has
// all its time again, and after a start the longest one until its interval is learnt anew. A series
// whose sender says that it ended owes its marker at once. Pure: it
// says what to write to its file. Lives on its sink's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sinks/remote_write/sending/entry_blocks.hpp"
#include "sinks/remote_write/sending/place_index.hpp"
#include "sinks/remote_write/sending/sent_ledger.hpp"
#include "sinks/remote_write/stale/shared_texts.hpp"
#include "sinks/remote_write/wire/wire.hpp"

namespace weir {

/// The value of a stale marker: these bits of a NaN, and no others.
inline constexpr std::uint64_t stale_marker_bits = 0x7ff0000000000002ULL;

class stale_book {
 public:
  /// What a series costs beside the texts of its labels, which it shares with others, about.
  static constexpr std::size_t series_bytes = 64 + place_index::bytes_a_place + 2 * sizeof(int);
  /// Where the time is learnt: so many of the series' intervals, within these bounds.
  static constexpr std::int64_t intervals = 3;
  static constexpr std::int64_t silence_ms_least = 15'000;
  static constexpr std::int64_t silence_ms_most = 300'000;
  /// A file of less is not written anew.
  static constexpr std::size_t file_bytes_least = std::size_t{1} << 20;

  struct marker {
    series_key series;
    wire_series labels;
    std::int64_t time_ms = 0;
  };

  /// `silence_ms`: after how long a series is silent; 0: learnt. `state_bytes` bound the book:
  /// series beyond it get no marker. `now_ms` is the time of the start.
  stale_book(std::int64_t silence_ms, std::size_t state_bytes, std::int64_t now_ms)
      : silence_ms_(silence_ms), bytes_max_(state_bytes), start_ms_(now_ms), base_ms_(now_ms) {}

  /// Reads back what an earlier process wrote; what is damaged ends the reading. Once, at first.
  void recover(std::string_view file);
  /// Samples of the series, the newest of `time_ms`, were received until `received_ms`, and are
  /// stored. However many they are, their sender was silent before them: it may gather several of
  /// its intervals.
  void seen(const series_key& series, const wire_series& labels, std::int64_t time_ms,
            std::int64_t received_ms, place_hint& hint);
  void seen(const series_key& series, const wire_series& labels, std::int64_t time_ms,
            std::int64_t received_ms) {
    place_hint anywhere = 0;
    seen(series, labels, time_ms, received_ms, anywhere);
  }
  /// `seen` is called with this hint soon.
  void expect(place_hint hint) const { entries_.expect(hint); }
  /// Its sender says that the series ended at `time_ms`: it owes a marker at once, unless it has
  /// newer samples or is not known.
  void end(const series_key& series, std::int64_t time_ms);
  /// Whether all that was received until now is delivered.
  void abreast(bool is, std::int64_t now_ms);
  /// At most so many that are owed now. They stay owed until `sent` or `forget`. Their labels are
  /// valid until then.
  [[nodiscard]] std::vector<marker> owed(std::int64_t now_ms, std::size_t markers_max);
  /// The server has its marker, or will not take it.
  void forget(const series_key& series);
  /// When `owed` may have something; nothing: not before something is seen.
  [[nodiscard]] std::optional<std::int64_t> due_ms() const;

  /// To be appended to the file; empty: nothing.
  [[nodiscard]] std::string take_unwritten();
  /// The process ends: the file is to say when the last sample of each series was, so that a marker
  /// is newer, whatever the clock says then. `write` is called now and then to write what was
  /// noted.
  void note_last_times(const std::function<void()>& write);
  [[nodiscard]] bool wants_rewrite() const noexcept {
    return file_bytes_ > file_bytes_least && file_bytes_ / 2 > live_bytes();
  }
  [[nodiscard]] std::string whole();

  [[nodiscard]] std::size_t series_watched() const noexcept { return index_.size(); }
  /// Series that found no room, each time they were seen.
  [[nodiscard]] std::uint64_t unwatched() const noexcept { return unwatched_; }

 private:
  /// Of a series that an earlier process wrote down without a time, until it is seen.
  static constexpr std::int64_t time_unknown = std::numeric_limits<std::int64_t>::min();
  enum class record_kind : std::uint32_t { seen = 1, gone, interval, ended, last, text };
  /// Encoded labels: before the name, the name, and after it.
  struct label_numbers {
    shared_texts::number before = 0;
    shared_texts::number name = 0;
    shared_texts::number after = 0;
  };
  /// In one cache line: of many series, each is far from what was looked at last.
  struct alignas(64) entry {
    series_key series;
    /// Of its newest sample.
    std::int64_t time_ms = time_unknown;
    std::int64_t received_ms = 0;
    /// Its place in `due_`; 0: none.
    std::int64_t due_ms = 0;
    std::uint32_t interval_ms = 0;
    label_numbers labels;
    /// The place is not free.
    bool watched : 1 = false;
    /// None of this process: `time_ms` may not have been its newest one.
    bool of_before : 1 = false;
    /// The interval is of this process, not of the file alone, which may have an early one.
    bool learnt : 1 = false;
  };
  static_assert(sizeof(entry) == 64);

  [[nodiscard]] std::uint32_t place_of(const series_key& series, place_hint hint = 0) const;
  [[nodiscard]] auto series_at() const {
    return [this](std::uint32_t place) -> const series_key& { return entries_[place].series; };
  }
  [[nodiscard]] wire_series wire_of(const entry& one) const;
  [[nodiscard]] std::int64_t silent_at(const entry& one) const;
  [[nodiscard]] marker marker_of(std::uint32_t place) const;
  [[nodiscard]] std::size_t bytes() const noexcept {
    return index_.size() * series_bytes + texts_.bytes();
  }
  /// Of the file, if it had nothing else.
  [[nodiscard]] std::size_t live_bytes() const noexcept;
  void recover_record(record_kind kind, const series_key& series, const wire_series& labels,
                      std::int64_t ms);
  [[nodiscard]] bool has_room_for(const wire_series& labels) const;
  [[nodiscard]] shared_texts::number take(std::string_view text);
  /// Its place; place_index::none: there is no room.
  [[nodiscard]] std::uint32_t add(const series_key& series, const wire_series& labels);
  void schedule(std::uint32_t place, std::int64_t due_ms);
  void learn(std::uint32_t place, std::int64_t interval_ms);
  /// What time to wait follows from.
  void note_interval(std::uint32_t place, std::int64_t interval_ms);
  static void append_text(shared_texts::number number, std::string_view text, std::string& out);
  void append_record(record_kind kind, std::uint32_t place, std::string& out) const;

  std::int64_t silence_ms_;
  std::size_t bytes_max_;
  std::int64_t start_ms_;
  /// Silence before it does not count.
  std::int64_t base_ms_;
  bool abreast_ = false;
  entry_blocks<entry> entries_;
  /// Of `entries_`, those that are free, and where each series is.
  std::vector<std::uint32_t> free_;
  place_index index_;
  shared_texts texts_;
  /// When to look at a place again, rounded up to a second. What an entry does not say is old.
  std::map<std::int64_t, std::vector<std::uint32_t>> due_;
  /// When the series of a place ended, for those that did; and when to look at them next.
  std::unordered_map<std::uint32_t, std::int64_t> ended_;
  std::int64_t ended_due_ms_ = 0;
  std::string unwritten_;
  std::size_t file_bytes_ = 0;
  std::uint64_t unwatched_ = 0;
};

}  // namespace weir
