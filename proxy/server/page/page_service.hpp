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
#include <vector>

#include "base/times.hpp"
#include "config/settings.hpp"
#include "page/facts.hpp"
#include "page/history.hpp"
#include "server/page/delivered_counts.hpp"
#include "server/page/event_hub.hpp"

namespace weir {

/// Where the facts come from. Called from any thread.
struct page_sources {
  clock_source clock;
  /// All but what the service itself knows: rates, `delivered`, and how much came lately.
  std::function<page::status_facts(const moment& now)> facts;
  /// Counts of all databases together, without `delivered`.
  std::function<page::line_totals()> totals;
  std::function<std::vector<sink_standing>()> sinks;
  std::function<std::uint64_t()> log_bytes;
};

class page_service {
 public:
  explicit page_service(page_sources sources);

  /// Once a second: takes a sample, and makes the document for those who watch. Control thread.
  void tick();

  /// The documents.
  [[nodiscard]] std::string status();
  /// Requires: see page::history::text.
  [[nodiscard]] std::string history(std::int64_t seconds, std::int64_t step) const;
  [[nodiscard]] std::string config() const;

  /// Those who watch /api/weir/v1/events.
  [[nodiscard]] event_hub& events() noexcept { return events_; }
  /// `document` as an event.
  [[nodiscard]] static std::string event_of(const std::string& document);

  /// Of what is in force, and from where it was read. Control thread.
  void set_configured(std::shared_ptr<const settings> configured);
  void set_place(std::string place);

  /// A reload: rights may have changed, so that streams end; their clients come back.
  void end_streams() { events_.end_all(); }
  /// Weir ends: they end for good.
  void close() { events_.close(); }

 private:
  const page_sources sources_;
  event_hub events_;
  mutable std::mutex lock_;
  page::history history_;
  delivered_counts delivered_;
  std::shared_ptr<const settings> configured_;
  std::string place_ = "built-in defaults";
  std::uint64_t ticks_ = 0;
};

}  // namespace weir
