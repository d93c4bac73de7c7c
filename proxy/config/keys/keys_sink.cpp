// SPDX-License-Identifier: Apache-2.0
//
// The rows of the table of keys for [[sink]]: those of all sinks, and after them those of each kind
// (config/sinks); keys.cpp has the other sections.
#include <algorithm>

#include "base/text/rfc3339.hpp"
#include "config/checks/checks.hpp"
#include "config/keys/key_builders.hpp"
#include "config/sinks/sink_kinds.hpp"

namespace weir {
namespace {

using std::chrono::hours;
using S = sink_settings;

constexpr std::uint64_t kib = std::uint64_t{1} << 10;
constexpr std::uint64_t gib = std::uint64_t{1} << 30;

/// `type`: which kind it is. What was set of another kind before is forgotten.
config_key<S> type_key() {
  struct choice {
    const sink_kind* kind;
  };
  choices<const sink_kind*> known;
  for (const sink_kind* one : sink_kinds()) {
    known.emplace_back(std::string(one->name), one);
  }
  config_key<choice> key = choice_key<choice, const sink_kind*>(
      "type", known, {"kafka"}, "what the sink delivers to", WEIR_MEMBER(kind));
  auto read = [read_choice = key.read](S& sink, const config_value& value) -> outcome {
    choice chosen{&kind_of(sink)};
    outcome done = read_choice(chosen, value);
    if (done.ok() && !chosen.kind->is(sink)) {
      sink.kind = chosen.kind->defaults();
    }
    return done;
  };
  auto show = [show_choice = key.show](const S& sink) {
    return show_choice(choice{&kind_of(sink)});
  };
  return {key.name, key.type, key.range, key.help, std::move(read), std::move(show)};
}

/// Adds a key of `kind`. Where another kind has one of the same name, the sink's kind decides which
/// of them reads and shows.
void add_key(std::vector<config_key<S>>& keys, const sink_kind& kind, config_key<S> key) {
  const auto same = std::find_if(keys.begin(), keys.end(),
                                 [&](const config_key<S>& one) { return one.name == key.name; });
  if (same == keys.end()) {
    key.only = {kind.name};
    keys.push_back(std::move(key));
    return;
  }
  same->only.push_back(kind.name);
  same->read = [is = kind.is, own = std::move(key.read), other = std::move(same->read)](
                   S& sink, const config_value& value) {
    return is(sink) ? own(sink, value) : other(sink, value);
  };
  same->show = [is = kind.is, own = std::move(key.show), other = std::move(same->show)](
                   const S& sink) { return is(sink) ? own(sink) : other(sink); };
}

/// Why `text` says nowhere to start at.
failure no_start(const std::string& text) {
  return failure{
      fmt::format("\"{}\" is no place in the log; write \"oldest\", \"now\", a time such as "
                  "\"2026-01-02T03:04:05Z\", or how far back, as in \"-12h\"",
                  text)};
}

outcome read_start(S& sink, const config_value& value) {
  using place = sink_start::place;
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) {
    return wrong_type("\"oldest\", \"now\", a time in quotes or a distance such as \"-12h\"",
                      value);
  }
  if (*text == "oldest" || *text == "now") {
    sink.start = {*text == "now" ? place::now : place::oldest, 0};
    return nothing{};
  }
  if (const auto time = parse_rfc3339(*text)) {
    sink.start = {place::time, *time};
    return nothing{};
  }
  if (!text->starts_with('-')) {
    return no_start(*text);
  }
  const auto offset = parse_offset(*text);
  if (!offset || offset.value() == nanoseconds::min()) {
    return no_start(*text);
  }
  sink.start = {place::before, -offset.value().count()};
  return nothing{};
}

std::string show_start(const S& sink) {
  switch (sink.start.at) {
    case sink_start::place::now:
      return quoted("now");
    case sink_start::place::time:
      return quoted(rfc3339(sink.start.ns, rfc3339_decimals::needed));
    case sink_start::place::before:
      return quoted(format_offset(-nanoseconds{sink.start.ns}));
    case sink_start::place::oldest:
      break;
  }
  return quoted("oldest");
}

config_key<S> start_key() {
  return {"start",
          "text",
          "\"oldest\" | \"now\" | TIME | \"-DURATION\"",
          "where in the log a new sink begins, by the time of receipt",
          read_start,
          show_start};
}

std::vector<config_key<S>> keys_of_all_sinks() {
  return {
      text_key<S>("name", "unique; in metrics, logs and file names", WEIR_MEMBER(name),
                  check_sink_name),
      type_key(),
      list_key<S>("databases", "[\"*\"]",
                  "patterns of database names, with * and ?; \"!pattern\" leaves out",
                  WEIR_MEMBER(databases), check_pattern),
      list_key<S>("retention_policies", "[\"*\"]",
                  "the same of retention policies; \"\" is the default one",
                  WEIR_MEMBER(retention_policies), check_policy_pattern),
      list_key<S>("measurements", "[\"*\"]",
                  "the same of measurements; lines of others are counted as filtered",
                  WEIR_MEMBER(measurements), check_pattern),
      start_key(),
      bool_key<S>("required",
                  "false: loses its oldest when the log is full, and never stops intake",
                  WEIR_MEMBER(required)),
      bool_key<S>("only_if_alone", "true: off as soon as there is a [[sink]] without this key",
                  WEIR_MEMBER(only_if_alone)),
      size_key<S>("batch.bytes", {kib, gib}, "of one batch, inflated", WEIR_MEMBER(batch.bytes)),
      count_key<S>("batch.points", {1, 10'000'000}, "points", "in one batch",
                   WEIR_MEMBER(batch.points)),
      duration_key<S>("batch.age", milliseconds{0}, hours{1},
                      "how long the oldest point may wait for a batch to fill",
                      WEIR_MEMBER(batch.age)),
  };
}

}  // namespace

const std::vector<config_key<sink_settings>>& sink_keys() {
  static const std::vector<config_key<S>> keys = [] {
    std::vector<config_key<S>> list = keys_of_all_sinks();
    for (const sink_kind* kind : sink_kinds()) {
      for (config_key<S>& key : kind->keys()) {
        add_key(list, *kind, std::move(key));
      }
    }
    return list;
  }();
  return keys;
}

bool applies_to(const config_key<sink_settings>& key, const sink_settings& sink) {
  return key.only.empty() ||
         std::find(key.only.begin(), key.only.end(), kind_of(sink).name) != key.only.end();
}

}  // namespace weir
