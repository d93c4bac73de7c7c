// SPDX-License-Identifier: Apache-2.0
//
// Sorts tags by key: few by insertion, more by std::sort.
#include "parser/tag_order.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

namespace weir {
namespace {

// A key's first bytes as a number that orders as they do, so that most comparisons are one.
std::uint64_t prefix_of(std::string_view key) noexcept {
  std::uint64_t prefix = 0;
  if (key.size() >= sizeof prefix) {
    std::memcpy(&prefix, key.data(), sizeof prefix);
    return std::endian::native == std::endian::little ? __builtin_bswap64(prefix) : prefix;
  }
  for (std::size_t i = 0; i < sizeof prefix; ++i) {
    prefix = prefix << 8 | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0U);
  }
  return prefix;
}

struct sorted_tag {
  std::uint64_t prefix;
  std::uint32_t number;
};

}  // namespace

void sort_few_tags(std::span<const tag_view> tags, std::uint32_t* order) noexcept {
  sorted_tag sorted[tags_few];
  for (std::uint32_t i = 0; i < tags.size(); ++i) {
    const sorted_tag entry{prefix_of(tags[i].key), i};
    std::size_t place = i;
    for (; place > 0; --place) {
      const sorted_tag& before = sorted[place - 1];
      const bool is_less = entry.prefix != before.prefix ? entry.prefix < before.prefix
                                                         : tags[i].key < tags[before.number].key;
      if (!is_less) {
        break;
      }
      sorted[place] = before;
    }
    sorted[place] = entry;
  }
  for (std::size_t i = 0; i < tags.size(); ++i) {
    order[i] = sorted[i].number;
  }
}

void sort_tags(std::span<const tag_view> tags, std::vector<std::uint32_t>& order) {
  order.resize(tags.size());
  if (tags.size() <= tags_few) {
    return sort_few_tags(tags, order.data());
  }
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return tags[a].key < tags[b].key; });
}

bool are_tag_keys_unique(std::span<const tag_view> tags, std::vector<std::uint32_t>& order) {
  sort_tags(tags, order);
  return std::adjacent_find(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
           return tags[a].key == tags[b].key;
         }) == order.end();
}

}  // namespace weir
