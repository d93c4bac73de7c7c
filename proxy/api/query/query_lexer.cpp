// SPDX-License-Identifier: Apache-2.0
//
// Splits InfluxQL into tokens. Pure; any thread.
#include "api/query/query_lexer.hpp"

#include "base/text/ascii.hpp"
#include "http/message.hpp"

namespace weir::api {
namespace {

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

void query_lexer::skip_blanks() noexcept {
  while (at_ < text_.size()) {
    if (blank(peek())) {
      step();
    } else if (peek() == '-' && peek(1) == '-') {
      while (at_ < text_.size() && peek() != '\n') {
        step();
      }
    } else if (peek() == '/' && peek(1) == '*') {
      while (at_ < text_.size() && !(peek() == '*' && peek(1) == '/')) {
        step();
      }
      for (int i = 0; i < 2 && at_ < text_.size(); ++i) {
        step();
      }
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
  } else {
    out.kind = token_kind::symbol;
    out.text.push_back(first);
    step();
  }
  return out;
}

}  // namespace weir::api
