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
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "net/transfer.hpp"
#include "observe/metrics.hpp"
#include "upstream/upstream_schema.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// All functions are called on the learner's thread.
struct schema_reader_parts {
  /// The databases that learn from this sink, as of now: those that weir has heard of.
  std::function<std::vector<std::string>()> databases;
  /// There is news; the table is whole.
  std::function<void(const upstream_schema&)> publish;
  /// A field's type as the server has it. Empty: types are not asked for.
  std::function<void(std::string_view database, std::string_view measurement,
                     std::string_view field, field_type type)>
      take_type;
  /// Sends a question and waits for its answer.
  std::function<http_reply(const transfer_request&)> ask;
  /// Of a database, the retention policies (empty: the default) that points were accepted for.
  /// Empty: of each database the default one.
  std::function<std::vector<std::string>(const std::string& database)> written = nullptr;
  /// Whether a database that only the server has told of would learn from this sink, so that its
  /// types are asked for before its first point comes. Empty: none would.
  std::function<bool(const std::string& database, const std::string& policy)> reads = nullptr;
};

/// What is asked and when; the thread around it is `schema_reader_thread`. Time is passed in.
class schema_reader {
 public:
  schema_reader(const sink_settings& settings, schema_reader_parts parts, upstream_schema known);

  /// Asks what is due. Milliseconds of a clock that only goes forward.
  void turn(std::int64_t now_ms);

  /// Any thread.
  void collect(metric_collector& out) const;

 private:
  [[nodiscard]] outcome turn_of_version_1(std::int64_t now_ms);
  [[nodiscard]] outcome turn_of_version_2(std::int64_t now_ms);
  [[nodiscard]] outcome ask_database(const std::string& database);
  [[nodiscard]] outcome ask_types(const std::string& database, std::size_t& types);
  /// Version 2: all buckets, with their ids.
  [[nodiscard]] outcome list_buckets(const std::vector<std::string>& wanted, std::int64_t now_ms);
  void tell_missing(const std::vector<std::string>& wanted, const std::set<std::string>& listed);
  void await_types(const std::set<std::string>& listed);
  /// Whether the sink takes the database.
  [[nodiscard]] bool delivers(const std::string& database) const;
  /// The buckets that points of a database went to, or would without a retention policy.
  [[nodiscard]] std::set<std::string> buckets_of(const std::string& database) const;
  [[nodiscard]] outcome ask_types_of(const std::set<std::string>& databases, std::int64_t now_ms);
  [[nodiscard]] outcome ask_bucket_types(const std::string& database);
  /// The field keys of a bucket, in InfluxDB's JSON.
  [[nodiscard]] result<std::string> field_keys_of(const std::string& bucket);
  [[nodiscard]] http_reply send(transfer_request request);
  [[nodiscard]] result<std::string> ask(transfer_request request);
  [[nodiscard]] transfer_request query_request(const std::string& query) const;
  [[nodiscard]] bool is_due(const std::string& database, std::int64_t now_ms) const;
  void failed(const std::string& why, std::int64_t now_ms);

  const sink_settings settings_;
  schema_reader_parts parts_;
  upstream_schema table_;
  /// When each database was asked about last.
  std::map<std::string, std::int64_t> asked_;
  /// Version 2: when the buckets were listed last, and which ones that list lacked (told once).
  std::optional<std::int64_t> listed_ms_;
  std::set<std::string> missing_;
  std::atomic<std::uint64_t> missing_count_{0};
  /// Databases that a list told of first, and those of them whose types were not asked for yet.
  std::set<std::string> types_seen_;
  std::set<std::string> types_awaited_;
  /// The bucket whose field keys were asked for last in this turn, and the answer.
  std::pair<std::string, std::string> keys_of_bucket_;
  /// The last question got an answer, if not the one wanted.
  bool was_answered_ = true;
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
class schema_reader_thread {
 public:
  schema_reader_thread(const sink_settings& settings, schema_reader_parts parts,
                       upstream_schema known);
  ~schema_reader_thread();
  schema_reader_thread(const schema_reader_thread&) = delete;
  schema_reader_thread& operator=(const schema_reader_thread&) = delete;

  /// Ends the question under way and the thread. Once; the destructor does it too.
  void stop();
  void collect(metric_collector& out) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir
