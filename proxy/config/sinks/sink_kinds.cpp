// SPDX-License-Identifier: Apache-2.0
//
// The rows, in order. Pure.
#include "config/sinks/sink_kinds.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"

namespace weir {

// The rows: each is defined in a file of its kind.
extern const sink_kind influxdb_kind;
extern const sink_kind remote_write_kind;
extern const sink_kind file_kind;
extern const sink_kind stdout_kind;
extern const sink_kind null_kind;

namespace {

constexpr std::array<const sink_kind*, 5> kinds{&influxdb_kind, &remote_write_kind, &file_kind,
                                                &stdout_kind, &null_kind};

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
