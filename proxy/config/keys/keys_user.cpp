// SPDX-License-Identifier: Apache-2.0
//
// The rows of [[user]]. A list "PATTERN=RIGHT" is how `databases` is read and shown; the table that
// operators write is made into it by settings_reader.cpp.
#include <array>

#include "config/keys/key_builders.hpp"
#include "config/password_hash_form.hpp"

namespace weir {
namespace {

constexpr std::string_view grant_example = R"({ "app*" = "write", "app_1" = ["write", "query"] })";

struct right_name {
  std::string_view name;
  user_right right;
};
constexpr std::array right_names{right_name{"write", user_right::write},
                                 right_name{"query", user_right::query},
                                 right_name{"admin", user_right::admin}};

std::string check_user_name(std::string_view text) {
  const bool good =
      !text.empty() && text.size() <= 255 && text.find(':') == std::string_view::npos &&
      std::none_of(text.begin(), text.end(),
                   [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return good ? "" : "a name has 1 to 255 bytes, and neither a colon nor control characters";
}

/// "PATTERN=RIGHT".
outcome add_grant(std::string_view text, std::vector<user_grant>& to) {
  const std::size_t equals = text.rfind('=');
  const std::string pattern(text.substr(0, equals == std::string_view::npos ? 0 : equals));
  const std::string_view name = text.substr(equals == std::string_view::npos ? 0 : equals + 1);
  if (pattern.empty()) {
    return failure{fmt::format("\"{}\" names no database; write {}", text, grant_example)};
  }
  const auto right = std::find_if(right_names.begin(), right_names.end(),
                                  [name](const right_name& each) { return each.name == name; });
  if (right == right_names.end()) {
    return failure{fmt::format(
        R"("{}" is no right; write "write", "query", "admin" (both, and to create and drop it), or a list of them)",
        name)};
  }
  auto same = std::find_if(to.begin(), to.end(),
                           [&](const user_grant& each) { return each.pattern == pattern; });
  if (same == to.end()) {
    same = to.insert(to.end(), {.pattern = pattern});
  }
  same->rights = static_cast<std::uint8_t>(same->rights | static_cast<unsigned>(right->right));
  return nothing{};
}

outcome read_grants(user_settings& section, const config_value& value) {
  const auto* texts = std::get_if<std::vector<std::string>>(&value);
  if (texts == nullptr) {
    return wrong_type(fmt::format("a table such as {}", grant_example), value);
  }
  std::vector<user_grant> grants;
  for (const std::string& each : *texts) {
    if (auto added = add_grant(each, grants); !added) {
      return added;
    }
  }
  section.databases = std::move(grants);
  return nothing{};
}

std::string show_grants(const user_settings& section) {
  std::string all;
  for (const user_grant& each : section.databases) {
    std::string rights;
    for (const right_name& one : right_names) {
      if ((each.rights & static_cast<unsigned>(one.right)) != 0) {
        rights += fmt::format("{}\"{}\"", rights.empty() ? "" : ", ", one.name);
      }
    }
    all += fmt::format("{}{} = [{}]", all.empty() ? " " : ", ", quoted(each.pattern), rights);
  }
  return fmt::format("{{{}{}}}", all, all.empty() ? "" : " ");
}

}  // namespace

const std::vector<config_key<user_settings>>& user_keys() {
  using S = user_settings;
  static const std::vector<config_key<S>> keys = [] {
    std::vector<config_key<S>> made{
        text_key<S>("name", "unique; in requests, metrics and letters", WEIR_MEMBER(name),
                    check_user_name),
        secret_key<S>("password", "of Basic, u= and p=, and Token NAME:PASSWORD",
                      WEIR_MEMBER(password)),
        text_key<S>("password_hash", "the same, as `weir user hash` makes it",
                    WEIR_MEMBER(password_hash), check_password_hash),
        secret_key<S>("token", "of Token, Bearer, or in a password's place", WEIR_MEMBER(token)),
        config_key<S>{"databases", "table", "patterns with \"write\" | \"query\" | \"admin\"",
                      "what the user may do with databases of these names", read_grants,
                      show_grants},
        bool_key<S>("admin", "may do everything", WEIR_MEMBER(admin)),
    };
    made[2].show = [](const S& section) {
      return quoted(section.password_hash.empty() ? "" : hidden);
    };
    return made;
  }();
  return keys;
}

}  // namespace weir
