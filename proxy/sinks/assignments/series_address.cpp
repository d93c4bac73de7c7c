// SPDX-License-Identifier: Apache-2.0
#include "sinks/assignments/series_address.hpp"

#include <xxhash.h>

#include "base/assert.hpp"

namespace weir {

std::string_view tag_set_hasher::plain(std::string_view written,
                                       void (*unescape)(std::string_view, std::string&),
                                       std::string& into) {
  if (written.find('\\') == std::string_view::npos) {
    return written;
  }
  into.clear();
  unescape(written, into);
  return into;
}

std::uint64_t tag_set_hasher::hash(const point_view& point) {
  const std::string_view measurement = plain(point.measurement, unescape_measurement, key_);
  std::uint64_t sum = XXH64(measurement.data(), measurement.size(), 0);
  for (const tag_view& tag : point.tags) {
    const std::string_view key = plain(tag.key, unescape_tag, key_);
    const std::uint64_t seed = XXH64(key.data(), key.size(), 1);
    const std::string_view value = plain(tag.value, unescape_tag, value_);
    // A sum does not know the order.
    sum += XXH64(value.data(), value.size(), seed);
  }
  return sum;
}

std::uint64_t address_hash(std::string_view name) noexcept {
  return XXH64(name.data(), name.size(), 0);
}

std::size_t heaviest_address(std::span<const std::uint64_t> address_hashes,
                             std::uint64_t series) noexcept {
  WEIR_ASSERT(!address_hashes.empty());
  std::size_t best = 0;
  std::uint64_t best_weight = 0;
  for (std::size_t i = 0; i < address_hashes.size(); ++i) {
    unsigned char bytes[8];
    for (unsigned at = 0; at < 8; ++at) {
      bytes[at] = static_cast<unsigned char>(series >> (8 * at));
    }
    const std::uint64_t weight = XXH64(bytes, sizeof bytes, address_hashes[i]);
    if (i == 0 || weight > best_weight) {
      best = i;
      best_weight = weight;
    }
  }
  return best;
}

}  // namespace weir
