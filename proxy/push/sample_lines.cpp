// SPDX-License-Identifier: Apache-2.0
#include "push/sample_lines.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <limits>

#include "base/text/line_words.hpp"
#include "exposition/numbers.hpp"

namespace weir::push {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;

void append_escaped(std::string_view text, std::string_view escaped, std::string& out) {
  for (const char c : text) {
    if (escaped.find(c) != std::string_view::npos) {
      out.push_back('\\');
    }
    out.push_back(c);
  }
}

bool append_tags(std::span<const exposition::label> labels, std::string& out) {
  for (const exposition::label& each : labels) {
    if (each.value.empty()) {
      continue;
    }
    if (!is_line_word(each.name) || !is_line_word(each.value)) {
      return false;
    }
    out.push_back(',');
    append_escaped(each.name, ",= ", out);
    out.push_back('=');
    append_escaped(each.value, ",= ", out);
  }
  return true;
}

}  // namespace

std::int64_t nanoseconds_of(std::int64_t ms) noexcept {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / ns_per_ms;
  return ms > most ? most * ns_per_ms : ms < -most ? -most * ns_per_ms : ms * ns_per_ms;
}

line_counts& line_counts::operator+=(const line_counts& other) noexcept {
  written += other.written;
  not_finite += other.not_finite;
  unwritable += other.unwritable;
  return *this;
}

void append_line(std::string_view name, std::span<const exposition::label> labels, double value,
                 std::int64_t time_ns, std::string& out, line_counts& counts) {
  if (!std::isfinite(value)) {
    ++counts.not_finite;
    return;
  }
  const std::size_t before = out.size();
  append_escaped(name, ", ", out);
  if (!is_line_beginning(name) || !append_tags(labels, out)) {
    out.resize(before);
    ++counts.unwritable;
    return;
  }
  out.append(" value=");
  exposition::append_number(value, out);
  fmt::format_to(std::back_inserter(out), " {}\n", time_ns);
  ++counts.written;
}

void append_lines(const exposition::document& all, std::int64_t time_ns, std::string& out,
                  line_counts& counts) {
  for (const exposition::sample& each : all.samples()) {
    append_line(each.name, all.labels_of(each), each.value, time_ns, out, counts);
  }
}

void append_series(const exposition::document& all, std::int64_t time_ns, std::string& out) {
  line_counts counts;
  for (const exposition::sample& each : all.samples()) {
    append_line(each.name, all.labels_of(each), 0, time_ns, out, counts);
  }
}

}  // namespace weir::push
