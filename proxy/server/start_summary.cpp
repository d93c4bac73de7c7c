// SPDX-License-Identifier: Apache-2.0
#include "server/start_summary.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/counted.hpp"
#include "config/keys/keys.hpp"
#include "config/sinks/sink_kinds.hpp"
#include "config/units.hpp"

namespace weir {
namespace {

std::string destination_of(const sink_settings& sink) {
  const std::string where = kind_of(sink).texts(sink).where;
  return where.empty() ? where : " " + where;
}

std::string rounded(std::uint64_t bytes) {
  constexpr std::uint64_t kib = 1024;
  return bytes < kib         ? fmt::format("{} bytes", bytes)
         : bytes < kib * kib ? fmt::format("{} KiB", bytes / kib)
                             : fmt::format("{} MiB", bytes / kib / kib);
}

}  // namespace

std::string_view promise_of(acknowledge_mode mode) noexcept {
  switch (mode) {
    case acknowledge_mode::received:
      return "received";
    case acknowledge_mode::written:
      return "written";
    case acknowledge_mode::synced:
      return "synced";
  }
  return {};
}

std::string status_page_words(const http_settings& configured,
                              const std::vector<listen_address>& http) {
  // Where some are for administration, these serve it alone: they are the last ones.
  const std::size_t others = configured.listen.size() + configured.quiet_listen.size();
  const std::size_t first = configured.admin_listen.empty() ? 0 : others;
  for (std::size_t i = first; i < http.size(); ++i) {
    listen_address at = http[i];
    if (at.kind == listen_address::family::unix_socket) {
      continue;
    }
    if (at.host.empty() || at.host == "0.0.0.0" || at.host == "::") {
      at.host = "127.0.0.1";
    }
    return fmt::format("the status page is at {}://{}/",
                       configured.tls.certificate.empty() ? "http" : "https", to_string(at));
  }
  return {};
}

void start_numbers::counter_value(std::string_view, std::string_view, double,
                                  std::initializer_list<label>) {}

void start_numbers::gauge_value(std::string_view name, std::string_view, double value,
                                std::initializer_list<label> labels) {
  if (name.starts_with("weir_log_")) {
    log_[std::string(name)] += value;
  }
  if (name == "weir_sink_pending_points" && labels.size() > 0) {
    pending_[std::string(labels.begin()->second)] += value;
  }
}

std::uint64_t start_numbers::of_log(std::string_view name) const {
  const auto entry = log_.find(name);
  return entry == log_.end() ? 0 : static_cast<std::uint64_t>(std::max(entry->second, 0.0));
}

std::string start_numbers::log_summary(const log_settings& log,
                                       const std::filesystem::path& working_directory) const {
  if (log.type == log_type::memory) {
    return "log in memory: what is not delivered is lost at the end";
  }
  if (log.type == log_type::kafka) {
    const std::uint64_t partitions = of_log("weir_log_topic_partitions");
    return fmt::format(
        "log in Kafka ({}): topic {} at {}, {}{}", promise_of(log.acknowledge), log.kafka.topic,
        fmt::join(log.kafka.brokers, ", "), counted(partitions, "partition"),
        of_log("weir_log_topic_leaderless") == 0
            ? std::string{}
            : fmt::format(", {} of them without a leader", of_log("weir_log_topic_leaderless")));
  }
  const std::uint64_t first = of_log("weir_log_first_sequence");
  const std::uint64_t end = of_log("weir_log_end_sequence");
  const std::string held =
      end > first ? fmt::format("{} frames, {}", end - first, rounded(of_log("weir_log_bytes")))
                  : std::string(end > 1 ? "empty" : "new");
  return fmt::format("log {} ({}): {}, at most {}",
                     (working_directory / log.directory).lexically_normal().string(),
                     promise_of(log.acknowledge), held, format_size(log.keep));
}

std::string start_numbers::sink_summary(const settings& configured) const {
  if (!has_role(configured, "sinks")) {
    return "delivers nothing (service.roles)";
  }
  const std::vector<sink_settings>& sinks = configured.sinks;
  std::string out;
  for (const sink_settings& sink : sinks) {
    const auto pending = pending_.find(sink.name);
    out += fmt::format("{}{} ({}{}, {:.0f} points pending)", out.empty() ? "sinks: " : ", ",
                       sink.name, kind_of(sink).name, destination_of(sink),
                       pending == pending_.end() ? 0.0 : pending->second);
  }
  return out.empty() ? "no sinks" : out;
}

}  // namespace weir
