// SPDX-License-Identifier: Apache-2.0
//
// Lines of other systems (OpenTSDB, Graphite, StatsD, Prometheus), queries and commands: recognises
// them, and writes the point that they stand for where that is clear.
#include <algorithm>
#include <array>
#include <string>

#include "parser/bytes.hpp"
#include "parser/mistakes/mistake.hpp"
#include "parser/mistakes/time_units.hpp"
#include "parser/number.hpp"

namespace weir {
namespace {

constexpr std::string_view name_set = ", =";

std::vector<std::string_view> plain_words(std::string_view text, std::size_t words_max) {
  std::vector<std::string_view> words;
  std::size_t at = skip_spaces(text, 0);
  while (at < text.size() && words.size() < words_max) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = skip_spaces(text, end);
  }
  return words;
}

// A time in seconds or milliseconds, as these systems write it, in the reader's unit.
std::string time_of(std::string_view digits, std::int64_t unit_ns) {
  std::int64_t number = 0;
  if (parse_int64(digits, number) != number_error::none) {
    return {};
  }
  const std::int64_t unit = find_plausible_unit(number, 0);
  std::int64_t time = 0;
  if (unit == 0 || __builtin_mul_overflow(number, unit, &time)) {
    return {};
  }
  return " " + std::to_string(time / unit_ns);
}

mistake_finding whole(mistake kind, const mistaken_line& line, std::string point) {
  mistake_finding finding{kind, 0, word_at(line.text, 0).size()};
  if (!point.empty()) {
    finding.readings.push_back({{}, {{0, line.text.size(), std::move(point)}}});
  }
  return finding;
}

// put NAME TIME VALUE tag=value ...; `put` may be missing where there are tags.
maybe_mistake opentsdb(const mistaken_line& line) {
  constexpr std::size_t words_max = 64;
  auto words = plain_words(line.text, words_max);
  const bool has_word = !words.empty() && lower(words[0].substr(0, 4)) == "put";
  if (!has_word && words.size() > 3 && words.size() < words_max) {
    words.insert(words.begin(), "put");
  }
  if (words.size() < (has_word ? 4U : 5U) ||
      words[1].find_first_of("=,\"") != std::string_view::npos || !is_timestamp_like(words[2]) ||
      !is_plain_number(words[3])) {
    return std::nullopt;
  }
  std::string point = escaped(words[1], name_set);
  for (std::size_t i = 4; i < words.size(); ++i) {
    if (!is_pair(words[i])) {
      return std::nullopt;
    }
    const std::size_t equals = words[i].find('=');
    point.append(",").append(escaped(words[i].substr(0, equals), name_set)).append("=");
    point += escaped(words[i].substr(equals + 1), name_set);
  }
  point.append(" value=").append(words[3]).append(time_of(words[2], line.unit_ns));
  return whole(mistake::opentsdb, line, words.size() < words_max ? point : std::string{});
}

// How Graphite spells the time of arrival.
bool is_now(std::string_view word) noexcept {
  return word == "-1" || word == "N";
}

// path.of.names VALUE TIME, and name;tag=value VALUE TIME
maybe_mistake graphite(const mistaken_line& line) {
  const auto words = plain_words(line.text, 4);
  if (words.size() != 3 || words[0].find_first_of(".;") == std::string_view::npos ||
      words[0].find_first_of(",\"'{") != std::string_view::npos || !is_plain_number(words[1]) ||
      !(is_timestamp_like(words[2]) || is_now(words[2]))) {
    return std::nullopt;
  }
  std::string point{words[0]};
  std::replace(point.begin(), point.end(), ';', ',');
  point.append(" value=").append(words[1]);
  point += is_now(words[2]) ? std::string{} : time_of(words[2], line.unit_ns);
  return whole(mistake::graphite, line, std::move(point));
}

// name:value|type[|@rate][|#tag:value,...]
maybe_mistake statsd(const mistaken_line& line) {
  const std::string_view text = word_at(line.text, 0);
  const std::size_t bar = std::min(text.find('|'), text.size());
  // name,tag=a:1|c, as Telegraf writes it: a tag's value may hold colons.
  const std::size_t comma = text.find(',');
  const bool has_tags = comma < bar && is_pair(text.substr(comma + 1, bar - comma - 1));
  const std::size_t colon = has_tags ? text.rfind(':', bar) : text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > bar || bar == text.size() ||
      (!has_tags && text.substr(0, colon).find('=') != std::string_view::npos)) {
    return std::nullopt;
  }
  std::string_view value = text.substr(colon + 1, bar - colon - 1);
  value.remove_prefix(value.starts_with('+') ? 1 : 0);
  const std::string_view type = text.substr(bar + 1, text.find('|', bar + 1) - bar - 1);
  constexpr std::array<std::string_view, 7> types = {"c", "g", "ms", "s", "h", "m", "d"};
  if (std::find(types.begin(), types.end(), type) == types.end()) {
    return std::nullopt;
  }
  mistake_finding finding{mistake::statsd, 0, text.size()};
  if (!is_plain_number(value) || text.size() < line.text.size()) {
    return finding;
  }
  const std::string_view name = text.substr(0, colon);
  std::string point = has_tags ? std::string{name} : escaped(name, name_set);
  const std::size_t tags = text.find("|#", bar);
  if (tags != std::string_view::npos) {
    std::string list{text.substr(tags + 2)};
    std::replace(list.begin(), list.end(), ':', '=');
    point.append(",").append(list);
  }
  finding.readings.push_back({"each sample is to be a point of its own",
                              {{0, line.text.size(), point.append(" value=").append(value)}}});
  return finding;
}

bool is_metric_name_byte(char byte) noexcept {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || is_decimal(byte) ||
         byte == '_' || byte == ':';
}

// Appends the labels between braces as tags; `at`, behind the opening brace, moves behind the
// closing one. False: they are not of this form.
bool append_labels(std::string_view text, std::size_t& at, std::string& out) {
  while (at < text.size() && text[at] != '}') {
    at = std::min(text.find_first_not_of(", ", at), text.size());
    if (at < text.size() && text[at] == '}') {
      break;
    }
    const std::size_t equals = text.find("=\"", at);
    if (equals == std::string_view::npos) {
      return false;
    }
    const std::size_t close = find_closing_quote(text, equals + 1);
    const std::string_view value = text.substr(equals + 2, close - equals - 2);
    if (close >= text.size() || value.find('\\') != std::string_view::npos) {
      return false;
    }
    if (!value.empty()) {
      out.append(",").append(escaped(text.substr(at, equals - at), name_set)).append("=");
      out += escaped(value, name_set);
    }
    at = close + 1;
  }
  return at++ < text.size();
}

// name{label="value",...} 1.5 [milliseconds]
maybe_mistake prometheus(const mistaken_line& line) {
  const std::string_view text = line.text;
  const auto end = std::find_if_not(text.begin(), text.end(), is_metric_name_byte);
  const auto name_size = static_cast<std::size_t>(end - text.begin());
  const std::string_view rest = text.substr(name_size);
  if (name_size == 0 || !rest.starts_with('{')) {
    return std::nullopt;
  }
  const std::size_t equals = rest.find_first_of("=!");
  const std::size_t close = rest.find('}');
  if (close == std::string_view::npos || (equals > close && close != 1)) {
    return std::nullopt;
  }
  std::string point{text.substr(0, name_size)};
  std::size_t at = name_size + 1;
  if (!append_labels(text, at, point)) {
    return whole(mistake::prometheus_text, line, {});
  }
  const auto words = plain_words(text.substr(std::min(at, text.size())), 3);
  const bool is_complete = !words.empty() && words.size() < 3 && is_plain_number(words[0]) &&
                           (words.size() == 1 || is_timestamp_like(words[1]));
  if (!is_complete) {
    return whole(mistake::prometheus_text, line, {});
  }
  point.append(" value=").append(words[0]);
  point += words.size() > 1 ? time_of(words[1], line.unit_ns) : std::string{};
  return whole(mistake::prometheus_text, line, std::move(point));
}

// SQL, InfluxQL, Flux and PromQL.
bool is_query(std::string_view text) {
  constexpr std::array<std::string_view, 12> verbs = {"select",  "show",   "create", "drop",
                                                      "delete",  "update", "alter",  "use",
                                                      "explain", "grant",  "with",   "revoke"};
  constexpr std::array<std::string_view, 10> functions = {
      "rate", "irate", "increase", "sum", "avg", "histogram_quantile",
      "max",  "min",   "count",    "topk"};
  const auto words = plain_words(text, 64);
  const std::string first = lower(words[0].substr(0, 64));
  const bool is_sentence =
      words.size() > 1 && words[1].find('=') == std::string_view::npos && !is_field_value(words[1]);
  if (std::find(verbs.begin(), verbs.end(), first) != verbs.end()) {
    return is_sentence;
  }
  const bool has_values = std::any_of(words.begin(), words.end(), [](std::string_view word) {
    return lower(word.substr(0, 8)).starts_with("values");
  });
  const bool sets = words.size() > 4 && lower(words[3].substr(0, 8)) == "set";
  if (first == "insert" && (has_values || sets)) {
    return true;
  }
  const std::size_t bracket = first.find('(');
  const std::string name = first.substr(0, bracket);
  const bool calls = bracket != std::string::npos ||
                     (words.size() > 1 && words[1].starts_with('(')) ||
                     (words.size() > 1 && words[1] == "by");
  return (calls && std::find(functions.begin(), functions.end(), name) != functions.end()) ||
         first.starts_with("from(bucket");
}

maybe_mistake insert_keyword(const mistaken_line& line) {
  const auto words = plain_words(line.text, 4);
  if (words.size() < 2 || lower(words[0].substr(0, 8)) != "insert") {
    return std::nullopt;
  }
  const bool has_policy = words.size() > 3 && lower(words[1].substr(0, 8)) == "into";
  const std::size_t begin = line.offset(words[has_policy ? 3 : 1]);
  mistake_finding finding{mistake::insert_keyword, 0, 6};
  finding.readings.push_back({{}, {{0, begin, ""}}});
  return finding;
}

// The argument that a shell command would send: the one behind --data-binary or -d, or else the
// last one in quotes.
std::string_view argument_of(std::string_view text) {
  std::size_t from = std::string_view::npos;
  for (const std::string_view option :
       {"--data-binary ", "--data-raw ", "--data ", "-d ", "--data-urlencode "}) {
    from = from == std::string_view::npos ? text.find(option) : from;
  }
  if (from != std::string_view::npos) {
    const std::size_t open = text.find_first_of("'\"", from);
    const std::size_t close = open == std::string_view::npos ? open : text.rfind(text[open]);
    return close == std::string_view::npos || close <= open ? std::string_view{}
                                                            : text.substr(open, close - open + 1);
  }
  const std::size_t close = text.find_last_of("'\"");
  const std::size_t open =
      close == std::string_view::npos || close == 0 ? close : text.find(text[close]);
  return close == std::string_view::npos || open >= close ? std::string_view{}
                                                          : text.substr(open, close - open + 1);
}

maybe_mistake shell_command(const mistaken_line& line) {
  constexpr std::array<std::string_view, 8> commands = {"curl", "echo", "printf", "influx",
                                                        "wget", "sudo", "http",   "nc"};
  const std::string_view word = word_at(line.text, 0);
  const std::size_t next = skip_spaces(line.text, word.size());
  if (std::find(commands.begin(), commands.end(), word) == commands.end() ||
      next >= line.text.size() || line.text.find_first_of("'\"-", next) == std::string_view::npos) {
    return std::nullopt;
  }
  mistake_finding finding{mistake::shell_command, 0, word.size(), word};
  const std::string_view argument = argument_of(line.text);
  if (argument.find('=') != std::string_view::npos) {
    finding.readings.push_back({{}, {{0, line.text.size(), std::string{argument}}}});
  } else if (word != "curl" && word != "influx") {
    return std::nullopt;
  }
  return finding;
}

}  // namespace

maybe_mistake find_foreign_format(const mistaken_line& line) {
  if (line.text.empty() || plain_words(line.text, 1).empty()) {
    return std::nullopt;
  }
  for (const auto find : {prometheus, opentsdb, graphite, statsd}) {
    if (auto finding = find(line)) {
      return finding;
    }
  }
  if (is_query(line.text)) {
    return mistake_finding{mistake::query, 0, word_at(line.text, 0).size(), word_at(line.text, 0)};
  }
  for (const auto find : {insert_keyword, shell_command}) {
    if (auto finding = find(line)) {
      return finding;
    }
  }
  return std::nullopt;
}

}  // namespace weir
