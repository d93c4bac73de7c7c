// SPDX-License-Identifier: Apache-2.0
//
// The cold half of what the two-pass kernels remember: memory is allocated, tag keys are judged.
#include "parser/kernels/line_marks.hpp"

#include <algorithm>
#include <cstring>

#include "parser/tag_order.hpp"

namespace weir {
namespace {

bool is_ascending(std::span<const tag_view> tags) noexcept {
  for (std::size_t i = 1; i < tags.size(); ++i) {
    if (!(tags[i - 1].key < tags[i].key)) {
      return false;
    }
  }
  return true;
}

}  // namespace

void line_marks::prepare() {
  if (storage == nullptr) {
    storage = std::make_unique<memory>();
  }
}

bool tag_layout::remember(std::span<const tag_view> tags, std::vector<std::uint32_t>& scratch,
                          bool& in_order) {
  count = UINT32_MAX;
  if (tags.size() >= harmful_tag_count_least) {
    return false;  // the exact reader judges it
  }
  in_order = is_ascending(tags);
  if (!in_order && !are_tag_keys_unique(tags, scratch)) {
    return false;
  }
  if (tags.size() > tags_max) {
    return true;
  }
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const std::string_view key = tags[i].key;
    if (key.size() >= image_bytes) {
      return true;
    }
    char* const image = images + i * image_bytes;
    std::memset(image, 0, image_bytes);
    std::memcpy(image, key.data(), key.size());
    image[key.size()] = '=';
    if (!in_order) {
      order[i] = static_cast<std::uint8_t>(scratch[i]);
    }
  }
  count = static_cast<std::uint32_t>(tags.size());
  sorted = in_order;
  return true;
}

}  // namespace weir
