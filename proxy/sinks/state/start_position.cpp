// SPDX-License-Identifier: Apache-2.0
#include "sinks/state/start_position.hpp"

#include <memory>
#include <vector>

namespace weir {
namespace {

constexpr std::size_t headers_at_once = 1024;

log_position first_received_at(std::int64_t time_ns, frame_log& log) {
  const std::unique_ptr<log_reader> reader = log.reader();
  const log_position end = log.end();
  std::vector<frame_header> headers;
  log_position at = log.first();
  while (at < end) {
    headers.clear();
    const log_position next = reader->headers(at, headers_at_once, headers);
    for (const frame_header& header : headers) {
      if (header.received_ns >= time_ns) {
        return header.position;
      }
    }
    if (next <= at) {
      break;  // the disk refused
    }
    at = next;
  }
  return at;
}

}  // namespace

log_position start_position(const sink_start& start, frame_log& log, std::int64_t now_ns) {
  switch (start.at) {
    case sink_start::place::now:
      return log.end();
    case sink_start::place::time:
      return first_received_at(start.ns, log);
    case sink_start::place::before:
      return first_received_at(now_ns - start.ns, log);
    case sink_start::place::oldest:
      break;
  }
  return log.first();
}

}  // namespace weir
