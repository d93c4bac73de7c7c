// SPDX-License-Identifier: Apache-2.0
//
// Texts that many have, each kept once and known by a number, until nobody has it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weir {

class shared_texts {
 public:
  using number = std::uint32_t;
  /// What a text costs beside itself, about.
  static constexpr std::size_t text_bytes = 128;

  struct taken {
    number which = 0;
    /// Nobody had it before.
    bool is_new = false;
  };
  /// One more has that text.
  [[nodiscard]] taken take(std::string_view text) {
    if (const auto found = by_text_.find(text); found != by_text_.end()) {
      ++texts_[found->second].users;
      return {found->second, false};
    }
    number made = static_cast<number>(texts_.size());
    if (free_.empty()) {
      texts_.emplace_back();
    } else {
      made = free_.back();
      free_.pop_back();
    }
    texts_[made] = {std::string(text), 1};
    by_text_.emplace(texts_[made].text, made);
    bytes_ += text.size() + text_bytes;
    return {made, true};
  }
  [[nodiscard]] bool has(std::string_view text) const { return by_text_.contains(text); }
  /// One of those who have it has it no more. After the last one the number may become another
  /// text's.
  void release(number which) {
    shared& one = texts_[which];
    if (--one.users > 0) {
      return;
    }
    bytes_ -= one.text.size() + text_bytes;
    by_text_.erase(one.text);
    one = {};
    free_.push_back(which);
  }
  /// Valid as long as somebody has it.
  [[nodiscard]] std::string_view text(number which) const { return texts_[which].text; }
  /// With the number and the text of each that somebody has.
  template <class Then>
  void for_each(const Then& then) const {
    for (number which = 0; which < texts_.size(); ++which) {
      if (texts_[which].users > 0) {
        then(which, std::string_view(texts_[which].text));
      }
    }
  }
  /// Of all texts.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct shared {
    std::string text;
    std::size_t users = 0;
  };

  /// They stay where they are, as the keys of `by_text_`.
  std::deque<shared> texts_;
  std::vector<number> free_;
  std::unordered_map<std::string_view, number> by_text_;
  std::size_t bytes_ = 0;
};

}  // namespace weir
