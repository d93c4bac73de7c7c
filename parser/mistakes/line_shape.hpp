// SPDX-License-Identifier: Apache-2.0
//
// A rejected line as words, and the mistakes that are recognised by what each word looks like. Not
// how a good line is read.
#pragma once

#include "parser/mistakes/mistake.hpp"

namespace weir {

class line_shape {
 public:
  explicit line_shape(const mistaken_line& line) : line_(line), words_(split_words(line.text)) {
    for (std::size_t i = 1; i < words_.size() && first_pairs_ == 0; ++i) {
      first_pairs_ = words_[i].begins_with_pair() ? i : 0;
    }
  }

  maybe_mistake find() const {
    if (words_.empty()) {
      return std::nullopt;
    }
    using rule = maybe_mistake (line_shape::*)() const;
    constexpr rule rules[] = {&line_shape::arrow,           &line_shape::space_before_comma,
                              &line_shape::space_at_equals, &line_shape::colon,
                              &line_shape::timestamp_first, &line_shape::no_measurement,
                              &line_shape::comma_at_end,    &line_shape::comma_for_space,
                              &line_shape::all_in_one_word, &line_shape::space_after_comma,
                              &line_shape::cut_name,        &line_shape::cut_field_name,
                              &line_shape::two_points,      &line_shape::pairs_apart};
    for (const rule each : rules) {
      if (auto finding = (this->*each)()) {
        return finding;
      }
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::size_t size() const noexcept { return words_.size(); }
  [[nodiscard]] std::size_t begin(std::size_t i) const noexcept {
    return line_.offset(words_[i].text);
  }
  [[nodiscard]] std::size_t end(std::size_t i) const noexcept {
    return begin(i) + words_[i].text.size();
  }
  // The spaces behind word `i`.
  [[nodiscard]] std::size_t gap(std::size_t i) const noexcept { return begin(i + 1) - end(i); }
  [[nodiscard]] line_edit replace_gap(std::size_t i, std::string with) const {
    return {end(i), gap(i), std::move(with)};
  }
  [[nodiscard]] line_edit escape_gap(std::size_t i) const {
    std::string spaces;
    for (std::size_t n = 0; n < gap(i); ++n) {
      spaces += "\\ ";
    }
    return {end(i), gap(i), spaces};
  }
  [[nodiscard]] mistake_finding at_gap(mistake kind, std::size_t i, line_reading reading) const {
    mistake_finding finding{kind, end(i), gap(i), item_at(line_.text, begin(i + 1)),
                            line_.measurement()};
    finding.readings.push_back(std::move(reading));
    return finding;
  }
  [[nodiscard]] bool is_time(std::size_t i) const noexcept {
    return i + 1 == size() && is_timestamp_like(words_[i].text);
  }
  [[nodiscard]] bool is_bare_word(std::size_t i) const noexcept {
    return words_[i].items.size() == 1 && !words_[i].items[0].is_pair;
  }
  [[nodiscard]] bool in_string(std::size_t at) const noexcept;
  [[nodiscard]] line_edits edits_everywhere(std::string_view sign, std::string_view with) const;
  [[nodiscard]] std::string as_fields(std::size_t from, std::size_t to) const;

  [[nodiscard]] maybe_mistake arrow() const;
  [[nodiscard]] maybe_mistake space_before_comma() const;
  [[nodiscard]] maybe_mistake space_at_equals() const;
  [[nodiscard]] maybe_mistake colon() const;
  [[nodiscard]] maybe_mistake timestamp_first() const;
  [[nodiscard]] maybe_mistake no_measurement() const;
  [[nodiscard]] maybe_mistake comma_at_end() const;
  [[nodiscard]] maybe_mistake comma_for_space() const;
  [[nodiscard]] maybe_mistake all_in_one_word() const;
  [[nodiscard]] maybe_mistake space_after_comma() const;
  [[nodiscard]] maybe_mistake cut_name() const;
  [[nodiscard]] maybe_mistake cut_field_name() const;
  [[nodiscard]] maybe_mistake two_points() const;
  [[nodiscard]] maybe_mistake pairs_apart() const;
  [[nodiscard]] maybe_mistake tags_behind_fields() const;

  const mistaken_line& line_;
  const std::vector<line_word> words_;
  std::size_t first_pairs_ = 0;  // the first word behind the measurement that begins with a pair
};

/// Whether a word begins as dates do: 2020-04-14.
[[nodiscard]] bool is_date_like(std::string_view word) noexcept;

}  // namespace weir
