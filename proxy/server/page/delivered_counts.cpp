// SPDX-License-Identifier: Apache-2.0
#include "server/page/delivered_counts.hpp"

#include <algorithm>

namespace weir {

void delivered_counts::note(const std::vector<sink_standing>& sinks) {
  for (const sink_standing& one : sinks) {
    const auto [place, is_new] = sinks_.try_emplace(one.name);
    entry& of = place->second;
    if (!is_new && one.delivered_here > of.seen) {
      total_ += one.delivered_here - of.seen;
    }
    if (one.delivered_here < of.seen) {
      of.count = 0;  // another sink of that name
    }
    of.seen = one.delivered_here;
  }
}

void delivered_counts::sample(const std::vector<sink_standing>& sinks, steady_time now) {
  note(sinks);
  for (auto& [name, of] : sinks_) {
    of.still_there = false;
  }
  for (const sink_standing& one : sinks) {
    entry& of = sinks_.find(one.name)->second;
    of.still_there = true;
    of.ring[of.count++ % samples] = {now.ns, one.delivered_here};
  }
  std::erase_if(sinks_, [](const auto& each) { return !each.second.still_there; });
}

std::optional<double> delivered_counts::per_second(std::string_view sink) const {
  const auto found = sinks_.find(sink);
  if (found == sinks_.end() || found->second.count < 2) {
    return std::nullopt;
  }
  const entry& of = found->second;
  const sample_of_sink& newest = of.ring[(of.count - 1) % samples];
  // The oldest of the last seconds; where samples are seldom, the one before the newest.
  const std::size_t known = std::min(of.count, samples);
  const sample_of_sink* from = &of.ring[(of.count - 2) % samples];
  for (std::size_t back = 3; back <= known; ++back) {
    const sample_of_sink& earlier = of.ring[(of.count - back) % samples];
    if (newest.ns - earlier.ns > window_ns) {
      break;
    }
    from = &earlier;
  }
  const sample_of_sink& oldest = *from;
  if (newest.ns <= oldest.ns || newest.delivered < oldest.delivered) {
    return std::nullopt;
  }
  return static_cast<double>(newest.delivered - oldest.delivered) * 1e9 /
         static_cast<double>(newest.ns - oldest.ns);
}

}  // namespace weir
