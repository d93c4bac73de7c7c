// SPDX-License-Identifier: Apache-2.0
//
// A pipeline's listeners of lines: [[udp]] and [[tcp]], where the process takes writes.
#include "server/pipeline_state.hpp"

namespace weir {

// Lines without requests cannot create their database, and InfluxDB's own UDP service creates it,
// too.
result<line_intakes<udp_intake>::changes> pipeline::state::prepare_udp(const settings& wanted) {
  return udp.prepare(
      has_role(wanted, "intake") ? wanted.udp : std::vector<udp_settings>{},
      {.writes = writes(udp_refusals), .log_failed = requests.log_failed, .clock = clock},
      [this](const std::string& database) { return catalogue->create(database); });
}

result<line_intakes<tcp_intake>::changes> pipeline::state::prepare_tcp(const settings& wanted) {
  return tcp.prepare(
      has_role(wanted, "intake") ? wanted.tcp : std::vector<tcp_settings>{},
      {.writes = writes(tcp_refusals), .log_failed = requests.log_failed, .clock = clock},
      [this](const std::string& database) { return catalogue->create(database); });
}

outcome pipeline::state::start_line_listeners() {
  auto datagrams = prepare_udp(*configured);
  if (!datagrams) {
    return datagrams.error();
  }
  auto streams = prepare_tcp(*configured);
  if (!streams) {
    return streams.error();
  }
  udp.apply(std::move(datagrams).value());
  tcp.apply(std::move(streams).value());
  return nothing{};
}

}  // namespace weir
