// SPDX-License-Identifier: Apache-2.0
#include "server/http_counters.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace weir {
void http_account::answered(std::size_t route_label, int status, std::int64_t took_ns) noexcept {
  constexpr auto& statuses = route_counts::statuses;
  const auto position = std::find(statuses.begin(), statuses.end() - 1, status);
  const std::lock_guard lock(mutex_);
  route_counts& counts = routes_[route_label];
  ++counts.answers[static_cast<std::size_t>(position - statuses.begin())];
  counts.took.note(took_ns);
}

void http_account::add_to(std::array<route_counts, route_count>& sums) const noexcept {
  const std::lock_guard lock(mutex_);
  for (std::size_t r = 0; r < route_count; ++r) {
    for (std::size_t s = 0; s < routes_[r].answers.size(); ++s) {
      sums[r].answers[s] += routes_[r].answers[s];
    }
    sums[r].took.add(routes_[r].took);
  }
}

http_account& http_counters::open_account() {
  const std::lock_guard lock(mutex_);
  return accounts_.emplace_back();
}

void http_counters::collect(metric_collector& out) const {
  std::array<route_counts, http_account::route_count> sums{};
  {
    const std::lock_guard lock(mutex_);
    for (const http_account& each : accounts_) {
      each.add_to(sums);
    }
  }
  const auto labels = api::route_labels();
  for (std::size_t r = 0; r < labels.size(); ++r) {
    const std::string_view route = labels[r];
    for (std::size_t s = 0; s < sums[r].answers.size(); ++s) {
      if (const std::uint64_t n = sums[r].answers[s]; n > 0) {
        const int status = route_counts::statuses[s];
        out.counter_value(
            "weir_http_requests_total", "Requests answered, by route and status.",
            static_cast<double>(n),
            {{"route", route}, {"status", status == 0 ? "other" : std::to_string(status)}});
      }
    }
    if (sums[r].took.count() > 0) {
      out.histogram_value("weir_http_request_duration_seconds",
                          "From a request's head to its answer, by route.", sums[r].took.reported(),
                          {{"route", route}});
    }
  }
  out.counter_value("weir_http_writes_cut_off_total",
                    "Write requests whose body did not arrive whole; nothing of them was kept.",
                    static_cast<double>(cut_off.value()));
  out.counter_value("weir_http_answers_lost_total",
                    "Answers replaced by a short one because the memory for requests was used up.",
                    static_cast<double>(answers_lost.value()));
  out.counter_value("weir_http_encodings_ignored_total",
                    "Bodies whose Content-Encoding named no coding: their first bytes showed what "
                    "they were.",
                    static_cast<double>(encodings_ignored.value()));
  out.counter_value("weir_http_no_sync_lines_lost_total",
                    "Lines of writes with no_sync=true that were answered before the disk refused "
                    "them.",
                    static_cast<double>(lost_unsynced.value()));
}

}  // namespace weir
