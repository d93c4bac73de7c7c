// SPDX-License-Identifier: Apache-2.0
//
// Speaks to an InfluxDB 1.x or 2.x server: turns batches into requests of its write API. What the
// answers mean is delivery's part, how bytes travel is transfer's. Pure.
#pragma once

#include <string>
#include <string_view>

#include "codec/gzip.hpp"
#include "config/settings.hpp"
#include "net/transfer.hpp"
#include "sinks/deliverer.hpp"

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
  const sink_settings settings_;
  compression_mode compression_;
  transfer& http_;
  gzip_compressor compressor_;
};

}  // namespace weir
