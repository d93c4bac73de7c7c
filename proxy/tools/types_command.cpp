// SPDX-License-Identifier: Apache-2.0
#include "tools/types_command.hpp"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <string_view>
#include <vector>

#include "base/text/column_text.hpp"
#include "base/text/terminal_text.hpp"
#include "files/state_directory_posix.hpp"
#include "fleet/shared_scan_rdkafka.hpp"
#include "fleet/standing_claims.hpp"
#include "ingest/types_file_posix.hpp"
#include "log/kafka/kafka_topics.hpp"
#include "tools/data_directory_posix.hpp"

namespace weir {
namespace {

int fail(const std::string& why) {
  std::fprintf(stderr, "weir types: %s\n", visible_lines(why).c_str());
  return 1;
}

std::string types_path(const settings& configured) {
  return find_state_entry(state_directory_of(configured), log_directory_of(configured),
                          state_entry::types);
}

/// Says why not.
bool has_file(const loaded_settings& from) {
  std::string why;
  if (state_directory_of(from.effective).empty()) {
    why = "log.type = \"memory\" keeps no types; the configuration is " + from.place.words() +
          "; give that which weir runs with (--config FILE)";
  } else {
    why = why_no_state(from.effective, from.place);
  }
  if (!why.empty()) {
    fail(why);
  }
  return why.empty();
}

constexpr std::size_t room_bytes = std::size_t{1} << 20;

/// Texts that stay where they are, for what a whole file says: in rooms of about a megabyte.
class text_rooms {
 public:
  [[nodiscard]] std::string_view keep(std::string_view text) {
    if (rooms_.empty() || rooms_.back().capacity() - rooms_.back().size() < text.size()) {
      rooms_.emplace_back().reserve(std::max(room_bytes, text.size()));
    }
    std::string& room = rooms_.back();
    const std::size_t begin = room.size();
    room.append(text);
    return std::string_view(room).substr(begin);
  }

 private:
  std::deque<std::string> rooms_;
};

/// "database\tmeasurement\tfield\ttype\n"; the first three are its name.
struct type_line {
  std::string_view text;
  std::size_t name_bytes = 0;

  [[nodiscard]] std::string_view name() const noexcept { return text.substr(0, name_bytes); }
};

// Clients chose the names: a terminal must not obey them. Tabs part the columns.
void print_columns(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of("\t\n");
    shown += visible(text.substr(0, end));
    if (end == std::string_view::npos) {
      break;
    }
    shown += text[end];
    text.remove_prefix(end + 1);
  }
  std::fwrite(shown.data(), 1, shown.size(), stdout);
}

bool is_shared(const loaded_settings& from) {
  return from.effective.log.type == log_type::kafka;
}

shared_scan_options topic_of(const loaded_settings& from) {
  const kafka_settings& kafka = from.effective.log.kafka;
  return {.client = {.brokers = kafka.brokers, .properties = kafka.client},
          .topic = kafka_shared_topic(kafka.topic)};
}

/// Reads the topic's claims. False: it said why not.
bool read_topic(const loaded_settings& from, standing_claims& into) {
  const shared_scan_options topic = topic_of(from);
  const auto read =
      scan_shared_topic(topic, [&into](const kafka_record& record) { into.take(record); });
  if (!read) {
    fail(read.error().message);
    return false;
  }
  if (into.unreadable() > 0) {
    std::fprintf(stderr, "%zu record(s) of topic %s cannot be read by this version\n",
                 into.unreadable(), topic.topic.c_str());
  }
  return true;
}

bool is_wanted(const standing_claims::field& one, const registered_field& sought) {
  return names_field(sought, {one.database, one.measurement, one.field});
}

int list_shared_types(const loaded_settings& from, const types_arguments& wanted) {
  standing_claims claims;
  if (!read_topic(from, claims)) {
    return 1;
  }
  bool any = false;
  claims.each([&](const standing_claims::field& one) {
    if (!is_wanted(one, {wanted.database, wanted.measurement, wanted.field})) {
      return;
    }
    any = true;
    std::string text;
    for (const std::string_view each : {one.database, one.measurement, one.field}) {
      append_column_text(each, text);
      text += '\t';
    }
    print_columns(text.append(name_of(one.type)).append("\n"));
  });
  if (!any) {
    std::fprintf(stderr, "no such field is known in topic %s\n", topic_of(from).topic.c_str());
  }
  return 0;
}

/// Weirs that run follow.
int forget_shared_types(const loaded_settings& from, const types_arguments& wanted) {
  standing_claims claims;
  if (!read_topic(from, claims)) {
    return 1;
  }
  std::vector<std::string> keys;
  std::size_t fields = 0;
  claims.each([&](const standing_claims::field& one) {
    if (is_wanted(one, {wanted.database, wanted.measurement, wanted.field})) {
      ++fields;
      keys.insert(keys.end(), one.keys.begin(), one.keys.end());
    }
  });
  if (fields == 0) {
    return fail("no such field is known; `weir types list` shows those that are");
  }
  if (const auto taken = take_out_of_shared_topic(topic_of(from), keys); !taken) {
    return fail(taken.error().message);
  }
  std::printf("%zu field(s) forgotten, by all weirs of topic %s\n", fields,
              topic_of(from).topic.c_str());
  return 0;
}

}  // namespace

int list_types(const loaded_settings& from, const types_arguments& wanted) {
  if (is_shared(from)) {
    return list_shared_types(from, wanted);
  }
  if (!has_file(from)) {
    return 1;
  }
  const std::string path = types_path(from.effective);
  text_rooms rooms;
  std::vector<type_line> lines;
  std::string text;
  const registered_field sought{wanted.database, wanted.measurement, wanted.field};
  const auto reading = read_types_file(path, [&](const types_record& record) {
    if (record.dropped) {
      text.clear();
      append_column_text(record.name.database, text);
      text += '\t';
      std::erase_if(lines, [&](const type_line& one) { return one.text.starts_with(text); });
      return;
    }
    if (names_field(sought, record.name)) {
      text.clear();
      for (const std::string_view each :
           {record.name.database, record.name.measurement, record.name.field}) {
        append_column_text(each, text);
        text += '\t';
      }
      const std::size_t name_bytes = text.size();
      text.append(name_of(record.type)).append("\n");
      lines.push_back({rooms.keep(text), name_bytes});
    }
  });
  if (!reading) {
    return fail(reading.error().message);
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& one, const auto& other) { return one.name() < other.name(); });
  for (std::size_t i = 0; i < lines.size(); ++i) {
    // Of several records of one field the last one holds.
    if (i + 1 == lines.size() || lines[i + 1].name() != lines[i].name()) {
      print_columns(lines[i].text);
    }
  }
  if (reading.value().damaged > 0) {
    std::fprintf(stderr, "%llu damaged record(s) of %s were passed over\n",
                 static_cast<unsigned long long>(reading.value().damaged), path.c_str());
  }
  if (lines.empty()) {  // not on standard output, which is for programs too
    std::fprintf(stderr, "no such field is known in %s\n",
                 state_directory_of(from.effective).c_str());
  }
  return 0;
}

int forget_types(const loaded_settings& from, const types_arguments& wanted) {
  if (is_shared(from)) {
    return forget_shared_types(from, wanted);
  }
  if (!has_file(from)) {
    return 1;
  }
  directory_lock of_state;
  directory_lock of_log;
  if (const std::string why = lock_state(state_directory_of(from.effective),
                                         log_directory_of(from.effective), of_state, of_log);
      !why.empty()) {
    return fail(why +
                ": a running weir has the types in memory; stop it, forget, and start it again");
  }
  const auto forgotten =
      forget_types(types_path(from.effective), {wanted.database, wanted.measurement, wanted.field});
  if (!forgotten) {
    return fail(forgotten.error().message);
  }
  if (forgotten.value() == 0) {
    return fail("no such field is known; `weir types list` shows those that are");
  }
  std::printf("%zu field(s) forgotten\n", forgotten.value());
  return 0;
}

}  // namespace weir
