// SPDX-License-Identifier: Apache-2.0
//
// The text form of a server_catalogue: what a restart knows before the server answers. Pure.
#include <fmt/format.h>

#include <charconv>

#include "upstream/catalogue/server_catalogue.hpp"
#include "upstream/kept_words.hpp"

namespace weir {
namespace {

// First line of the text; then each database in its order, a `d NAME DEFAULT` (`u` in place of
// `d`: its policies are not known), and behind it its policies: `p NAME DURATION SHARD REPLICAS
// DEFAULT`, in nanoseconds. Names are `kept_name`s.
constexpr std::string_view text_head = "weir catalogue 1\n";

template <class Number>
bool take_number(std::string_view& line, Number& out) {
  const std::string_view word = take_word(line);
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
  return error == std::errc{} && end == word.data() + word.size() && out >= 0;
}

std::optional<known_policy> take_policy(std::string_view line) {
  const auto name = name_of_kept(take_word(line));
  known_policy out;
  std::uint32_t is_default = 0;
  if (!name || !take_number(line, out.duration_ns) || !take_number(line, out.shard_duration_ns) ||
      !take_number(line, out.replicas) || !take_number(line, is_default) || is_default > 1 ||
      !line.empty()) {
    return std::nullopt;
  }
  out.name = *name;
  out.is_default = is_default == 1;
  return out;
}

}  // namespace

std::string server_catalogue::text() const {
  std::string out(text_head);
  for (const std::string& name : names()) {
    const known_database& known = *find(name);
    out += fmt::format("{} {} {}\n", known.policies ? 'd' : 'u', kept_name(name),
                       kept_name(known.default_policy));
    if (!known.policies) {
      continue;
    }
    for (const known_policy& each : *known.policies) {
      out += fmt::format("p {} {} {} {} {}\n", kept_name(each.name), each.duration_ns,
                         each.shard_duration_ns, each.replicas, each.is_default ? 1 : 0);
    }
  }
  return out;
}

std::optional<server_catalogue> server_catalogue::read(std::string_view text) {
  if (!text.starts_with(text_head)) {
    return std::nullopt;
  }
  text.remove_prefix(text_head.size());
  server_catalogue out;
  known_database* last = nullptr;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    const std::string_view what = take_word(line);
    if (what == "d" || what == "u") {
      const auto name = name_of_kept(take_word(line));
      const auto default_policy = name_of_kept(take_word(line));
      if (!name || name->empty() || !default_policy || !line.empty() ||
          out.databases_.size() == databases_max) {
        return std::nullopt;
      }
      known_database made{.order = out.next_order_++};
      made.default_policy = *default_policy;
      if (what == "d") {
        made.policies.emplace();
      }
      last = &out.databases_.insert_or_assign(*name, std::move(made)).first->second;
      continue;
    }
    auto policy = what == "p" ? take_policy(line) : std::nullopt;
    if (!policy || last == nullptr || !last->policies) {
      return std::nullopt;
    }
    last->policies->push_back(std::move(*policy));
  }
  return out;
}

}  // namespace weir
