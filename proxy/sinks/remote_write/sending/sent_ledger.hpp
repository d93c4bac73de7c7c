// SPDX-License-Identifier: Apache-2.0
//
// What the server has, or may have, so that nothing is sent that would make it refuse a whole
// request: the last time tried of each series, and each sample of batches that are begun but not
// yet behind the cursor. The latter is written to a file before each request goes out, so that a
// batch begun before a crash is gone on with where it was (docs/prometheus_mapping.md). A request
// that holds several samples of a series and got no answer is a *question*: sent once more, a
// server that has it refuses it, so it is asked first (lost_request.hpp). Each connection has at
// most one request under way, and which one a sample went over is forgotten with the answer: their
// number may be another one at any time. Pure: it says what to write. Lives on its sink's thread.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "log/frame_log.hpp"
#include "sinks/discard.hpp"
#include "sinks/remote_write/sending/series_times.hpp"

namespace weir {

struct sent_sample {
  series_key series;
  std::int64_t time_ms = 0;
  friend bool operator==(const sent_sample&, const sent_sample&) = default;
};

struct series_hasher {
  std::size_t operator()(const series_key& key) const noexcept { return key.low; }
  std::size_t operator()(const sent_sample& one) const noexcept {
    return one.series.low ^ (static_cast<std::uint64_t>(one.time_ms) * 0x9E3779B97F4A7C15ULL);
  }
};

/// Samples of a batch that is not done which the server refused for good.
using refused_samples = std::unordered_map<sent_sample, discard_reason, series_hasher>;

class sent_ledger {
 public:
  /// What one series costs in the table, about.
  static constexpr std::size_t series_bytes = 80;
  /// A file of less is not written anew for its stale entries alone.
  static constexpr std::size_t file_bytes_least = std::size_t{1} << 20;

  /// `state_bytes` bound the table of last times; the series not seen for longest are forgotten.
  explicit sent_ledger(std::size_t state_bytes);

  /// A batch of `lane`, its last frame `last_position`, is begun, or gone on with.
  void begin(const lane_key& lane, log_position last_position);
  /// Of the batch begun last something was sent before, or may have been: `delivered` and
  /// `uncertain` are worth asking.
  [[nodiscard]] bool knows_of_earlier() const noexcept {
    return !known_.empty() || !uncertain_.empty();
  }
  /// Whether the server took this very sample in an earlier attempt at the batch.
  [[nodiscard]] bool delivered(const sent_sample& one) const { return known_.contains(one); }
  /// Whether it was sent, and is not known to be stored, nor to be refused for good.
  [[nodiscard]] bool uncertain(const sent_sample& one) const { return uncertain_.contains(one); }
  /// The number of the lost request that it was in; 0: none, or one that may be sent again as it
  /// is.
  [[nodiscard]] std::uint32_t question(const sent_sample& one) const;
  /// Whether it is the newest of its series in its lost request.
  [[nodiscard]] bool newest_of_question(const sent_sample& one) const;
  /// The newest time that the server has, or may have, of the series.
  [[nodiscard]] std::optional<std::int64_t> last(const series_key& series) {
    place_hint anywhere = 0;
    return last(series, anywhere);
  }
  [[nodiscard]] std::optional<std::int64_t> last(const series_key& series, place_hint& hint) {
    return times_.find(series, hint);
  }
  /// `last` is asked with this hint soon.
  void expect(place_hint hint) const { times_.expect(hint); }
  /// The server has, or may have, this sample, which is of no batch.
  void note(const sent_sample& one) { raise(one); }
  /// These samples of the batch begun last are about to be sent, those of a series together and in
  /// order of time. Then one of the next three is called. Requires: no other request is under way
  /// on this connection (any number), nor, on any, one with a series of these. `hints`: of the
  /// series, in their order, or none.
  void intend(std::vector<sent_sample> samples, std::uint32_t connection = 0,
              std::span<const place_hint> hints = {});
  /// The server took the samples intended last on this connection.
  void accept(std::uint32_t connection = 0);
  /// It took none of them, but may take some.
  void turn_down(std::uint32_t connection = 0);
  /// Nobody knows: the answer got lost, or says nothing of it. Where nothing is intended, nothing
  /// happens.
  void lose(std::uint32_t connection = 0);
  /// The same on all connections.
  void lose_all();
  /// A question is answered, on this connection, on which nothing is intended now: the server has
  /// its samples.
  void answer_stored(std::uint32_t question, std::uint32_t connection = 0);
  /// The server has something newer of this series than its first sample in that request.
  void answer_ahead(std::uint32_t question, const series_key& series, std::uint32_t connection = 0);
  /// The server has none of its samples.
  void answer_not_stored(std::uint32_t question, std::uint32_t connection = 0);
  /// The server took `first`, which was sent to find out.
  void answer_taken(const sent_sample& first, std::uint32_t connection = 0);
  /// It is settled that the server does not take this sample, or has one as new of its series.
  void refuse(const sent_sample& one);
  /// The batch begun last is done.
  void conclude();
  /// The cursor was kept: all concluded batches, and frames below `low_water`, are behind it.
  void saved(log_position low_water);

  /// To be appended to the file before another request goes out; empty: nothing.
  [[nodiscard]] std::string take_unwritten();
  /// The file is mostly stale and should be replaced by `whole`. Ask after `saved` alone: before
  /// it, the file holds what is done but not behind the cursor, and `whole` does not.
  [[nodiscard]] bool wants_rewrite() const noexcept;
  [[nodiscard]] std::string whole();

  /// Reads a file back; what is damaged in it ends the reading. Batches below `low_water` are
  /// behind the cursor. Once, at the start.
  void recover(std::string_view file, log_position low_water);

  /// The file of a ledger that knows what these files do of batches that are not behind their
  /// cursors (of each the low water is given), for a log in which all of them are below `until`.
  /// Empty: that is nothing.
  struct earlier_file {
    std::string content;
    log_position low_water;
  };
  [[nodiscard]] static std::string moved(std::span<const earlier_file> files, log_position until);

  [[nodiscard]] std::size_t series_known() const noexcept { return times_.size(); }
  /// How often half of the table was forgotten.
  [[nodiscard]] std::uint64_t times_forgotten() const noexcept { return times_.times_forgotten(); }

 private:
  struct group {
    log_position last_position;
    /// Of each request.
    std::vector<std::vector<sent_sample>> requests;
    [[nodiscard]] std::size_t count() const noexcept;
  };
  /// A request that is under way.
  struct intent {
    /// The last frame of its batch.
    log_position until;
    std::vector<sent_sample> samples;
  };
  struct doubt {
    /// The last frame of its batch.
    log_position until;
    std::uint32_t question = 0;
  };

  void raise(const sent_sample& one) {
    place_hint anywhere = 0;
    times_.raise(one.series, one.time_ms, anywhere);
  }
  void recover_record(std::uint32_t kind, std::uint32_t connection, intent read,
                      log_position low_water);
  void doubt_recovered(std::uint32_t connection, log_position low_water);
  [[nodiscard]] intent take_intent(std::uint32_t connection);
  void add_doubt(const intent& about, bool answer_is_lost);
  void close_question(std::uint32_t question);
  template <class Which>
  void keep_stored(std::uint32_t connection, Which which);
  void append_not_stored(const sent_sample& one, std::uint32_t connection);
  static void append_accepted(std::span<const sent_sample> samples, log_position last_position,
                              std::uint32_t connection, std::string& out);
  static void append_group(const group& one, std::string& out);
  void know(const group& one);
  void append_uncertain(std::string& out) const;
  [[nodiscard]] std::size_t live_bytes() const noexcept;

  series_times times_;

  lane_key current_;
  log_position current_last_;
  /// By connection.
  std::map<std::uint32_t, intent> intended_;
  /// Those that `uncertain` tells.
  std::unordered_map<sent_sample, doubt, series_hasher> uncertain_;
  std::uint32_t questions_ = 0;
  /// Samples accepted of batches that are not done, by lane.
  std::map<lane_key, group> open_;
  /// From before the start, or of longer batches than the one done; the cursor tells which are
  /// stale.
  std::vector<group> recovered_;
  /// Those of `recovered_` and of the current lane in `open_`, at the time of `begin`.
  std::unordered_set<sent_sample, series_hasher> known_;
  std::string unwritten_;
  std::size_t file_bytes_ = 0;
};

}  // namespace weir
