// SPDX-License-Identifier: Apache-2.0
#include "server/page/page_service.hpp"

#include <algorithm>
#include <utility>

#include "base/text/json_writer.hpp"
#include "config/checks/warnings.hpp"
#include "config/settings_reader.hpp"
#include "facts/tap/tap_desk.hpp"
#include "page/status_text.hpp"

namespace weir {
namespace {

constexpr std::int64_t rate_seconds = 5;
constexpr std::int64_t lately_seconds = 60;
/// A comment, so that what stands between sees the stream live although no event comes.
constexpr std::uint64_t ticks_between_comments = 10;
constexpr std::int64_t second_ns = 1'000'000'000;

}  // namespace

page_service::page_service(page_sources sources) : sources_(std::move(sources)) {
  delivered_.note(sources_.sinks());
}

void page_service::take_sample() {
  // All of it under the lock: of two that sample at once, neither may come with older counts.
  const std::lock_guard hold(lock_);
  const moment now = sources_.clock();
  const std::vector<sink_standing> sinks = sources_.sinks();
  page::history_sample sample{.totals = sources_.totals(), .log_bytes = sources_.log_bytes()};
  for (const sink_standing& one : sinks) {
    sample.pending += one.pending_points;
  }
  delivered_.sample(sinks, now.steady);
  sample.totals.delivered = delivered_.total();
  history_.add(sample, now);
  changed_ = changed_ || sample != last_;
  last_ = sample;
  sampled_at_ = now.steady;
}

/// While nothing changes ticks are seldom: who asks sees what is now all the same.
void page_service::freshen() {
  {
    const std::lock_guard hold(lock_);
    if (sources_.clock().steady - sampled_at_ < second_ns) {
      return;
    }
  }
  take_sample();
}

std::int64_t page_service::tick() {
  take_sample();
  sources_.taps->tell_counts(sources_.clock().wall.ns);
  ++ticks_;
  const bool watched = events_.watchers() > 0;
  if (watched) {
    publish_status();
  }
  const std::lock_guard hold(lock_);
  const bool calm = !std::exchange(changed_, false) && !watched && !sources_.taps->watched();
  calm_ticks_ = calm ? std::min(calm_ticks_ + 1, calm_ticks_until_quiet) : 0;
  return calm_ticks_ < calm_ticks_until_quiet ? tick_ms : quiet_tick_ms;
}

void page_service::publish_status() {
  std::string event = event_of(status());
  if (ticks_ % ticks_between_comments == 0) {
    event.insert(0, ": weir\n");
  }
  events_.publish(std::make_shared<const std::string>(std::move(event)));
}

void page_service::somebody_watches() {
  const std::lock_guard hold(lock_);
  if (hurry_) {
    hurry_();
  }
}

void page_service::set_hurry(std::function<void()> hurry) {
  const std::lock_guard hold(lock_);
  hurry_ = std::move(hurry);
}

std::string page_service::event_of(const std::string& document) {
  // The document is one line: JSON escapes line feeds.
  return "event: status\ndata: " + document + "\n\n";
}

std::string page_service::status() {
  freshen();
  page::status_facts known = sources_.facts(sources_.clock());
  {
    const std::lock_guard hold(lock_);
    known.rates = history_.rates(rate_seconds);
    const page::line_totals before = history_.totals_before(lately_seconds);
    // The oldest sample may be younger than its totals: of a process that has just begun.
    known.trouble.received_lately = known.totals.received - before.received;
    known.trouble.rejected_lately = known.totals.rejected - before.rejected;
    known.totals.delivered = delivered_.total();
    for (page::sink_facts& one : known.sinks) {
      one.delivered_per_second = delivered_.per_second(one.name);
    }
  }
  return page::status_text(known);
}

std::string page_service::history(std::int64_t seconds, std::int64_t step) {
  freshen();
  const std::lock_guard hold(lock_);
  return history_.text(seconds, step);
}

std::string page_service::config() const {
  std::shared_ptr<const settings> configured;
  std::string place;
  {
    const std::lock_guard hold(lock_);
    configured = configured_;
    place = place_;
  }
  std::string text;
  json_writer out(text);
  out.begin_object().member("place", place);
  if (configured != nullptr) {
    out.member("toml", show_settings(*configured));
    out.texts("notes", notes_of(*configured)).texts("warnings", warnings_of(*configured));
  }
  out.end_object();
  return text;
}

void page_service::end_streams() {
  events_.end_all();
  sources_.taps->end_all();
}

void page_service::close() {
  events_.close();
  sources_.taps->end();
}

void page_service::set_configured(std::shared_ptr<const settings> configured) {
  const std::lock_guard hold(lock_);
  configured_ = std::move(configured);
}

void page_service::set_place(std::string place) {
  const std::lock_guard hold(lock_);
  place_ = std::move(place);
}

}  // namespace weir
