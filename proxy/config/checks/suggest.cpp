// SPDX-License-Identifier: Apache-2.0
#include "config/checks/suggest.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text/ascii.hpp"
#include "config/checks/checks.hpp"

namespace weir {
namespace {

// A beginning so long tells what was meant ("disc" for discard-oldest).
constexpr std::size_t beginning_least = 3;

struct other_word {
  std::string_view word;
  std::string_view choice;
};

// What people who know other programs write. A choice is suggested only where the key has it, so
// one word may stand here for the choices of several keys.
constexpr std::array other_words{
    // sink.type
    other_word{"prometheus", "remote_write"}, other_word{"prom", "remote_write"},
    other_word{"victoriametrics", "remote_write"}, other_word{"victoria-metrics", "remote_write"},
    other_word{"vmagent", "remote_write"}, other_word{"mimir", "remote_write"},
    other_word{"thanos", "remote_write"}, other_word{"cortex", "remote_write"},
    other_word{"prometheusremotewrite", "remote_write"}, other_word{"influx", "influxdb"},
    other_word{"influxdb2", "influxdb"}, other_word{"influxdb_v2", "influxdb"},
    other_word{"http", "influxdb"}, other_word{"disk", "file"}, other_word{"directory", "file"},
    other_word{"none", "null"}, other_word{"nothing", "null"}, other_word{"discard", "null"},
    other_word{"blackhole", "null"}, other_word{"/dev/null", "null"}, other_word{"devnull", "null"},
    // log.type, log.acknowledge, log.when_full, log.compression
    other_word{"disk", "local"}, other_word{"file", "local"}, other_word{"ram", "memory"},
    other_word{"fsync", "synced"}, other_word{"disk", "synced"}, other_word{"durable", "synced"},
    other_word{"write", "written"}, other_word{"memory", "received"},
    other_word{"drop-oldest", "discard-oldest"}, other_word{"oldest", "discard-oldest"},
    other_word{"block", "reject"}, other_word{"off", "none"}, other_word{"gz", "gzip"},
    other_word{"zip", "gzip"}, other_word{"zstd", "gzip"}, other_word{"topic", "kafka"},
    other_word{"redpanda", "kafka"}, other_word{"rdkafka", "kafka"}, other_word{"cluster", "kafka"},
    // service.roles
    other_word{"ingest", "intake"}, other_word{"input", "intake"}, other_word{"write", "intake"},
    other_word{"writer", "intake"}, other_word{"producer", "intake"},
    other_word{"receiver", "intake"}, other_word{"output", "sinks"}, other_word{"deliver", "sinks"},
    other_word{"delivery", "sinks"}, other_word{"consumer", "sinks"},
    // policies
    other_word{"refuse", "reject"}, other_word{"deny", "reject"}, other_word{"error", "reject"},
    other_word{"ignore", "off"}, other_word{"ignore", "pass"}, other_word{"allow", "pass"},
    other_word{"accept", "pass"}, other_word{"keep", "pass"}, other_word{"discard", "drop"},
    other_word{"delete", "drop"}, other_word{"remove", "drop"}, other_word{"convert", "coerce"},
    other_word{"cast", "coerce"}, other_word{"drop", "drop-field"}, other_word{"int", "integer"},
    other_word{"int64", "integer"}, other_word{"repair", "mend"}, other_word{"fix", "mend"},
    other_word{"correct", "mend"}, other_word{"believe", "trust"}, other_word{"overwrite", "last"},
    other_word{"newest", "last"}, other_word{"allow", "keep"}, other_word{"pass", "keep"},
    other_word{"replace", "rename"}, other_word{"remove_tag", "drop_tag"},
    other_word{"delete_tag", "drop_tag"}, other_word{"set_tag", "add_tag"},
    other_word{"remove_field", "drop_field"}, other_word{"delete_field", "drop_field"},
    other_word{"name", "measurement"}, other_word{"column", "field"}, other_word{"label", "tag"},
    // precisions
    other_word{"nanosecond", "ns"}, other_word{"nanoseconds", "ns"}, other_word{"nano", "ns"},
    other_word{"microsecond", "us"}, other_word{"microseconds", "us"}, other_word{"micro", "us"},
    other_word{"\xc2\xb5s", "us"}, other_word{"millisecond", "ms"},
    other_word{"milliseconds", "ms"}, other_word{"milli", "ms"}, other_word{"msec", "ms"},
    other_word{"second", "s"}, other_word{"seconds", "s"}, other_word{"sec", "s"},
    other_word{"secs", "s"}, other_word{"minute", "m"}, other_word{"minutes", "m"},
    other_word{"min", "m"}, other_word{"hour", "h"}, other_word{"hours", "h"},
    other_word{"automatic", "auto"}, other_word{"default", "listener"},
    // service
    other_word{"warn", "warning"}, other_word{"trace", "debug"}, other_word{"verbose", "debug"},
    other_word{"notice", "info"}, other_word{"fatal", "error"}, other_word{"critical", "error"},
    other_word{"plain", "text"}, other_word{"logfmt", "text"}, other_word{"default", "default"}};

// "Drop_Oldest" and "drop-oldest" are the same word.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ') {
      out += c == '_' ? '-' : to_lower(c);
    }
  }
  return out;
}

std::string_view only_one_that_begins(std::string_view text,
                                      const std::vector<std::string>& choices) {
  std::string_view match;
  for (const std::string& choice : choices) {
    if (plain(choice).starts_with(text)) {
      if (!match.empty()) {
        return {};
      }
      match = choice;
    }
  }
  return match;
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& names) {
  std::string_view best;
  // Of equal distance, the one as long as what was written: letters are swapped more often than
  // left out.
  std::pair least{std::max<std::size_t>(2, name.size() / 3) + 1, std::size_t{0}};
  for (const std::string& candidate : names) {
    const std::size_t longer = std::max(candidate.size(), name.size());
    const std::size_t shorter = std::min(candidate.size(), name.size());
    const std::pair distance{edit_distance(name, candidate), longer - shorter};
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return std::string{best};
}

std::string nearest_choice(std::string_view text, const std::vector<std::string>& choices) {
  const std::string wanted = plain(text);
  for (const std::string& choice : choices) {
    if (plain(choice) == wanted) {
      return choice;
    }
  }
  for (const other_word& known : other_words) {
    if (plain(known.word) == wanted &&
        std::find(choices.begin(), choices.end(), known.choice) != choices.end()) {
      return std::string(known.choice);
    }
  }
  if (wanted.size() >= beginning_least) {
    if (const std::string_view begun = only_one_that_begins(wanted, choices); !begun.empty()) {
      return std::string(begun);
    }
  }
  std::string_view best;
  std::size_t least = std::max<std::size_t>(1, (wanted.size() + 1) / 3) + 1;
  for (const std::string& choice : choices) {
    const std::size_t distance = edit_distance(wanted, plain(choice));
    // A word of two letters is not one of one letter mistyped.
    if (distance < least && distance + 1 < std::min(wanted.size(), choice.size())) {
      least = distance;
      best = choice;
    }
  }
  return std::string(best);
}

std::string did_you_mean(std::string_view suggestion, char quote) {
  if (suggestion.empty()) {
    return {};
  }
  std::string out = "; did you mean ";
  out += quote;
  out.append(suggestion);
  out += quote;
  return out + "?";
}

}  // namespace weir
