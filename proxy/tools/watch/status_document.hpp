// SPDX-License-Identifier: Apache-2.0
//
// The status document of a running weir (docs/api.md), read. What it lacks is empty, nullopt or 0:
// a weir of another version may know less or more. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace weir {

struct status_counts {
  double received = 0;
  double accepted = 0;
  double rejected = 0;
  double dropped = 0;
  double delivered = 0;
};

struct status_advice {
  std::string level{};  // "error", "warning", "note"
  std::string about{};
  std::string what{};
  std::string remedy{};
  std::string command{};
};

struct status_lane {
  std::string database{};
  std::string retention_policy{};
  double points = 0;
  double parked_points = 0;
  std::string why{};
  std::string remedy{};
  std::string command{};
};

struct status_sink {
  std::string name{};
  std::string type{};
  std::string state{};
  std::string state_text{};
  std::string remedy{};
  double pending_points = 0;
  double parked_points = 0;
  std::optional<double> lag_seconds{};
  std::optional<double> delivered_per_second{};
  std::optional<double> error_age_seconds{};
  std::string error{};
  std::vector<status_lane> held{};
};

struct status_database {
  std::string name{};
  double rate = 0;
  double received = 0;
  double rejected = 0;
  double dropped = 0;
  double series = 0;
  std::optional<double> last_received{};
};

struct status_sender {
  std::string address{};
  std::string agent{};
  std::string user{};
  std::string database{};
  double count = 0;
};

struct status_rejection {
  std::string code{};
  std::string title{};
  std::string kind{};
  double count = 0;
  std::optional<double> last{};
  std::string explanation{};
  std::string remedy{};
  /// Of the example; empty: there is none.
  std::string shown{};
  std::size_t mark_column = 0;
  std::size_t mark_columns = 0;
  std::string message{};
  std::vector<status_sender> senders{};
};

struct status_log {
  std::string kind{};
  double bytes = 0;
  double keep_bytes = 0;
  std::optional<double> share{};
  std::optional<double> append_bytes_per_second{};
  std::optional<double> outage_seconds_left{};
  std::string next{};
  /// Of a log in Kafka; an empty name: it is not there.
  std::string topic{};
  double partitions = 0;
  double leaderless = 0;
  std::string fault{};
};

struct status_document {
  std::string version{};
  std::string host{};
  double pid = 0;
  double now = 0;
  double uptime = 0;
  bool healthy = false;
  bool ready = false;
  /// It delivers (service.roles).
  bool delivers = true;
  std::vector<std::string> why{};
  std::vector<status_advice> advice{};
  status_counts rates{};
  status_counts totals{};
  status_log log{};
  std::vector<status_sink> sinks{};
  double database_count = 0;
  std::vector<status_database> databases{};
  std::vector<status_rejection> rejections{};

  /// Something needs a person: weir is not ready or not healthy, or an advice is an error or a
  /// warning.
  [[nodiscard]] bool needs_a_person() const noexcept;
};

/// The failure says what is no such document.
[[nodiscard]] result<status_document> read_status(std::string_view json);

/// What `history` answers: lines a second, oldest first; nullopt: weir did not run.
struct history_document {
  double step = 0;
  std::vector<std::optional<double>> received{};
  std::vector<std::optional<double>> accepted{};
  std::vector<std::optional<double>> rejected{};
  std::vector<std::optional<double>> dropped{};
  std::vector<std::optional<double>> delivered{};
};
[[nodiscard]] result<history_document> read_history(std::string_view json);

}  // namespace weir
