// SPDX-License-Identifier: Apache-2.0
//
// Series of databases that have limits, as the weirs of one topic tell each other of them
// (docs/log_kafka.md, "Limits of series"): new ones at once, in records of many; now and then all
// that lines brought here, so that what nobody sees any more ages. What others tell is entered in
// the gate's memory, which then counts the series of all weirs. It decides what is written and
// reads what was; the topic itself is shared_topic's. `take` and `due` are called on one thread,
// the rest on any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/series_record.hpp"
#include "fleet/shared_record.hpp"
#include "gate/series/gate_memory.hpp"
#include "gate/series/series_news.hpp"
#include "kafka/client.hpp"
#include "observe/metrics.hpp"

namespace weir {

class shared_series {
 public:
  struct options {
    /// Tells this process from all others.
    std::uint64_t process = 0;
    /// A series that was not seen for so long counts no more (limits.series_idle).
    std::uint32_t idle_s = 7 * 24 * 3600;
    std::function<std::int64_t()> wall_ns;
    /// New series wait for others so long, and for the next round of all at least so long.
    std::int64_t news_pause_ns = 500'000'000;
    std::int64_t round_pause_ns = 60'000'000'000;
    /// Of this process in the topic: with so many more than the last round left, all its series are
    /// told anew in few.
    std::size_t records_max = 1'000;
  };
  /// `remembered` outlives it.
  shared_series(options how, gate_memory& remembered);

  /// Before anything is remembered or taken. `secret`: the same for all weirs of the topic, and
  /// unknown to those who write lines.
  void begin(std::string_view secret);

  /// A record of series; false: it is damaged.
  [[nodiscard]] bool take(const shared_record& read, const kafka_record& record);

  enum class sent : std::uint8_t { news, round, removal };
  struct outgoing {
    sent kind = sent::news;
    std::string key;
    /// Nothing: a tombstone.
    std::optional<std::string> value;
  };
  /// What is to be written now, in this order; `reported` says what became of each.
  [[nodiscard]] std::vector<outgoing> due();
  /// Of it the new series alone.
  [[nodiscard]] std::vector<outgoing> take_news();
  void reported(sent kind, bool is_written);
  /// See series_news.
  void on_many(std::function<void()> send) { news_.on_many(std::move(send)); }

  void collect(metric_collector& out) const;
  /// Series that others told of and for which the table has no room.
  [[nodiscard]] std::uint64_t beyond() const noexcept { return beyond_.load(); }
  /// Records of this process in the topic.
  [[nodiscard]] std::size_t standing() const;

 private:
  /// A round through the table, some of it at a time.
  struct round {
    std::size_t shard = 0;
    /// Records of before, which are removed when all is written.
    std::size_t before = 0;
    std::int64_t now_ns = 0;
  };
  struct seen_series {
    const database_memory* database = nullptr;
    const measurement_record* measurement = nullptr;
    std::uint32_t age_s = 0;
    std::uint64_t series = 0;
  };

  [[nodiscard]] static std::uint64_t check_of(const database_memory& database);
  void enter(const series_batch& batch, database_memory& database, told_series told,
             std::int64_t now_ns);
  void spell(std::vector<seen_series> series, sent kind, std::vector<outgoing>& out);
  void begin_round(std::int64_t now_ns);
  void go_on_with_round(std::vector<outgoing>& out);
  void end_round(std::vector<outgoing>& out);
  void remove_old(std::int64_t now_ns, std::vector<outgoing>& out);

  const options how_;
  const std::string who_;
  gate_memory& remembered_;
  series_news news_;
  bool shares_ = false;

  mutable std::mutex lock_;  // of the two below
  std::uint64_t numbers_ = 0;
  /// Keys of this process' records.
  std::deque<std::string> standing_;

  // Of the topic's thread.
  std::int64_t news_sent_ns_ = 0;
  std::int64_t last_round_ns_ = 0;
  bool wants_round_ = false;
  std::optional<round> round_;
  /// Records that stood when the last one had ended.
  std::size_t round_left_ = 0;
  /// Records of others, and when they were written (milliseconds).
  std::map<std::string, std::int64_t> others_;
  std::int64_t removed_ns_ = 0;

  std::atomic<std::size_t> unreported_{0};
  std::atomic<bool> round_failed_{false};
  std::atomic<std::uint64_t> told_{0};
  std::atomic<std::uint64_t> learnt_{0};
  std::atomic<std::uint64_t> beyond_{0};
  std::atomic<std::uint64_t> foreign_{0};
};

}  // namespace weir
