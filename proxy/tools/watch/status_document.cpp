// SPDX-License-Identifier: Apache-2.0
#include "tools/watch/status_document.hpp"

#include <simdjson.h>

#include <algorithm>

namespace weir {
namespace {

using element = simdjson::dom::element;

/// A member of an object, by what it may lack.
class members {
 public:
  explicit members(std::optional<element> of) : of_(of) {}

  [[nodiscard]] std::string text(const char* name) const {
    std::string_view found;
    return read(name, found) ? std::string(found) : std::string();
  }
  [[nodiscard]] std::optional<double> number(const char* name) const {
    double found = 0;
    return read(name, found) ? std::optional(found) : std::nullopt;
  }
  [[nodiscard]] double number_or_0(const char* name) const { return number(name).value_or(0); }
  [[nodiscard]] std::size_t column(const char* name) const {
    constexpr double columns_max = 10'000;
    return static_cast<std::size_t>(std::clamp(number_or_0(name), 0.0, columns_max));
  }
  [[nodiscard]] bool flag(const char* name) const {
    bool found = false;
    return read(name, found) && found;
  }
  /// An object; of none nothing can be read.
  [[nodiscard]] members below(const char* name) const {
    element found;
    return members(read(name, found) ? std::optional(found) : std::nullopt);
  }
  [[nodiscard]] std::vector<std::string> texts(const char* name) const {
    std::vector<std::string> out;
    each(name, [&out](element one) {
      std::string_view text;
      if (one.get(text) == simdjson::SUCCESS) {
        out.emplace_back(text);
      }
    });
    return out;
  }
  template <class See>
  void each(const char* name, See see) const {
    simdjson::dom::array found;
    if (read(name, found)) {
      for (const element one : found) {
        see(one);
      }
    }
  }

 private:
  template <class T>
  bool read(const char* name, T& out) const {
    return of_ && (*of_)[name].get(out) == simdjson::SUCCESS;
  }

  std::optional<element> of_;
};

status_counts counts_of(const members& from) {
  return {from.number_or_0("received"), from.number_or_0("accepted"), from.number_or_0("rejected"),
          from.number_or_0("dropped"), from.number_or_0("delivered")};
}

status_advice advice_of(const members& from) {
  return {from.text("level"), from.text("about"), from.text("what"), from.text("do"),
          from.text("command")};
}

status_lane lane_of(const members& from) {
  return {from.text("database"),      from.text("retention_policy"),
          from.number_or_0("points"), from.number_or_0("parked_points"),
          from.text("why"),           from.text("do"),
          from.text("command")};
}

status_sink sink_of(const members& from) {
  status_sink out;
  out.name = from.text("name");
  out.type = from.text("type");
  out.state = from.text("state");
  out.state_text = from.text("state_text");
  out.remedy = from.text("do");
  out.pending_points = from.number_or_0("pending_points");
  out.parked_points = from.number_or_0("parked_points");
  out.lag_seconds = from.number("lag_seconds");
  out.delivered_per_second = from.number("delivered_per_second");
  out.error_age_seconds = from.below("last_error").number("age_seconds");
  out.error = from.below("last_error").text("message");
  from.each("held", [&](element one) { out.held.push_back(lane_of(members(one))); });
  return out;
}

status_database database_of(const members& from) {
  return {from.text("name"),
          from.number_or_0("rate"),
          from.number_or_0("received"),
          from.number_or_0("rejected"),
          from.number_or_0("dropped"),
          from.number_or_0("series"),
          from.number("last_received")};
}

status_rejection rejection_of(const members& from) {
  status_rejection out;
  out.code = from.text("code");
  out.title = from.text("title");
  out.kind = from.text("kind");
  out.count = from.number_or_0("count");
  out.last = from.number("last");
  out.explanation = from.text("explanation");
  out.remedy = from.text("remedy");
  const members example = from.below("example");
  out.shown = example.text("shown");
  out.mark_column = example.column("mark_column");
  out.mark_columns = example.column("mark_columns");
  out.message = example.text("message");
  from.each("senders", [&](element one) {
    const members sender(one);
    out.senders.push_back({sender.text("address"), sender.text("agent"), sender.text("user"),
                           sender.text("database"), sender.number_or_0("count")});
  });
  return out;
}

status_log log_of(const members& from) {
  const members topic = from.below("topic");
  return {from.text("kind"),
          from.number_or_0("bytes"),
          from.number_or_0("keep_bytes"),
          from.number("share"),
          from.number("append_bytes_per_second"),
          from.number("outage_seconds_left"),
          from.text("next"),
          topic.text("name"),
          topic.number_or_0("partitions"),
          topic.number_or_0("leaderless"),
          topic.text("fault")};
}

std::vector<std::optional<double>> series_of(const members& from, const char* name) {
  std::vector<std::optional<double>> out;
  from.each(name, [&](element one) {
    double value = 0;
    out.push_back(one.get(value) == simdjson::SUCCESS ? std::optional(value) : std::nullopt);
  });
  return out;
}

}  // namespace

bool status_document::needs_a_person() const noexcept {
  return !healthy || !ready ||
         std::any_of(advice.begin(), advice.end(), [](const status_advice& each) {
           return each.level == "error" || each.level == "warning";
         });
}

result<status_document> read_status(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return failure{"the answer is no JSON"};
  }
  const members all(root);
  status_document out;
  out.version = all.text("version");
  if (out.version.empty() || root["health"].error() != simdjson::SUCCESS) {
    return failure{"the answer is no status document"};
  }
  out.host = all.text("host");
  out.pid = all.number_or_0("pid");
  out.now = all.number_or_0("now");
  out.uptime = all.number_or_0("uptime");
  const members health = all.below("health");
  out.healthy = health.flag("healthy");
  out.ready = health.flag("ready");
  out.why = health.texts("why");
  // A weir of before tells no roles: it does both.
  const std::vector<std::string> roles = all.texts("roles");
  out.delivers = roles.empty() || std::find(roles.begin(), roles.end(), "sinks") != roles.end();
  all.each("advice", [&](element one) { out.advice.push_back(advice_of(members(one))); });
  out.rates = counts_of(all.below("rates"));
  out.totals = counts_of(all.below("totals"));
  out.log = log_of(all.below("log"));
  all.each("sinks", [&](element one) { out.sinks.push_back(sink_of(members(one))); });
  const members databases = all.below("databases");
  out.database_count = databases.number_or_0("count");
  databases.each("shown", [&](element one) { out.databases.push_back(database_of(members(one))); });
  all.each("rejections",
           [&](element one) { out.rejections.push_back(rejection_of(members(one))); });
  return out;
}

result<history_document> read_history(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return failure{"the answer is no JSON"};
  }
  const members all(root);
  return history_document{all.number_or_0("step"),    series_of(all, "received"),
                          series_of(all, "accepted"), series_of(all, "rejected"),
                          series_of(all, "dropped"),  series_of(all, "delivered")};
}

}  // namespace weir
