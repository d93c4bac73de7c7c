// SPDX-License-Identifier: Apache-2.0
#include "log/local/segment_tail.hpp"

#include <limits>
#include <string>
#include <utility>

namespace weir {

result<segment_tail> read_tail(file_system& files, const std::shared_ptr<segment>& about,
                               const segment_limits& limits) {
  using status = segment_scanner::step_status;
  auto opened = segment_scanner::open(files, about);
  if (!opened) {
    return opened.error();
  }
  segment_scanner& scanner = *opened.value();
  segment_tail tail{.next = about->first()};
  std::uint64_t last_bytes = 0;
  auto found =
      scanner.find(about->place_before(std::numeric_limits<std::uint64_t>::max()).sequence, limits);
  for (; found.status == status::record; found = scanner.next(limits)) {
    tail = {.records_end = scanner.records_end(), .next = found.head.sequence + 1};
    last_bytes = found.head.record_bytes();
  }
  if (found.status == status::failed) {
    return failure{found.detail};
  }
  if (!scanner.earlier_follow(limits)) {
    tail.torn_bytes = limits.bytes - tail.records_end;
    return tail;
  }
  if (last_bytes == 0) {
    return tail;
  }
  // What a write had not come to is still the earlier segment's: its payload is damaged, not short.
  found = scanner.find(tail.next - 1, limits);
  std::string payload;
  if (found.status == status::record &&
      scanner.payload(found.head, payload) == segment_scanner::payload_status::damaged) {
    tail.records_end -= last_bytes;
    tail.torn_bytes = last_bytes;
  }
  return tail;
}

}  // namespace weir
