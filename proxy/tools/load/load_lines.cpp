// SPDX-License-Identifier: Apache-2.0
#include "tools/load/load_lines.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "base/assert.hpp"

namespace weir {
namespace {

constexpr std::string_view series_tag = ",series=";
// The longest number of 64 bits, with a sign.
constexpr std::size_t number_bytes_max = 20;
// What a bad line has more than the good one that it is made of: "text" for a number.
constexpr std::size_t mistake_bytes_max = 8;
constexpr std::int64_t time_step_ns = 1'000'000;

void append_number(std::uint64_t number, std::string& out) {
  char digits[number_bytes_max];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace

std::uint64_t sum_of(const bad_counts& bad) noexcept {
  return std::accumulate(bad.begin(), bad.end(), std::uint64_t{0});
}

load_lines::load_lines(const load_options& options)
    : options_(options),
      generator_(options.shape, options.seed, options.first_time_ns),
      databases_(std::max<std::uint64_t>(options.databases, 1)),
      time_ns_(options.first_time_ns) {
  if (options.makes_lines_while_sending()) {
    make_templates();
  }
  begin_body(0, 0);
}

void load_lines::make_templates() {
  // Without series each line of a shape may be the next one; some thousands are variety enough.
  constexpr std::uint64_t without_series = 50'000;
  const std::uint64_t most = options_.series > 0 ? options_.series : without_series;
  std::string line;
  while (templates_.size() < most && (templates_.empty() || arena_.size() < options_.ring_bytes)) {
    line.clear();
    line_template made{.offset = arena_.size()};
    if (options_.series > 0) {
      generator_.append_line_of(templates_.size(), series_tag, line);
      made.number_at = line.find(series_tag) + series_tag.size();
    } else {
      generator_.append_line(line);
    }
    made.time_at = line.rfind(' ') + 1;
    arena_.append(line, 0, made.time_at);
    line_bytes_max_ =
        std::max(line_bytes_max_, made.time_at + 2 * number_bytes_max + mistake_bytes_max);
    templates_.push_back(made);
  }
}

void load_lines::begin_body(std::uint64_t database, std::int64_t elapsed_ns) {
  database_ = &databases_.at(database);
  const double new_ones = options_.churn * static_cast<double>(elapsed_ns) / 1e9;
  // Each database has its turn: of 5 new ones, 3 databases have 2, 2 and 1.
  const auto due = static_cast<std::uint64_t>(std::max(new_ones, 0.0));
  const std::uint64_t count = databases_.size();
  series_allowed_ = options_.series + (due + count - 1 - database) / count;
  bad_of_body_ = {};
  good_bytes_ = 0;
}

void load_lines::append_line(std::string& body) {
  ++lines_;
  if (bad_is_due() && append_bad(body)) {
    return;
  }
  good_at_ = body.size();
  append_good(body);
  good_bytes_ = body.size() - good_at_;
}

void load_lines::append_good(std::string& body) {
  if (templates_.empty()) {
    generator_.append_line(body);
  } else {
    append_of_series(options_.series > 0 ? next_number() : lines_, body);
  }
}

std::uint64_t load_lines::next_number() {
  database_state& here = *database_;
  // What is new comes first, so that as many series begin as are due.
  const std::uint64_t now = std::min(options_.series, here.created);
  here.last =
      here.created < series_allowed_ ? here.created++ : here.created - now + here.turn++ % now;
  return here.last;
}

void load_lines::append_of_series(std::uint64_t number, std::string& body) {
  const line_template& from = templates_[number % templates_.size()];
  const std::string_view text = std::string_view(arena_).substr(from.offset, from.time_at);
  if (from.number_at > 0) {
    body.append(text.substr(0, from.number_at));
    append_number(number, body);
  }
  body.append(text.substr(from.number_at));
  // Not evenly, as clocks go.
  time_ns_ += time_step_ns + static_cast<std::int64_t>(lines_ * 7919 % 1000);
  append_number(static_cast<std::uint64_t>(time_ns_), body);
  body += '\n';
}

bool load_lines::bad_is_due() const noexcept {
  constexpr double nearly = 1e-6;
  return static_cast<double>(lines_) * options_.bad_share - static_cast<double>(bad_lines_) +
             nearly >=
         1;
}

/// In turn. Another type than before there can be only where there is a line before it.
std::optional<bad_kind> load_lines::next_kind() noexcept {
  const std::vector<bad_kind>& wanted = options_.bad_kinds;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bad_kind kind = wanted[kinds_used_++ % wanted.size()];
    if (kind != bad_kind::type || good_bytes_ > 0) {
      return kind;
    }
  }
  return std::nullopt;
}

bool load_lines::append_bad(std::string& body) {
  const auto kind = next_kind();
  if (!kind) {
    return false;
  }
  scratch_.clear();
  if (kind == bad_kind::type) {
    scratch_.assign(body, good_at_, good_bytes_);
  } else if (templates_.empty()) {
    generator_.append_line(scratch_);
  } else {
    // Of a series that is there: what is refused begins none.
    append_of_series(options_.series > 0 ? database_->last : lines_, scratch_);
  }
  append_bad_line(*kind, scratch_, body);
  ++bad_of_body_.at(static_cast<std::size_t>(*kind));
  ++bad_lines_;
  return true;
}

std::uint64_t load_lines::series() const noexcept {
  std::uint64_t all = 0;
  for (const database_state& each : databases_) {
    all += each.created;
  }
  return all;
}

std::uint64_t load_lines::new_series() const noexcept {
  std::uint64_t all = 0;
  for (const database_state& each : databases_) {
    all += each.created - std::min(each.created, options_.series);
  }
  return all;
}

}  // namespace weir
