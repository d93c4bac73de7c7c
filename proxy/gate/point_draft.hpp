// SPDX-License-Identifier: Apache-2.0
//
// A point that checks change: a copy of its views, made when the first change comes, in buffers
// that serve every line. It owns no text: what is put in must live until the point is staged. One
// thread.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "weir/line_protocol.hpp"

namespace weir {

class point_draft {
 public:
  /// Starts from `original`, whose views are kept until the next `begin`.
  void begin(const point_view& original) noexcept {
    view_ = original;
    tags_copied_ = fields_copied_ = changed_ = false;
  }

  [[nodiscard]] bool changed() const noexcept { return changed_; }
  /// The point as it is now.
  [[nodiscard]] const point_view& view() noexcept {
    if (tags_copied_) {
      view_.tags = tags_;
    }
    if (fields_copied_) {
      view_.fields = fields_;
    }
    return view_;
  }

  /// `raw` is spelled with its escapes, as all names below.
  void set_measurement(std::string_view raw) noexcept {
    view_.measurement = raw;
    touch();
  }
  /// For changing; the view follows.
  [[nodiscard]] std::vector<tag_view>& tags() {
    if (!tags_copied_) {
      tags_.assign(view_.tags.begin(), view_.tags.end());
      tags_copied_ = true;
    }
    touch();
    return tags_;
  }
  [[nodiscard]] std::vector<field_view>& fields() {
    if (!fields_copied_) {
      fields_.assign(view_.fields.begin(), view_.fields.end());
      fields_copied_ = true;
    }
    touch();
    return fields_;
  }

 private:
  /// The line's own spelling is no longer the point's: it is written from its parts.
  void touch() noexcept {
    changed_ = true;
    view_.tags_sorted = view_.canonical = view_.fields_canonical = false;
    view_.tag_order = {};
  }

  point_view view_;
  std::vector<tag_view> tags_;
  std::vector<field_view> fields_;
  bool tags_copied_ = false;
  bool fields_copied_ = false;
  bool changed_ = false;
};

}  // namespace weir
