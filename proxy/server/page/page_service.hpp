// SPDX-License-Identifier: Apache-2.0
//
// What the status page and its API are answered from: the documents, the last hour, and those who
// watch. It gathers nothing itself: that is `page_sources`. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/times.hpp"
#include "config/settings.hpp"
#include "http/message.hpp"
#include "page/facts.hpp"
#include "page/history.hpp"
#include "server/page/delivered_counts.hpp"
#include "server/page/event_hub.hpp"

namespace weir {

class tap_desk;

/// Where lines that are explained would be written to, and how they spell their times.
struct explain_place {
  std::string database{};
  std::string retention_policy{};
  /// Nanoseconds in a unit, or automatic_unit_ns.
  std::int64_t unit_ns = 1;
};

/// Where the facts come from. Called from any thread.
struct page_sources {
  clock_source clock;
  /// All but what the service itself knows: rates, `delivered`, and how much came lately.
  std::function<page::status_facts(const moment& now)> facts;
  /// Counts of all databases together, without `delivered`.
  std::function<page::line_totals()> totals;
  std::function<std::vector<sink_standing>()> sinks;
  std::function<std::uint64_t()> log_bytes;
  /// The document on one database, and on those whose names hold a text.
  std::function<std::string(const std::string& name)> database;
  std::function<std::string(std::string_view part, std::size_t count_max)> databases;
  /// The document on lines that are tried, made while it is sent.
  std::function<std::shared_ptr<http::body_source>(std::string lines, const explain_place& place)>
      explain;
  /// Who watches lines as they pass. Outlives the service.
  tap_desk* taps = nullptr;
};

class page_service {
 public:
  explicit page_service(page_sources sources);

  /// Between two ticks; and while nothing changes and nobody watches, so that a process that
  /// nothing happens to may sleep.
  static constexpr std::int64_t tick_ms = 1'000;
  static constexpr std::int64_t quiet_tick_ms = page::history::quiet_seconds * 1'000;
  /// After so many ticks in a row that found nothing new.
  static constexpr int calm_ticks_until_quiet = 10;

  /// Takes a sample, and makes the document for those who watch. Returns in how many milliseconds
  /// the next one is due. Control thread.
  [[nodiscard]] std::int64_t tick();
  /// Somebody began to watch: the next tick comes within `tick_ms`. Any thread.
  void somebody_watches();
  /// `hurry` has the next tick come so. It is called on any thread, until the service ends or
  /// another one is set.
  void set_hurry(std::function<void()> hurry);

  /// The documents.
  [[nodiscard]] std::string status();
  /// Requires: see page::history::text.
  [[nodiscard]] std::string history(std::int64_t seconds, std::int64_t step);
  [[nodiscard]] std::string config() const;
  [[nodiscard]] std::string database(const std::string& name) const {
    return sources_.database(name);
  }
  [[nodiscard]] std::string databases(std::string_view part, std::size_t count_max) const {
    return sources_.databases(part, count_max);
  }
  [[nodiscard]] std::shared_ptr<http::body_source> explain(std::string lines,
                                                           const explain_place& place) const {
    return sources_.explain(std::move(lines), place);
  }
  [[nodiscard]] tap_desk* taps() const noexcept { return sources_.taps; }

  /// Those who watch /api/weir/v1/events.
  [[nodiscard]] event_hub& events() noexcept { return events_; }
  /// `document` as an event.
  [[nodiscard]] static std::string event_of(const std::string& document);

  /// Of what is in force, and from where it was read. Control thread.
  void set_configured(std::shared_ptr<const settings> configured);
  void set_place(std::string place);

  /// A reload: rights may have changed, so that streams end; their clients come back.
  void end_streams();
  /// Weir ends: they end for good.
  void close();

 private:
  void take_sample();
  void freshen();
  void publish_status();

  const page_sources sources_;
  event_hub events_;
  mutable std::mutex lock_;
  page::history history_;
  page::history_sample last_{};
  steady_time sampled_at_{};
  /// Since the last tick.
  bool changed_ = false;
  int calm_ticks_ = 0;
  std::function<void()> hurry_;
  delivered_counts delivered_;
  std::shared_ptr<const settings> configured_;
  std::string place_ = "built-in defaults";
  std::uint64_t ticks_ = 0;
};

}  // namespace weir
