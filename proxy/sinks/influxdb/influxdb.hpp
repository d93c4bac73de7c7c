// SPDX-License-Identifier: Apache-2.0
//
// Speaks to an InfluxDB 1.x or 2.x server: turns batches into requests of its write API. What the
// answers mean is delivery's part, how bytes travel is transfer's. Pure.
#pragma once

#include <string>
#include <string_view>

#include "codec/gzip.hpp"
#include "config/settings.hpp"
#include "sinks/deliverer.hpp"
#include "sinks/transfer.hpp"

namespace weir {

class influxdb_deliverer final : public deliverer {
 public:
  /// `http` must outlive it.
  influxdb_deliverer(const sink_settings& settings, compression_mode compression, transfer& http);

  void deliver(const batch& what, done on_done) override;
  void create_database(const std::string& name, done on_done) override;
  void abort() override { http_.abort(); }
  [[nodiscard]] bool needs_cuts() const noexcept override { return true; }

 private:
  [[nodiscard]] transfer_request request_to(std::string path) const;
  [[nodiscard]] std::string write_path_for(const lane_key& lane) const;

  std::string url_;
  std::uint32_t version_;
  std::string username_;
  std::string password_;
  std::string token_;
  std::string organization_;
  std::string bucket_;
  milliseconds timeout_;
  compression_mode compression_;
  transfer& http_;
  gzip_compressor compressor_;
};

/// The bucket that a lane's points go to: `wanted` with its placeholders filled in, or, when that
/// is empty, what InfluxDB 2 calls a database and its retention policy.
[[nodiscard]] std::string bucket_of(std::string_view wanted, const lane_key& lane);

/// `name` as InfluxQL writes an identifier: in double quotes, with escapes.
[[nodiscard]] std::string quoted_identifier(std::string_view name);

}  // namespace weir
