// SPDX-License-Identifier: Apache-2.0
#include "page/history.hpp"

#include <algorithm>
#include <functional>

#include "base/text/json_writer.hpp"

namespace weir::page {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

/// A part of the way from `from` to `to`. Totals only grow; levels do as they like.
std::uint64_t between(std::uint64_t from, std::uint64_t to, std::int64_t part, std::int64_t whole) {
  const auto share = static_cast<double>(part) / static_cast<double>(whole);
  const double way = (static_cast<double>(to) - static_cast<double>(from)) * share;
  return static_cast<std::uint64_t>(std::max(0.0, static_cast<double>(from) + way));
}

history_sample between(const history_sample& from, const history_sample& to, std::int64_t part,
                       std::int64_t whole) {
  const line_totals& one = from.totals;
  const line_totals& other = to.totals;
  return {.totals = {.received = between(one.received, other.received, part, whole),
                     .accepted = between(one.accepted, other.accepted, part, whole),
                     .rejected = between(one.rejected, other.rejected, part, whole),
                     .dropped = between(one.dropped, other.dropped, part, whole),
                     .mended = between(one.mended, other.mended, part, whole),
                     .noted = between(one.noted, other.noted, part, whole),
                     .delivered = between(one.delivered, other.delivered, part, whole)},
          .pending = between(from.pending, to.pending, part, whole),
          .log_bytes = between(from.log_bytes, to.log_bytes, part, whole)};
}

double rate(std::uint64_t from, std::uint64_t to, std::int64_t seconds) {
  return to < from ? 0 : static_cast<double>(to - from) / static_cast<double>(seconds);
}

}  // namespace

const history_sample* history::at(std::int64_t second) const noexcept {
  if (second < 0) {
    return nullptr;
  }
  const std::size_t place = static_cast<std::size_t>(second) % (pages * page_slots);
  const auto& page = ring_[place / page_slots];
  if (page == nullptr) {
    return nullptr;
  }
  const slot& there = (*page)[place % page_slots];
  return there.second == second ? &there.sample : nullptr;
}

void history::put(std::int64_t second, const history_sample& sample) {
  const std::size_t place = static_cast<std::size_t>(second) % (pages * page_slots);
  auto& page = ring_[place / page_slots];
  if (page == nullptr) {
    page = std::make_unique<std::array<slot, page_slots>>();
  }
  (*page)[place % page_slots] = {second, sample};
}

void history::add(const history_sample& now, const moment& at_time) {
  const std::int64_t second = at_time.steady.ns / second_ns;
  if (second < newest_) {
    return;
  }
  const history_sample* const before = at(newest_);
  const std::int64_t gap = second - newest_;
  if (before != nullptr && gap > 1 && gap <= gap_seconds_max) {
    const history_sample from = *before;
    for (std::int64_t part = 1; part < gap; ++part) {
      put(newest_ + part, between(from, now, part, gap));
    }
  }
  put(second, now);
  newest_ = second;
  newest_wall_ = at_time.wall;
}

std::optional<line_rates> history::rates(std::int64_t seconds) const {
  const history_sample* const now = at(newest_);
  if (now == nullptr) {
    return std::nullopt;
  }
  for (; seconds > 0; --seconds) {
    if (const history_sample* const from = at(newest_ - seconds)) {
      const line_totals& one = from->totals;
      const line_totals& other = now->totals;
      return line_rates{.received = rate(one.received, other.received, seconds),
                        .accepted = rate(one.accepted, other.accepted, seconds),
                        .rejected = rate(one.rejected, other.rejected, seconds),
                        .dropped = rate(one.dropped, other.dropped, seconds),
                        .delivered = rate(one.delivered, other.delivered, seconds)};
    }
  }
  return std::nullopt;
}

line_totals history::totals_before(std::int64_t seconds) const {
  for (; seconds >= 0; --seconds) {
    if (const history_sample* const from = at(newest_ - seconds)) {
      return from->totals;
    }
  }
  return {};
}

std::string history::text(std::int64_t seconds, std::int64_t step) const {
  const std::int64_t steps = std::max<std::int64_t>(1, seconds / step);
  std::string text;
  json_writer out(text);
  out.begin_object().member("step", static_cast<std::uint64_t>(step));
  out.member("end", static_cast<double>(newest_wall_.ns) / static_cast<double>(second_ns));
  const auto series = [&](std::string_view name, const auto& value) {
    out.key(name).begin_array();
    for (std::int64_t i = steps; i > 0; --i) {
      const std::int64_t end = newest_ - (i - 1) * step;
      if (const history_sample* const to = at(end)) {
        value(*to, end);
      } else {
        out.null();
      }
    }
    out.end_array();
  };
  const auto of_total = [&](std::string_view name, std::uint64_t line_totals::*which) {
    series(name, [&, which](const history_sample& to, std::int64_t end) {
      // Where weir began within a step, the mean is of what there is of it.
      for (std::int64_t part = step; part > 0; --part) {
        if (const history_sample* const from = at(end - part)) {
          out.number(rate(from->totals.*which, to.totals.*which, part));
          return;
        }
      }
      out.null();
    });
  };
  of_total("received", &line_totals::received);
  of_total("accepted", &line_totals::accepted);
  of_total("rejected", &line_totals::rejected);
  of_total("dropped", &line_totals::dropped);
  of_total("delivered", &line_totals::delivered);
  const auto of_level = [&](std::string_view name, std::uint64_t history_sample::*which) {
    series(name, [&out, which](const history_sample& to, std::int64_t) { out.number(to.*which); });
  };
  of_level("pending", &history_sample::pending);
  of_level("log_bytes", &history_sample::log_bytes);
  out.end_object();
  return text;
}

}  // namespace weir::page
