// SPDX-License-Identifier: Apache-2.0
#include "intake/udp_counts.hpp"

#include <numeric>

namespace weir {

std::string_view name_of(udp_fate fate) noexcept {
  switch (fate) {
    case udp_fate::taken:
      return "taken";
    case udp_fate::truncated:
      return "truncated";
    case udp_fate::memory:
      return "memory";
    case udp_fate::log_full:
      return "log_full";
    case udp_fate::log_failed:
      return "log_failed";
    case udp_fate::databases:
      return "databases";
  }
  return "taken";
}

void udp_counts::collect(std::string_view listen, metric_collector& out) const {
  std::array<std::uint64_t, udp_fate_count> of{};
  {
    const std::lock_guard lock(mutex_);
    of = of_;
  }
  out.counter_value("weir_udp_datagrams_total", "Datagrams read: taken + dropped.",
                    static_cast<double>(std::accumulate(of.begin(), of.end(), std::uint64_t{0})),
                    {{"listen", listen}});
  for (std::size_t i = 0; i < udp_fate_count; ++i) {
    const auto fate = static_cast<udp_fate>(i);
    const auto value = static_cast<double>(of[i]);
    if (fate == udp_fate::taken) {
      out.counter_value("weir_udp_taken_datagrams_total",
                        "Datagrams whose lines were looked at: kept, or refused one by one.", value,
                        {{"listen", listen}});
    } else {
      out.counter_value("weir_udp_dropped_datagrams_total",
                        "Datagrams read of which nothing was kept, by reason.", value,
                        {{"listen", listen}, {"reason", name_of(fate)}});
    }
  }
}

}  // namespace weir
