// SPDX-License-Identifier: Apache-2.0
#include "server/catalogue/dropped_database.hpp"

#include <chrono>
#include <future>
#include <memory>

namespace weir {

bool wait_until_idle(sink_set& sinks, const std::string& sink, const std::string& database,
                     std::optional<log_position> before) {
  constexpr std::chrono::seconds most{5};
  const auto told = std::make_shared<std::promise<void>>();
  auto done = told->get_future();
  return sinks.when_idle(sink, database, before, [told] { told->set_value(); }) &&
         done.wait_for(most) == std::future_status::ready;
}

}  // namespace weir
