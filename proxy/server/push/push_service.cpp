// SPDX-License-Identifier: Apache-2.0
#include "server/push/push_service.hpp"

namespace weir {

std::shared_ptr<const push_terms> push_terms_of(const settings& configured) {
  auto terms = std::make_shared<push_terms>();
  terms->configured = configured.push;
  terms->lifetime = push::lifetime_terms_of(configured.push);
  terms->target = api::target_named(configured.push.database);
  terms->body_bytes_max = static_cast<std::size_t>(configured.http.body_limit);
  return terms;
}

void push_service::configure(const settings& configured) {
  groups.set_bytes_max(static_cast<std::size_t>(configured.limits.state));
  terms.publish(push_terms_of(configured));
  created_.store(false, std::memory_order_relaxed);
}

std::string push_service::create_database(std::string_view name, catalogue& databases) {
  if (created_.load(std::memory_order_relaxed) || name != terms.current()->target.database) {
    return {};
  }
  if (const outcome created = databases.create(name); !created) {
    return created.error().message;
  }
  created_.store(true, std::memory_order_relaxed);
  return {};
}

void push_service::count(const push::line_counts& lines) {
  counts.samples.add_shared(lines.written + lines.not_finite + lines.unwritable);
  counts.not_finite.add_shared(lines.not_finite);
  counts.unwritable.add_shared(lines.unwritable);
}

void push_service::collect(metric_collector& out) const {
  const auto add = [&out](std::string_view name, std::string_view help, std::uint64_t value,
                          std::initializer_list<label> labels = {}) {
    out.counter_value(name, help, static_cast<double>(value), labels);
  };
  const push::group_totals totals = groups.totals();
  out.gauge_value("weir_push_groups", "Groups of pushed metrics that live.",
                  static_cast<double>(totals.groups));
  out.gauge_value("weir_push_series", "Series of these groups.",
                  static_cast<double>(totals.samples));
  out.gauge_value("weir_push_bytes", "What they count for in limits.state.",
                  static_cast<double>(totals.bytes));
  constexpr std::string_view pushes = "weir_pushes_total";
  constexpr std::string_view pushes_help = "Requests that pushed or deleted a group, by outcome.";
  add(pushes, pushes_help, counts.pushed.value(), {{"outcome", "pushed"}});
  add(pushes, pushes_help, counts.deleted.value(), {{"outcome", "deleted"}});
  add(pushes, pushes_help, counts.refused.value(), {{"outcome", "refused"}});
  add("weir_push_groups_expired_total", "Groups whose time to live was over.", totals.expired);
  add("weir_push_samples_total", "Samples that were pushed and taken.", counts.samples.value());
  constexpr std::string_view left_out = "weir_push_samples_left_out_total";
  constexpr std::string_view left_out_help =
      "Samples of these that their group shows and the log does not have, by reason.";
  add(left_out, left_out_help, counts.not_finite.value(), {{"reason", "not_finite"}});
  add(left_out, left_out_help, counts.unwritable.value(), {{"reason", "unwritable"}});
  add("weir_push_series_ended_total",
      "Series that vanished from their groups, of which sinks are told so.", counts.ended.value());
  add("weir_push_series_ended_lost_total",
      "Series that vanished, of which no sink is told: too many others waited for the log.",
      totals.ends_lost);
  add("weir_push_samples_repeated_total", "Samples written again because their group lives.",
      counts.repeated.value());
}

}  // namespace weir
