// SPDX-License-Identifier: Apache-2.0
//
// Reads the schema of one InfluxDB at intervals: how long its databases keep points, and the types
// of their fields. While the server is down, the last schema stays in force. `schema_reader`
// decides and reads; it does no I/O and is given the time. `schema_reader_thread` runs it on a
// thread of its own, so that a slow server delays no write.
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

/// What a reader works with. All functions are called on the reader's thread.
struct schema_reader_parts {
  /// The databases known to weir at the moment that learn from this sink.
  std::function<std::vector<std::string>()> databases;
  /// Takes the whole schema after a change.
  std::function<void(const upstream_schema&)> publish;
  /// Takes a field's type as the server has it. Empty: types are not asked for.
  std::function<void(std::string_view database, std::string_view measurement,
                     std::string_view field, field_type type)>
      take_type;
  /// Sends a request and waits for its answer.
  std::function<http_reply(const transfer_request&)> ask;
  /// The retention policies (an empty name: the default) that points of a database were accepted
  /// for. Empty function: the default policy of each database.
  std::function<std::vector<std::string>(const std::string& database)> written = nullptr;
  /// Whether a database that weir knows only from the server's list would learn from this sink, so
  /// that its types are asked for before its first point comes. Empty: none would.
  std::function<bool(const std::string& database, const std::string& policy)> reads = nullptr;
};

/// Decides what is asked when, and reads the answers. One thread, but for `collect`.
class schema_reader {
 public:
  schema_reader(const sink_settings& settings, schema_reader_parts parts, upstream_schema known);

  /// Asks what is due. `now_ms`: milliseconds of a steady clock.
  void turn(std::int64_t now_ms);

  /// Any thread.
  void collect(metric_collector& out) const;

 private:
  [[nodiscard]] outcome turn_of_version_1(std::int64_t now_ms);
  [[nodiscard]] outcome turn_of_version_2(std::int64_t now_ms);
  [[nodiscard]] outcome ask_database(const std::string& database);
  [[nodiscard]] outcome ask_types(const std::string& database, std::size_t& types);
  /// Version 2: reads the list of all buckets, with their ids.
  [[nodiscard]] outcome list_buckets(const std::vector<std::string>& wanted, std::int64_t now_ms);
  void note_missing(const std::vector<std::string>& wanted, const std::set<std::string>& listed);
  void await_types(const std::set<std::string>& listed);
  /// Whether the sink's `databases` match this one.
  [[nodiscard]] bool delivers(const std::string& database) const;
  /// The buckets that points of a database went to; without such, that of points without a policy.
  [[nodiscard]] std::set<std::string> buckets_of(const std::string& database) const;
  [[nodiscard]] outcome ask_types_of(const std::set<std::string>& databases, std::int64_t now_ms);
  [[nodiscard]] outcome ask_bucket_types(const std::string& database);
  /// The answer about the field keys of a bucket, in InfluxDB's JSON.
  [[nodiscard]] result<std::string> field_keys_of(const std::string& bucket);
  [[nodiscard]] http_reply send(transfer_request request);
  [[nodiscard]] result<std::string> ask(transfer_request request);
  [[nodiscard]] transfer_request query_request(const std::string& query) const;
  [[nodiscard]] bool is_due(const std::string& database, std::int64_t now_ms) const;
  void failed(const std::string& why, std::int64_t now_ms);

  const sink_settings settings_;
  schema_reader_parts parts_;
  upstream_schema schema_;
  /// Time of the last answer about each database, milliseconds of the steady clock.
  std::map<std::string, std::int64_t> asked_;
  /// Version 2: the time of the last list of buckets, and the buckets missing in it (journalled
  /// once).
  std::optional<std::int64_t> listed_ms_;
  std::set<std::string> missing_;
  std::atomic<std::uint64_t> missing_count_{0};
  /// Databases first seen in a list, and those of them whose types were not asked for yet.
  std::set<std::string> types_seen_;
  std::set<std::string> types_awaited_;
  /// The bucket whose field keys were asked for last in this turn, and the answer.
  std::pair<std::string, std::string> keys_of_bucket_;
  /// The last request got an answer, be it an error.
  bool was_answered_ = true;
  /// Databases whose first answer is in the journal; of version 2, "" stands for the list of
  /// buckets.
  std::set<std::string> journalled_;
  std::int64_t pause_ms_ = 0;
  std::int64_t not_before_ms_ = 0;
  bool has_failed_ = false;
  counter questions_;
  counter failures_;
  std::atomic<std::uint64_t> policies_{0};
};

/// A schema_reader, its libcurl handle and the thread that they live on.
class schema_reader_thread {
 public:
  schema_reader_thread(const sink_settings& settings, schema_reader_parts parts,
                       upstream_schema known);
  ~schema_reader_thread();
  schema_reader_thread(const schema_reader_thread&) = delete;
  schema_reader_thread& operator=(const schema_reader_thread&) = delete;

  /// Ends the request under way and the thread. The destructor calls it too.
  void stop();
  void collect(metric_collector& out) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir
