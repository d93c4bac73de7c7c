// SPDX-License-Identifier: Apache-2.0
#include "sinks/remote_write/wire/repeated.hpp"

namespace weir {

snappy_writer repeated_labels::append(std::string_view labels, snappy_writer to) {
  while (!labels.empty()) {
    const std::string_view label = wire::take_label(labels);
    place& seen = seen_[wire::place_of_label(label, places)];
    const std::size_t begin = to.size();
    if (seen.label == label && to.reaches(seen.at)) {
      to.copy(seen.at, label.size());
    } else {
      to.literal(label);
    }
    seen = {label, begin};
  }
  return to;
}

// What differs are some bytes of the value (a whole number has zeros before them), and the time.
snappy_writer repeated_sample::append_whole(const wire_sample& one, snappy_writer to) {
  std::array<char, wire::sample_bytes_max> now;
  const std::size_t bytes = wire::write_sample(one, now.data());
  const std::string_view sample{now.data(), bytes};
  std::size_t head = 0;
  if (bytes == bytes_ && to.reaches(at_)) {
    const std::uint64_t differs = one.value_bits ^ last_.value_bits;
    head = differs == 0 ? wire::sample_value_end : same_bytes(differs);
    if (head >= snappy_writer::copy_least) {
      to.copy(at_, head);
    } else {
      head = 0;
    }
  }
  to.literal(sample.substr(head));
  bytes_ = bytes;
  return to;
}

}  // namespace weir
