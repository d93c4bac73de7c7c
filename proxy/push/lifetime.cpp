// SPDX-License-Identifier: Apache-2.0
#include "push/lifetime.hpp"

#include <algorithm>

#include "base/glob.hpp"

namespace weir::push {
namespace {

constexpr std::int64_t one_push_ns = 1'000'000'000;
constexpr std::int64_t intervals = 5;

}  // namespace

lifetime_terms lifetime_terms_of(const push_settings& configured) {
  const auto ns = [](milliseconds time) { return nanoseconds(time).count(); };
  lifetime_terms terms{.least_ns = ns(configured.ttl_least),
                       .most_ns = ns(configured.ttl_most),
                       .once_ns = ns(configured.ttl_once),
                       .repeat_ns = ns(configured.repeat)};
  for (const std::string& text : configured.job_ttl) {
    if (auto read = read_job_ttl(text)) {  // others were refused with the configuration
      terms.by_job.push_back(std::move(read).value());
    }
  }
  return terms;
}

std::optional<time_to_live> named_ttl(const lifetime_terms& terms, std::string_view job) {
  for (const job_ttl& each : terms.by_job) {
    if (matches_pattern(each.pattern, job)) {
      return each.ttl ? time_to_live(each.ttl->count()) : time_to_live();
    }
  }
  return std::nullopt;
}

std::int64_t next_interval(std::int64_t known_ns, std::int64_t gap_ns) noexcept {
  return gap_ns < one_push_ns ? known_ns : std::max(gap_ns, known_ns - known_ns / 8);
}

std::int64_t learnt_ttl(const lifetime_terms& terms, std::int64_t interval_ns) noexcept {
  if (interval_ns == 0) {
    return terms.once_ns;
  }
  return interval_ns > terms.most_ns / intervals
             ? terms.most_ns
             : std::max(terms.least_ns, interval_ns * intervals);
}

}  // namespace weir::push
