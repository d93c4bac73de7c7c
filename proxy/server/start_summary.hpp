// SPDX-License-Identifier: Apache-2.0
//
// What the journal's first line says of the log that was found and of what the sinks have still to
// deliver. Reads the same numbers as /metrics. Pure.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "intake/address.hpp"
#include "observe/metrics.hpp"

namespace weir {

/// `log.acknowledge` as the configuration spells it.
[[nodiscard]] std::string_view promise_of(acknowledge_mode mode) noexcept;

/// "the status page is at http://127.0.0.1:8086/": at the first address that serves it, as a person
/// on this machine writes it; empty where only Unix sockets do. `http` are the addresses taken, in
/// the configuration's order.
[[nodiscard]] std::string status_page_words(const http_settings& configured,
                                            const std::vector<listen_address>& http);

class start_numbers final : public metric_collector {
 public:
  void counter_value(std::string_view name, std::string_view help, double value,
                     std::initializer_list<label> labels) override;
  void gauge_value(std::string_view name, std::string_view help, double value,
                   std::initializer_list<label> labels) override;
  void histogram_value(std::string_view, std::string_view, const histogram_counts&,
                       std::initializer_list<label>) override {}

  /// "log /srv/weir-data (written): 3 frames, 5 KiB, at most 4GiB", or of a topic "log in Kafka
  /// (written): topic weir at kafka-1:9092, 12 partitions".
  /// `working_directory`: what a relative `log.directory` is relative to; absolute.
  [[nodiscard]] std::string log_summary(const log_settings& log,
                                        const std::filesystem::path& working_directory) const;
  /// "sinks: influx (influxdb http://127.0.0.1:8087, 12 points pending)".
  [[nodiscard]] std::string sink_summary(const settings& configured) const;

 private:
  [[nodiscard]] std::uint64_t of_log(std::string_view name) const;

  std::map<std::string, double, std::less<>> log_;
  std::map<std::string, double, std::less<>> pending_;
};

}  // namespace weir
