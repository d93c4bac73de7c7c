// SPDX-License-Identifier: Apache-2.0
//
// What a pipeline has of other weirs that share its log: none where the log is its own.
#pragma once

#include <atomic>
#include <memory>

#include "fleet/shared_series.hpp"
#include "fleet/shared_state.hpp"
#include "fleet/shared_topic_rdkafka.hpp"
#include "gate/series/gate_memory.hpp"
#include "gate/types/type_claims.hpp"
#include "server/catalogue/drop_book.hpp"

namespace weir {

struct fleet_part {
  /// `takes_lines`: series matter, which lines bring.
  fleet_part(const shared_series::options& how, gate_memory& remembered, bool takes_lines)
      : claims(how.process, remembered.types_budget()),
        series(how, remembered),
        state(claims, remembered) {
    remembered.share_types(claims);
    if (takes_lines) {
      state.share_series(series);
    }
  }

  type_claims claims;
  shared_series series;
  shared_state state;
  std::unique_ptr<shared_topic> topic;
  drop_book dropped;
  /// There are sinks that can be told of databases that were dropped.
  std::atomic<bool> serves{false};
};

}  // namespace weir
