// SPDX-License-Identifier: Apache-2.0
//
// Delivers to an InfluxDB 1.x or 2.x server: turns batches into requests of its write API, and
// creates databases that clients created through weir. What answers mean stands in answers.cpp, how
// bytes travel is transfer's part. Pure. Lives on its sink's thread.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "codec/gzip.hpp"
#include "config/settings.hpp"
#include "net/transfer.hpp"
#include "sinks/target.hpp"

namespace weir {

/// What the target works with. What is pointed to must outlive it.
struct influxdb_parts {
  transfer& http;
  compression_mode compression = compression_mode::automatic;
  /// Whether a client created this database through weir. Empty: none did.
  std::function<bool(std::string_view)> created_through_weir = {};
};

class influxdb_target final : public target {
 public:
  /// `sink_name` is for the journal.
  influxdb_target(std::string sink_name, const influxdb_settings& settings, influxdb_parts parts);

  void deliver(const batch& source, done on_done) override;
  void abort() override { parts_.http.abort(); }
  [[nodiscard]] bool needs_cuts() const noexcept override { return true; }

 private:
  void on_write_reply(const lane_key& lane, const http_reply& reply, std::uint64_t bytes,
                      const done& on_done);
  [[nodiscard]] bool may_create(const lane_key& lane) const;
  void create_database(const lane_key& lane, attempt_result refused_write, done on_done);

  const std::string sink_name_;
  const influxdb_settings settings_;
  influxdb_parts parts_;
  gzip_compressor compressor_;
  /// Lanes whose database was created since the server took points of theirs last. If it is still
  /// missing then, the lane is held rather than the database created in a circle.
  std::set<lane_key> creation_tried_;
  /// Lanes whose creation the journal has since then.
  std::set<lane_key> creation_reported_;
};

}  // namespace weir
