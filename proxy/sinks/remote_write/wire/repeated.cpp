// SPDX-License-Identifier: Apache-2.0
#include "sinks/remote_write/wire/repeated.hpp"

#include <xxhash.h>

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

namespace weir {

void repeated_labels::append(std::string_view labels, snappy_block& to) {
  while (!labels.empty()) {
    const std::string_view label = wire::take_label(labels);
    place& seen = seen_[XXH3_64bits(label.data(), label.size()) % places];
    const std::size_t begin = to.size();
    if (seen.label == label && to.reaches(seen.at)) {
      to.copy(seen.at, label.size());
    } else {
      to.literal(label);
    }
    seen = {label, begin};
  }
}

static_assert(std::endian::native == std::endian::little, "values lie as they are written");

// What differs are some bytes of the value (a whole number has zeros before them), and the time.
void repeated_sample::append(const wire_sample& one, snappy_block& to) {
  std::array<char, wire::sample_bytes_max> now;
  const std::size_t bytes = wire::write_sample(one, now.data());
  const std::string_view sample{now.data(), bytes};
  const std::size_t begin = to.size();
  if (bytes != bytes_ || !to.reaches(at_)) {
    to.literal(sample);
  } else {
    const std::uint64_t differs = one.value_bits ^ last_.value_bits;
    std::size_t head = wire::sample_value_end - sizeof differs;
    head += differs == 0 ? sizeof differs : static_cast<std::size_t>(std::countr_zero(differs)) / 8;
    const bool same_time = one.time_ms == last_.time_ms;
    if (head == wire::sample_value_end && same_time) {
      to.copy(at_, bytes);
    } else {
      if (head >= snappy_block::copy_least) {
        to.copy(at_, head);
      } else {
        head = 0;
      }
      const std::size_t end = same_time ? wire::sample_value_end : bytes;
      to.literal(sample.substr(head, end - head));
      if (same_time) {
        to.copy(at_ + end, bytes - end);
      }
    }
  }
  last_ = one;
  bytes_ = bytes;
  at_ = begin;
}

}  // namespace weir
