// SPDX-License-Identifier: Apache-2.0
#include "base/text/series_shard.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/assert.hpp"

namespace weir {

std::string_view series_of_line(std::string_view line) noexcept {
  std::size_t at = line.find(' ');
  while (at != std::string_view::npos && at > 0 && line[at - 1] == '\\') {
    at = line.find(' ', at + 1);
  }
  return line.substr(0, at);
}

std::uint32_t shard_of_series(std::string_view series, std::uint32_t shards) noexcept {
  WEIR_ASSERT(shards > 0);
  return static_cast<std::uint32_t>(XXH3_64bits(series.data(), series.size()) % shards);
}

}  // namespace weir
