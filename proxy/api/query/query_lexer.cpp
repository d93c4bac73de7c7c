// SPDX-License-Identifier: Apache-2.0
//
// Splits InfluxQL into tokens. Pure; any thread.
#include "api/query/query_lexer.hpp"

#include <algorithm>
#include <array>

#include "base/text/ascii.hpp"
#include "http/message.hpp"

namespace weir::api {
namespace {

// Behind these an operand stands, which may be a regular expression.
constexpr std::array<std::string_view, 7> before_operands{"SELECT", "FROM", "WHERE",   "AND",
                                                          "OR",     "BY",   "DISTINCT"};

bool blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool letter(char c) noexcept {
  return is_letter(c) || c == '_';
}
// Durations may be written with a micro sign; its bytes are not ASCII.
bool number_part(char c) noexcept {
  return is_digit(c) || letter(c) || c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

bool token::is(std::string_view keyword) const noexcept {
  return kind == token_kind::word && equal_ignoring_case(text, keyword);
}

bool token::is_symbol(char c) const noexcept {
  return kind == token_kind::symbol && text.size() == 1 && text.front() == c;
}

char query_lexer::peek(std::size_t ahead) const noexcept {
  return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
}

void query_lexer::step() noexcept {
  if (peek() == '\n') {
    ++line_;
    character_ = 0;
  }
  ++character_;
  ++at_;
}

void query_lexer::skip_bytes(std::size_t count) noexcept {
  for (; count > 0 && at_ < text_.size(); --count) {
    step();
  }
}

void query_lexer::skip_blanks() noexcept {
  while (at_ < text_.size()) {
    if (blank(peek())) {
      step();
    } else if (peek() == '-' && peek(1) == '-') {
      // InfluxDB takes a carriage return for a line's end, too.
      while (at_ < text_.size() && peek() != '\n' && peek() != '\r') {
        step();
      }
    } else if (peek() == '/' && peek(1) == '*' && slash_ == slash::divides) {
      skip_bytes(2);  // the asterisk of "/*/" does not end what it began
      while (at_ < text_.size() && !(peek() == '*' && peek(1) == '/')) {
        step();
      }
      skip_bytes(2);
    } else {
      return;
    }
  }
}

void query_lexer::take_quoted(token& out) {
  const char quote = peek();
  out.kind = quote == '"' ? token_kind::quoted : token_kind::string;
  step();
  while (at_ < text_.size() && peek() != quote) {
    if (peek() == '\\' && at_ + 1 < text_.size()) {
      step();
      const char escaped = peek();
      if (escaped != quote && escaped != '\\' && escaped != 'n') {
        out.text.push_back('\\');  // not an escape: both characters are meant
      }
      out.text.push_back(escaped == 'n' ? '\n' : escaped);
    } else {
      out.text.push_back(peek());
    }
    step();
  }
  if (at_ >= text_.size()) {
    out.kind = token_kind::unclosed;
    return;
  }
  step();
}

// A slash behind a backslash does not end it, whatever stands before the backslash: as in InfluxDB.
void query_lexer::take_regex(token& out) {
  out.kind = token_kind::regex;
  step();
  while (at_ < text_.size() && (peek() != '/' || text_[at_ - 1] == '\\')) {
    out.text.push_back(peek());
    step();
  }
  if (at_ >= text_.size()) {
    out.kind = token_kind::unclosed;
    return;
  }
  step();
}

void query_lexer::remember(const token& now) noexcept {
  switch (now.kind) {
    case token_kind::word:
      slash_ =
          !names_parameter_ && std::any_of(before_operands.begin(), before_operands.end(),
                                           [&now](std::string_view each) { return now.is(each); })
              ? slash::begins_regex
              : slash::divides;
      return;
    case token_kind::symbol:
      // An asterisk multiplies, or stands for all fields.
      slash_ = now.is_symbol(')') || now.is_symbol(';') ? slash::divides
               : now.is_symbol('*')                     ? slash::unclear
                                                        : slash::begins_regex;
      return;
    case token_kind::quoted:
    case token_kind::string:
    case token_kind::number:
    case token_kind::regex:
    case token_kind::unclosed:
    case token_kind::end:
      slash_ = slash::divides;
      return;
  }
}

template <class Predicate>
void query_lexer::take_while(token& out, Predicate accepts) {
  while (at_ < text_.size() && accepts(peek())) {
    out.text.push_back(peek());
    step();
  }
}

token query_lexer::next() {
  skip_blanks();
  token out;
  out.line = line_;
  out.character = character_;
  if (at_ >= text_.size()) {
    return out;
  }
  const char first = peek();
  if (first == '"' || first == '\'') {
    take_quoted(out);
  } else if (letter(first)) {
    out.kind = token_kind::word;
    take_while(out, [](char c) { return letter(c) || is_digit(c); });
  } else if (is_digit(first)) {
    out.kind = token_kind::number;
    take_while(out, number_part);
  } else if (first == '/' && slash_ == slash::begins_regex && peek(1) != '*') {
    take_regex(out);
  } else {
    // Where an operand stands, InfluxDB takes "/*" for a comment in some places and in others not.
    out.kind = first == '/' && slash_ != slash::divides ? token_kind::unclosed : token_kind::symbol;
    out.text.push_back(first);
    step();
  }
  remember(out);
  names_parameter_ = out.is_symbol('$');
  return out;
}

}  // namespace weir::api
