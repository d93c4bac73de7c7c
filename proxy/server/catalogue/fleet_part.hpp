// SPDX-License-Identifier: Apache-2.0
//
// What a pipeline has of other weirs that share its log: none where the log is its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "fleet/shared_state.hpp"
#include "fleet/shared_topic_rdkafka.hpp"
#include "gate/series/gate_memory.hpp"
#include "gate/types/type_claims.hpp"

namespace weir {

struct fleet_part {
  fleet_part(std::uint64_t process, gate_memory& remembered)
      : claims(process, remembered.types_budget()), state(claims, remembered) {
    remembered.share_types(claims);
  }

  type_claims claims;
  shared_state state;
  std::unique_ptr<shared_topic> topic;
  /// There are sinks that can be told of databases that were dropped.
  std::atomic<bool> serves{false};
};

}  // namespace weir
