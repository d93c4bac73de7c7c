// SPDX-License-Identifier: Apache-2.0
//
// How the rows of the table of keys are made, one builder for each type of value. `at` is a lambda
// from a section to the member. Included by the files of keys alone.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "config/checks/checks.hpp"
#include "config/checks/suggest.hpp"
#include "config/keys/keys.hpp"
#include "config/secrets.hpp"
#include "config/units.hpp"

namespace weir {

// The member of a section, for reading and for showing.
// NOLINTBEGIN(bugprone-macro-parentheses): a member's name stands in none
#define WEIR_MEMBER(member)    \
  [](auto& section) -> auto& { \
    return section.member;     \
  }
// NOLINTEND(bugprone-macro-parentheses)

/// What a wrong value is called in an error.
[[nodiscard]] std::string describe(const config_value& value);

[[nodiscard]] failure wrong_type(std::string_view expected, const config_value& value);

/// The one unlimited number that TOML knows without quotes: `inf`.
[[nodiscard]] inline bool is_infinity(const config_value& value) {
  const auto* number = std::get_if<double>(&value);
  return number != nullptr && std::isinf(*number) && *number > 0;
}

struct number_range {
  std::uint64_t least = 0;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
};

template <class S, class At>
config_key<S> size_key(std::string name, number_range range, std::string help, At at) {
  const std::string words =
      fmt::format("from {} to {}", format_size(range.least), format_size(range.most));
  auto read = [at, range, words](S& section, const config_value& value) -> outcome {
    std::uint64_t bytes = 0;
    if (const auto* plain = std::get_if<std::int64_t>(&value); plain != nullptr && *plain >= 0) {
      bytes = static_cast<std::uint64_t>(*plain);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      const auto parsed = parse_size(*text);
      if (!parsed) {
        return parsed.error();
      }
      bytes = parsed.value();
    } else {
      return wrong_type("a size such as \"25MB\", \"4GiB\" or plain bytes", value);
    }
    if (bytes < range.least || bytes > range.most) {
      return failure{fmt::format("{} is out of range; it must be {}", format_size(bytes), words)};
    }
    at(section) = bytes;
    return nothing{};
  };
  auto show = [at](const S& section) { return fmt::format("\"{}\"", format_size(at(section))); };
  return {std::move(name), "size", words, std::move(help), read, show};
}

template <class S, class At>
config_key<S> count_key(std::string name, number_range range, std::string unit, std::string help,
                        At at) {
  const std::string words = fmt::format("from {} to {} {}", range.least, range.most, unit);
  auto read = [at, range, words](S& section, const config_value& value) -> outcome {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr) {
      return wrong_type(fmt::format("a whole number {}", words), value);
    }
    if (*number < 0 || static_cast<std::uint64_t>(*number) < range.least ||
        static_cast<std::uint64_t>(*number) > range.most) {
      return failure{fmt::format("{} is out of range; it must be {}", *number, words)};
    }
    auto& member = at(section);
    member = static_cast<std::remove_reference_t<decltype(member)>>(*number);
    return nothing{};
  };
  auto show = [at](const S& section) { return std::to_string(at(section)); };
  return {std::move(name), "number", words, std::move(help), read, show};
}

/// A duration in a settings' member of milliseconds, or one that may be "inf" in nanoseconds.
template <class S>
result<std::optional<nanoseconds>> read_duration(const config_value& value) {
  if (is_infinity(value)) {
    return std::optional<nanoseconds>{};
  }
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) {
    return wrong_type("a duration with its unit such as \"10s\" or \"1h30m\"", value);
  }
  return parse_duration(*text);
}

template <class S, class At>
config_key<S> duration_key(std::string name, milliseconds least, milliseconds most,
                           std::string help, At at) {
  const std::string words =
      fmt::format("from {} to {}", format_duration(least), format_duration(most));
  auto read = [at, least, most, words](S& section, const config_value& value) -> outcome {
    const auto parsed = read_duration<S>(value);
    if (!parsed) {
      return parsed.error();
    }
    const auto duration = parsed.value();
    if (!duration || *duration < least || *duration > most) {
      return failure{
          fmt::format("{} is out of range; it must be {}", format_duration(duration), words)};
    }
    const auto whole = std::chrono::duration_cast<milliseconds>(*duration);
    if (whole != *duration) {
      return failure{fmt::format("{} is finer than a millisecond; use whole milliseconds",
                                 format_duration(duration))};
    }
    at(section) = whole;
    return nothing{};
  };
  auto show = [at](const S& section) {
    return fmt::format("\"{}\"", format_duration(nanoseconds{at(section)}));
  };
  return {std::move(name), "duration", words, std::move(help), read, show};
}

template <class S, class At>
config_key<S> limitless_duration_key(std::string name, nanoseconds least, std::string help, At at) {
  const std::string words = fmt::format("at least {}, or \"inf\"", format_duration(least));
  auto read = [at, least, words](S& section, const config_value& value) -> outcome {
    const auto parsed = read_duration<S>(value);
    if (!parsed) {
      return parsed.error();
    }
    if (parsed.value() && *parsed.value() < least) {
      return failure{
          fmt::format("{} is out of range; it must be {}", format_duration(parsed.value()), words)};
    }
    at(section) = parsed.value();
    return nothing{};
  };
  auto show = [at](const S& section) {
    return fmt::format("\"{}\"", format_duration(at(section)));
  };
  return {std::move(name), "duration", words, std::move(help), read, show};
}

using text_check = std::string (*)(std::string_view);

template <class S, class At>
config_key<S> text_key(std::string name, std::string help, At at, text_check check = nullptr) {
  auto read = [at, check](S& section, const config_value& value) -> outcome {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) {
      return wrong_type("text in quotes", value);
    }
    if (text->find('\0') != std::string::npos) {
      return failure{"the text has a zero byte in it; take it out"};
    }
    if (std::string problem = check == nullptr ? "" : check(*text); !problem.empty()) {
      return failure{std::move(problem)};
    }
    at(section) = *text;
    return nothing{};
  };
  auto show = [at](const S& section) { return quoted(at(section)); };
  return {std::move(name), "text", "", std::move(help), read, show};
}

template <class S, class At>
config_key<S> secret_key(std::string name, std::string help, At at) {
  config_key<S> key = text_key<S>(std::move(name), std::move(help), at);
  key.read = [read = key.read](S& section, const config_value& value) -> outcome {
    if (std::get_if<std::string>(&value) == nullptr) {
      return failure{"it must be text in quotes, best as \"${NAME}\" from the environment"};
    }
    return read(section, value);
  };
  key.show = [at](const S& section) { return quoted(at(section).empty() ? "" : hidden); };
  return key;
}

template <class S, class At>
config_key<S> list_key(std::string name, const std::string& example, std::string help, At at,
                       text_check check, bool may_be_empty = false) {
  auto read = [at, check, example, may_be_empty](S& section, const config_value& value) -> outcome {
    const auto* texts = std::get_if<std::vector<std::string>>(&value);
    if (texts == nullptr) {
      return wrong_type(fmt::format("a list of text such as {}", example), value);
    }
    if (texts->empty() && !may_be_empty) {
      return failure{fmt::format("the list is empty; write at least one, as in {}", example)};
    }
    for (const std::string& text : *texts) {
      if (std::string problem = check(text); !problem.empty()) {
        return failure{std::move(problem)};
      }
      if (std::count(texts->begin(), texts->end(), text) > 1 && !text.ends_with(":0")) {
        return failure{fmt::format("\"{}\" is in the list twice; take one out",
                                   check == check_header ? header_without_secret(text) : text)};
      }
    }
    at(section) = *texts;
    return nothing{};
  };
  auto show = [at](const S& section) {
    std::string written;
    for (const std::string& text : at(section)) {
      written += fmt::format("{}{}", written.empty() ? "" : ", ", quoted(text));
    }
    return fmt::format("[{}]", written);
  };
  return {std::move(name), "list of text", "", std::move(help), read, show};
}

/// "Name: value" of headers; values that may be secrets are not shown.
template <class S, class At>
config_key<S> headers_key(std::string name, const std::string& example, std::string help, At at) {
  config_key<S> key =
      list_key<S>(std::move(name), example, std::move(help), at, check_header, true);
  key.show = [at](const S& section) {
    std::string written;
    for (const std::string& header : at(section)) {
      written +=
          fmt::format("{}{}", written.empty() ? "" : ", ", quoted(header_without_secret(header)));
    }
    return fmt::format("[{}]", written);
  };
  return key;
}

template <class S, class At>
config_key<S> bool_key(std::string name, std::string help, At at) {
  auto read = [at](S& section, const config_value& value) -> outcome {
    const auto* flag = std::get_if<bool>(&value);
    if (flag == nullptr) {
      return wrong_type("true or false without quotes", value);
    }
    at(section) = *flag;
    return nothing{};
  };
  auto show = [at](const S& section) { return std::string{at(section) ? "true" : "false"}; };
  return {std::move(name), "true or false", "", std::move(help), read, show};
}

template <class E>
using choices = std::vector<std::pair<std::string, E>>;

/// The units of timestamps, and "auto".
[[nodiscard]] choices<std::int64_t> precisions();

/// `later` are values that the documentation of a later version will know.
template <class S, class E, class At>
config_key<S> choice_key(std::string name, choices<E> known, const std::vector<std::string>& later,
                         std::string help, At at) {
  std::string words;
  for (const auto& choice : known) {
    words += fmt::format("{}\"{}\"", words.empty() ? "" : " | ", choice.first);
  }
  auto read = [at, known, later, words](S& section, const config_value& value) -> outcome {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) {
      return wrong_type(fmt::format("one of {}", words), value);
    }
    for (const auto& choice : known) {
      if (choice.first == *text) {
        at(section) = choice.second;
        return nothing{};
      }
    }
    if (std::find(later.begin(), later.end(), *text) != later.end()) {
      return failure{fmt::format("\"{}\" is not supported by this version; use {}", *text, words)};
    }
    std::vector<std::string> names;
    for (const auto& choice : known) {
      names.push_back(choice.first);
    }
    return failure{fmt::format("\"{}\" is not one of {}{}", *text, words,
                               did_you_mean(nearest_choice(*text, names)))};
  };
  auto show = [at, known](const S& section) {
    for (const auto& choice : known) {
      if (choice.second == at(section)) {
        return quoted(choice.first);
      }
    }
    return quoted("?");
  };
  return {std::move(name), "choice", words, std::move(help), read, show};
}

/// The rows of `tls = { ... }`.
template <class S>
void add_tls_keys(std::vector<config_key<S>>& keys) {
  keys.push_back(text_key<S>("tls.certificate",
                             "file (PEM) of the certificate, and of those between it and an "
                             "authority's; empty: no TLS",
                             WEIR_MEMBER(tls.certificate)));
  keys.push_back(
      text_key<S>("tls.key", "file (PEM) of its key, without a password", WEIR_MEMBER(tls.key)));
  keys.push_back(text_key<S>("tls.client_ca",
                             "file (PEM) of authorities: clients have to show a certificate of one "
                             "of them; empty: they need none",
                             WEIR_MEMBER(tls.client_ca)));
}

}  // namespace weir
