// SPDX-License-Identifier: Apache-2.0
//
// The rows, in order. Pure.
#include "config/sinks/sink_kinds.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"

namespace weir {
namespace {

constexpr std::array<const sink_kind*, 4> kinds{&influxdb_kind, &remote_write_kind, &file_kind,
                                                &null_kind};

}  // namespace

std::span<const sink_kind* const> sink_kinds() noexcept {
  return kinds;
}

const sink_kind& kind_of(const sink_settings& sink) noexcept {
  const auto row =
      std::find_if(kinds.begin(), kinds.end(), [&](const sink_kind* one) { return one->is(sink); });
  WEIR_ASSERT(row != kinds.end());
  return **row;
}

}  // namespace weir
