// SPDX-License-Identifier: Apache-2.0
//
// A batch of lines as samples: read, filtered, and ordered so that requests made of them in turn
// (sample_run.hpp) keep each series in order. It also keeps what became of each point. Samples of a
// line stay one row as long as all of them go the same way, which costs a fraction; where anything
// was sent, refused or doubled before, they are single. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sinks/discard.hpp"
#include "sinks/mapping/series_mapper.hpp"
#include "sinks/remote_write/known_series.hpp"
#include "sinks/remote_write/sending/sent_ledger.hpp"
#include "sinks/remote_write/wire/wire.hpp"

namespace weir {

/// Milliseconds from nanoseconds, rounded towards the past also before 1970.
[[nodiscard]] constexpr std::int64_t to_milliseconds(std::int64_t ns) noexcept {
  return ns / 1'000'000 - (ns % 1'000'000 < 0 ? 1 : 0);
}

struct sample {
  std::int64_t time_ms = 0;
  double value = 0;
  std::uint32_t series = 0;
  std::uint32_t point = 0;
  /// Where a request has each series once: how many samples of the series are sent before it.
  std::uint32_t round = 0;
  /// It was sent in a request whose answer got lost: the ledger's number of that; 0: it was not.
  std::uint32_t question = 0;
};

/// Samples of one point, of series whose numbers follow one another.
struct sample_row {
  std::int64_t time_ms = 0;
  /// The first one's.
  std::uint32_t series = 0;
  std::uint32_t count = 0;
  std::uint32_t point = 0;
  /// Where the values begin.
  std::uint32_t values = 0;
};

/// What a batch is read by.
struct sample_rules {
  std::int64_t now_ms = 0;
  /// A request may hold several samples of a series.
  bool several = true;
  /// What is older than what was sent of its series is sent all the same.
  bool older = false;
  /// Older samples are given up.
  std::int64_t least_ms = std::numeric_limits<std::int64_t>::min();
  /// What was refused in an earlier attempt at the batch; null: nothing.
  const refused_samples* refused = nullptr;
};

/// What was counted while a batch was read and sent, in samples.
struct sample_counts {
  std::uint64_t delivered = 0;
  discard_counts discarded;
  std::uint64_t inexact = 0;
  /// Labels that were cut, or stand in a hash, because of a limit.
  std::uint64_t cut_labels = 0;
};

class sample_batch {
 public:
  /// Samples further ahead of the clock make a Prometheus refuse all others until then.
  static constexpr std::int64_t future_ms_max = 600'000;

  /// What one batch leaves to the next one: memory, and nothing that it says.
  struct buffers;
  /// Canonical lines. `known` must outlive it, and begin no other batch before; so must `spare`
  /// (may be null), which it takes, and gives back at its end.
  sample_batch(std::string lines, known_series& known, buffers* spare = nullptr);
  ~sample_batch();
  sample_batch(const sample_batch&) = delete;
  sample_batch& operator=(const sample_batch&) = delete;

  /// Reads the lines; of what the ledger knows to be delivered or hopeless nothing is left.
  /// Requires: the mapper and the known series began their database. New names are kept when this
  /// returns. What `reader` read before is forgotten; its buffers serve the next batch.
  void read(const sample_rules& rules, sent_ledger& ledger, series_mapper& mapper,
            line_reader& reader);

  /// To be sent, by time, while all of them are rows: `samples` are none then.
  [[nodiscard]] const std::vector<sample_row>& rows() const noexcept { return rows_; }
  [[nodiscard]] double value(const sample_row& of, std::uint32_t index) const {
    return values_[of.values + index];
  }
  /// Makes single samples of the rows, in their order.
  void take_apart();
  /// Else to be sent, by time; in rounds, and by time within a round, where a request has a series
  /// once.
  [[nodiscard]] const std::vector<sample>& samples() const noexcept { return samples_; }
  /// From then on there are none, and the order of these is the taker's matter.
  [[nodiscard]] std::vector<sample_row> take_rows() noexcept { return std::move(rows_); }
  [[nodiscard]] std::vector<sample> take_samples() noexcept { return std::move(samples_); }
  /// Of samples to be sent.
  [[nodiscard]] std::size_t count() const noexcept {
    return rows_.empty() ? samples_.size() : values_.size();
  }
  /// Between the oldest and the newest of them.
  [[nodiscard]] std::int64_t span_ms() const;
  /// One of them was sent in a request whose answer got lost.
  [[nodiscard]] bool has_questions() const;
  [[nodiscard]] std::size_t series_count() const noexcept { return known_.count(); }
  /// As known_series::shares.
  [[nodiscard]] std::vector<std::uint32_t> shares(std::size_t count) const {
    return known_.shares(count);
  }
  /// Bytes of its labels in a request of version 1, about.
  [[nodiscard]] std::size_t label_bytes(std::uint32_t series) const {
    return known_.label_bytes(series);
  }
  /// No series has more.
  [[nodiscard]] std::size_t label_bytes_most() const noexcept { return known_.label_bytes_most(); }
  /// The number of a series, as samples have it; nothing: it is not in the batch.
  [[nodiscard]] std::optional<std::uint32_t> number_of(const series_key& series) const {
    return known_.number_of(series);
  }
  [[nodiscard]] sent_sample sent_of(const sample& one) const {
    return {known_.key(one.series), one.time_ms};
  }

  /// What a request needs of a sample's series. Valid as long as this is.
  [[nodiscard]] sent_series series_of(const sample& one) const { return series(one.series); }
  [[nodiscard]] sent_series series(std::uint32_t number) const { return known_.sent(number); }
  [[nodiscard]] series_places& places_of(const sample& one) { return known_.places(one.series); }

  void deliver(const sample& one);
  void deliver(const sample_row& row);
  /// The server refused it: its line is to be kept.
  void refuse(const sample& one, discard_reason reason);

  /// Points none of whose samples is stored, by reason. At most `points_max` in all.
  [[nodiscard]] discard_counts discarded_points(std::uint64_t points_max) const;
  /// Lines with a sample that the server refused.
  [[nodiscard]] std::string refused_lines() const;
  [[nodiscard]] const sample_counts& counts() const noexcept { return counts_; }
  /// Of those to be sent: with `of` its series and its time.
  template <class Of>
  void for_each_sample(Of of) const {
    for (const sample_row& row : rows_) {
      for (std::uint32_t i = 0; i < row.count; ++i) {
        of(known_.key(row.series + i), row.time_ms);
      }
    }
    for (const sample& one : samples_) {
      of(known_.key(one.series), one.time_ms);
    }
  }
  /// Series of which something is stored: with `of` its key, labels, newest time and places, and
  /// those of a series whose turn is soon.
  template <class Of>
  void for_each_stored(Of of) {
    const auto count = static_cast<std::uint32_t>(newest_ms_.size());
    for (std::uint32_t i = 0; i < count; ++i) {
      known_.expect(std::min(i + 2 * ahead, count - 1));
      if (newest_ms_[i] != never) {
        of(known_.key(i), known_.wire(i), newest_ms_[i], known_.places(i),
           known_.places(std::min(i + ahead, count - 1)));
      }
    }
  }
  /// A sample that comes soon: its series is brought nearer.
  void expect(const sample& one) const { known_.expect(one.series); }
  void expect_labels(const sample& one) const { known_.expect_labels(one.series); }
  /// The same of a row's series, and of their labels.
  void expect(const sample_row& row) const {
    for (std::uint32_t i = 0; i < row.count; ++i) {
      known_.expect(row.series + i);
    }
  }
  void expect_labels(const sample_row& row) const { known_.expect_labels(row.series); }
  /// So many samples or series ahead of those that are looked at.
  static constexpr std::uint32_t ahead = 20;

 private:
  struct span_of {
    std::uint32_t at = 0;
    std::uint32_t bytes = 0;
  };
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::min();
  struct series_entry {
    std::uint32_t rounds = 0;
    // What the ledger says, once it was asked.
    bool asked = false;
    bool last_is_uncertain = false;
    std::optional<std::int64_t> last_sent_ms{};
  };
  /// The best that came of a point's samples so far.
  enum class fate : std::uint8_t { nothing, discarded, delivered };
  struct point_entry {
    span_of line;
    fate now = fate::nothing;
    discard_reason reason = discard_reason::refused;
    bool refused = false;
  };

  void note_broken_line();
  void read_point(const point_view& point, std::int64_t now_ms, series_mapper& mapper);
  [[nodiscard]] bool read_row(const point_view& point, std::int64_t time_ms,
                              known_series::line& line, const series_mapper& mapper);
  void append_sample(std::int64_t time_ms, std::uint32_t series, double value);
  void note_times(const sample_row& row);
  void note_all_times();
  [[nodiscard]] bool may_be_rows(const sample_rules& rules, sent_ledger& ledger);
  [[nodiscard]] bool is_new_to(sent_ledger& ledger, bool older);
  series_entry& asked(const sample& one, sent_ledger& ledger);
  void note(std::uint32_t point, discard_reason reason);
  template <class Then>
  void for_each_pair_of_a_series(Then then) const;
  void keep_last_of_each_time();
  void drop_too_old(std::int64_t least_ms);
  void drop_what_is_sent(const sample_rules& rules, sent_ledger& ledger);
  void order(bool several);

  void exchange(buffers& with) noexcept;

  std::string lines_;
  known_series& known_;
  buffers* const spare_;
  std::vector<sample_row> rows_;
  std::vector<double> values_;
  std::vector<sample> samples_;
  // By the numbers of their series, of the samples that were read: the first one's time and the
  // last one's.
  std::vector<std::int64_t> first_read_ms_;
  std::vector<std::int64_t> last_read_ms_;
  /// Of the samples that the server has; never: it has none. Empty: it has nothing yet.
  std::vector<std::int64_t> newest_ms_;
  /// Of single samples alone.
  std::vector<series_entry> series_;
  std::vector<point_entry> points_;
  sample_counts counts_;
  /// Each series' samples were read in order of their times, and none twice.
  bool in_order_ = true;
};

struct sample_batch::buffers {
  /// More than that of one kind is given back.
  static constexpr std::size_t bytes_max = std::size_t{16} << 20;

  std::string lines;
  std::vector<double> values;
  std::vector<std::int64_t> first_read_ms;
  std::vector<std::int64_t> last_read_ms;
  std::vector<std::int64_t> newest_ms;
  std::vector<point_entry> points;
};

}  // namespace weir
