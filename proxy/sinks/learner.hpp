// SPDX-License-Identifier: Apache-2.0
//
// Asks one InfluxDB again and again how long its databases keep points, and of which types their
// fields are. While it is down, what is known stays known. A thread of its own: a server that takes
// its time holds up nobody.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "observe/metrics.hpp"
#include "sinks/learnt.hpp"
#include "sinks/transfer.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// All functions are called on the learner's thread.
struct learner_parts {
  /// The databases that learn from this sink, as of now.
  std::function<std::vector<std::string>()> databases;
  /// There is news; the table is whole.
  std::function<void(const learnt_table&)> publish;
  /// A field's type as the server has it. Empty: types are not asked for.
  std::function<void(std::string_view database, std::string_view measurement,
                     std::string_view field, field_type type)>
      learn_type;
  /// Sends a question and waits for its answer.
  std::function<answer(const transfer_request&)> ask;
};

/// What is asked and when; the thread around it is `learner_thread`. Time is passed in.
class learner {
 public:
  learner(const sink_settings& settings, learner_parts parts, learnt_table known);

  /// Asks what is due. Milliseconds of a clock that only goes forward.
  void turn(std::int64_t now_ms);

  /// Any thread.
  void collect(metric_collector& out) const;

 private:
  [[nodiscard]] outcome turn_of_version_1(std::int64_t now_ms);
  [[nodiscard]] outcome turn_of_version_2(std::int64_t now_ms);
  [[nodiscard]] outcome ask_database(const std::string& database);
  [[nodiscard]] outcome ask_types(const std::string& database, std::size_t& types);
  [[nodiscard]] result<std::string> ask(transfer_request request);
  [[nodiscard]] transfer_request query_request(const std::string& query) const;
  [[nodiscard]] transfer_request buckets_request(std::size_t offset) const;
  [[nodiscard]] bool is_due(const std::string& database, std::int64_t now_ms) const;
  void failed(const std::string& why, std::int64_t now_ms);

  const sink_settings settings_;
  const std::string url_;
  learner_parts parts_;
  learnt_table table_;
  /// When each database was asked about last.
  std::map<std::string, std::int64_t> asked_;
  /// Databases whose first answer was told; of version 2, "" stands for all.
  std::set<std::string> told_;
  std::int64_t pause_ms_ = 0;
  std::int64_t not_before_ms_ = 0;
  bool has_failed_ = false;
  counter questions_;
  counter failures_;
  std::atomic<std::uint64_t> policies_{0};
};

/// A learner, its libcurl handle and the thread that they live on.
class learner_thread {
 public:
  learner_thread(const sink_settings& settings, learner_parts parts, learnt_table known);
  ~learner_thread();
  learner_thread(const learner_thread&) = delete;
  learner_thread& operator=(const learner_thread&) = delete;

  /// Ends the question under way and the thread. Once; the destructor does it too.
  void stop();
  void collect(metric_collector& out) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir
