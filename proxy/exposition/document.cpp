// SPDX-License-Identifier: Apache-2.0
#include "exposition/document.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/ascii.hpp"
#include "base/text/metric_name.hpp"
#include "base/text/utf8.hpp"

namespace weir::exposition {
namespace {

constexpr std::size_t chunk_bytes_least = 4096;
constexpr std::size_t shown_bytes_max = 40;

bool is_name(std::string_view name, name_kind kind) noexcept {
  return !name.empty() && !is_digit(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [kind](char c) { return may_stand_in_name(c, kind); });
}

}  // namespace

std::string_view name_of(metric_type type) noexcept {
  switch (type) {
    case metric_type::untyped:
      return "untyped";
    case metric_type::counter:
      return "counter";
    case metric_type::gauge:
      return "gauge";
    case metric_type::summary:
      return "summary";
    case metric_type::histogram:
      return "histogram";
  }
  return "untyped";
}

std::string_view part_label(metric_type type) noexcept {
  return type == metric_type::histogram ? "le" : type == metric_type::summary ? "quantile" : "";
}

std::optional<std::uint32_t> document::find_family(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

std::uint32_t document::add_family(std::string_view name) {
  const auto index = static_cast<std::uint32_t>(families_.size());
  families_.push_back({.name = name});
  by_name_.emplace(name, index);
  return index;
}

std::string_view document::keep(std::string_view text) {
  if (text.empty()) {
    return {};
  }
  if (chunks_.empty() || chunks_.back().capacity() - chunks_.back().size() < text.size()) {
    chunks_.emplace_back().reserve(std::max(text.size(), chunk_bytes_least));
    chunk_bytes_ += chunks_.back().capacity();
  }
  std::string& chunk = chunks_.back();
  const std::size_t at = chunk.size();
  chunk.append(text);  // never beyond its capacity, so that views into it stay valid
  return std::string_view(chunk).substr(at);
}

std::size_t document::held_bytes() const noexcept {
  constexpr std::size_t map_entry = 64;
  return families_.capacity() * sizeof(family) + families_.size() * map_entry +
         samples_.capacity() * sizeof(sample) + labels_.capacity() * sizeof(label) + chunk_bytes_ +
         reader_bytes_;
}

std::string mistake::text() const {
  if (line == 0) {
    return fmt::format("byte {}: {}", offset, message);
  }
  return fmt::format("line {}, column {}: {}", line, column, message);
}

bool is_plain_metric_name(std::string_view name) noexcept {
  return is_name(name, name_kind::of_series);
}

bool is_plain_label_name(std::string_view name) noexcept {
  return is_name(name, name_kind::of_label);
}

std::string shown(std::string_view text) {
  std::string out = "\"";
  for (const char c : valid_utf8(text.substr(0, shown_bytes_max))) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out.append(c == '"' || c == '\\' ? "\\" : "").push_back(c);
    }
  }
  return out + (text.size() > shown_bytes_max ? "...\"" : "\"");
}

}  // namespace weir::exposition
