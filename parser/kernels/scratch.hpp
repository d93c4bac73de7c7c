// SPDX-License-Identifier: Apache-2.0
//
// Collects the tags and fields of a line, or of some lines that are read together. The vectors only
// grow and are reused from line to line: a reader that has read its largest line allocates no more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "parser/kernels/line_marks.hpp"
#include "weir/line_protocol.hpp"

namespace weir {

/// 1.x's limit in bytes for measurement and tags, and (with 4 more) for those and a field key.
inline constexpr std::size_t key_bytes_max = 65535;
inline constexpr std::size_t field_key_overhead = 4;

/// Lines that a kernel may read together: enough that the cost of a call hardly counts, few enough
/// that their points stay in the first-level cache.
inline constexpr std::size_t lines_together_max = 16;

struct line_scratch {
  std::vector<point_view> points;  // those read together
  std::vector<tag_view> tags;      // used up to `tag_count`
  std::vector<field_view> fields;
  std::size_t tag_count = 0;
  std::size_t field_count = 0;
  std::vector<std::uint32_t> order;  // of the tags, by key, when they came unsorted
  // The same of each of `points`, where a layout knows it: tag_layout::tags_max bytes each.
  std::vector<std::uint8_t> orders;

  /// Makes room for common lines: a kernel makes none itself and would give them up.
  void prepare() {
    constexpr std::size_t least = 160;
    if (points.empty()) {
      points.resize(lines_together_max);
      orders.resize(lines_together_max * tag_layout::tags_max);
    }
    if (tags.size() < least) {
      tags.resize(least);
    }
    if (fields.size() < least) {
      fields.resize(least);
    }
  }
  void clear() noexcept {
    tag_count = 0;
    field_count = 0;
  }
  void add(const tag_view& tag) {
    if (tag_count == tags.size()) {
      tags.resize(64 + 2 * tag_count);
    }
    tags[tag_count++] = tag;
  }
  void add(const field_view& field) {
    if (field_count == fields.size()) {
      fields.resize(64 + 2 * field_count);
    }
    fields[field_count++] = field;
  }
};

}  // namespace weir
