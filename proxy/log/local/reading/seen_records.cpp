// SPDX-License-Identifier: Apache-2.0
#include "log/local/reading/seen_records.hpp"

#include <xxhash.h>

namespace weir {

seen_records::lane_tag seen_records::tag_of(std::string_view database,
                                            std::string_view retention_policy) noexcept {
  const std::uint64_t hash =
      XXH3_64bits_withSeed(database.data(), database.size(),
                           XXH3_64bits(retention_policy.data(), retention_policy.size()));
  return static_cast<lane_tag>(hash);
}

void seen_records::note(std::uint64_t segment_first, record_place place, lane_tag whose) {
  if (place.sequence < segment_first) {
    return;
  }
  const std::uint64_t index = place.sequence - segment_first;
  std::vector<record>* of = &segments_[segment_first];
  if (index >= of->size()) {
    const std::uint64_t more = index + 1 - of->size();
    if (index >= records_max_) {
      return;
    }
    if (size_ + more > records_max_) {
      segments_.clear();
      size_ = 0;
      of = &segments_[segment_first];
    }
    size_ += index + 1 - of->size();
    of->resize(index + 1);
  }
  (*of)[index] = {place.offset, whose};
}

seen_records::passed seen_records::pass(std::uint64_t segment_first, std::uint64_t from,
                                        std::uint64_t end, lane_tag wanted) const {
  const auto found = segments_.find(segment_first);
  if (found == segments_.end() || from < segment_first) {
    return {from, std::nullopt};
  }
  const std::vector<record>& records = found->second;
  for (; from < end && from - segment_first < records.size(); ++from) {
    const record& one = records[from - segment_first];
    if (one.offset == 0) {
      break;
    }
    if (one.whose == wanted) {
      return {from, record_place{from, one.offset}};
    }
  }
  return {from, std::nullopt};
}

void seen_records::forget_before(std::uint64_t segment_first) noexcept {
  while (!segments_.empty() && segments_.begin()->first < segment_first) {
    size_ -= segments_.begin()->second.size();
    segments_.erase(segments_.begin());
  }
}

}  // namespace weir
