// SPDX-License-Identifier: Apache-2.0
//
// Delivers to an InfluxDB 1.x, 2.x or 3.x server: turns batches into requests of its write API, has
// what it refuses found (write_plan.cpp), and creates databases that clients created through weir.
// What answers mean stands in answers.cpp, how bytes travel is transfer's part. Pure. Lives on its
// sink's thread.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "codec/gzip.hpp"
#include "config/settings.hpp"
#include "net/transfer.hpp"
#include "observe/metrics.hpp"
#include "sinks/influxdb/answers.hpp"
#include "sinks/influxdb/suspicion_book.hpp"
#include "sinks/influxdb/write_plan.hpp"
#include "sinks/target.hpp"

namespace weir {

/// What the target works with. What is pointed to must outlive it.
struct influxdb_parts {
  transfer& http;
  compression_mode compression = compression_mode::automatic;
  /// Whether a client created this database through weir. Empty: none did.
  std::function<bool(std::string_view)> created_through_weir = {};
  /// Whether the server has to do something to this database before points of it may go there.
  /// Empty: nothing is ever to be done.
  std::function<bool(std::string_view)> waits_for_server = {};
  /// Told when the server lacks a lane's database or retention policy. May be empty.
  std::function<void(const lane_key&)> server_lacks = {};
  /// Requests sent to find what the server refused; read on any thread. Null: they are not counted.
  std::shared_ptr<counter> bisection_requests = {};
};

class influxdb_target final : public target {
 public:
  /// `sink_name` is for the journal.
  influxdb_target(std::string sink_name, const influxdb_settings& settings, influxdb_parts parts);

  void deliver(const batch& source, done on_done) override;
  void abort() override { parts_.http.abort(); }
  void forget(const lane_key& lane) override;
  /// Its database was created through weir since.
  [[nodiscard]] bool may_pass_now(const lane_key& lane) const override {
    return !creation_tried_.contains(lane) && may_create(lane) && !waits(lane);
  }
  [[nodiscard]] bool needs_cuts() const noexcept override { return true; }

 private:
  /// A batch under way.
  struct delivery_work;
  using work_ptr = std::shared_ptr<delivery_work>;

  void send(const work_ptr& work, request_body body);
  void on_write_reply(const work_ptr& work, const http_reply& reply);
  void on_first_answer(const work_ptr& work, influxdb_write_answer answer);
  void look_into(const work_ptr& work, write_plan::cause why, const influxdb_write_answer& answer);
  void go_on(const work_ptr& work);
  void finish(const work_ptr& work, attempt_result result);
  [[nodiscard]] bool may_create(const lane_key& lane) const;
  [[nodiscard]] bool waits(const lane_key& lane) const {
    return parts_.waits_for_server && parts_.waits_for_server(lane.database);
  }
  void create_database(const work_ptr& work);

  const std::string sink_name_;
  const influxdb_settings settings_;
  influxdb_parts parts_;
  gzip_compressor compressor_;
  /// Lanes whose database was created since the server took points of theirs last. If it is still
  /// missing then, the lane is held rather than the database created in a circle.
  std::set<lane_key> creation_tried_;
  /// Lanes whose creation the journal has since then.
  std::set<lane_key> creation_reported_;
  suspicion_book suspicions_;
};

}  // namespace weir
