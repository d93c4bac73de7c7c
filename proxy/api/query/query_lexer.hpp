// SPDX-License-Identifier: Apache-2.0
//
// InfluxQL's words: identifiers, strings, numbers, regular expressions, symbols, each with its
// place. What ends where is what InfluxDB's scanner says. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::api {

enum class token_kind : std::uint8_t {
  word,      // a bare identifier or keyword
  quoted,    // "an identifier", without its quotes and escapes
  string,    // 'a string', likewise
  number,    // digits, also with a unit: 7, 7d, 1h30m
  regex,     // a regular expression, without its slashes; a slash behind an operand divides
  symbol,    // any other character
  unclosed,  // a quote or regular expression that never closes, or a slash that may be either
  end,
};

struct token {
  token_kind kind = token_kind::end;
  std::string text;
  /// From 1, as messages count.
  std::size_t line = 1;
  std::size_t character = 1;

  /// Is this keyword, in any case?
  [[nodiscard]] bool is(std::string_view keyword) const noexcept;
  [[nodiscard]] bool is_symbol(char c) const noexcept;
};

class query_lexer {
 public:
  /// The text must outlive the lexer.
  explicit query_lexer(std::string_view text) noexcept : text_(text) {}
  /// The next token; `end` again and again once the text is used up.
  [[nodiscard]] token next();

 private:
  void skip_blanks() noexcept;
  void step() noexcept;
  void skip_bytes(std::size_t count) noexcept;
  [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept;
  void take_quoted(token& out);
  void take_regex(token& out);
  void remember(const token& now) noexcept;
  template <class Predicate>
  void take_while(token& out, Predicate accepts);

  /// What a slash means behind the token that was read last. At the beginning of a statement it
  /// begins a comment, if anything.
  enum class slash : std::uint8_t { begins_regex, divides, unclear };

  std::string_view text_;
  std::size_t at_ = 0;
  slash slash_ = slash::divides;
  bool names_parameter_ = false;
  std::size_t line_ = 1;
  std::size_t character_ = 1;
};

}  // namespace weir::api
