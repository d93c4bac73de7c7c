// SPDX-License-Identifier: Apache-2.0
#include "tools/letters/replay_series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/assert.hpp"
#include "sinks/filters/canonical_lines.hpp"
#include "sinks/mapping/series_mapper.hpp"
#include "sinks/remote_write/sending/shard.hpp"
#include "sinks/state/text_lines.hpp"

namespace weir {
namespace {

constexpr std::size_t state_bytes = std::size_t{64} << 20;
constexpr std::string_view too_early =
    "their time is more than ten minutes ahead of the clock: they are not sent yet";
constexpr std::string_view without_names =
    "their series have no names yet under the mapping of now, and only weir itself gives names: "
    "export them (weir letters file) and write them to it";

/// Each request is answered when `post` returns.
class waiting_transfer final : public transfer {
 public:
  explicit waiting_transfer(replay_addresses& addresses) : addresses_(addresses) {}

  [[nodiscard]] std::size_t address() const noexcept override { return addresses_.current(); }
  void post(transfer_request request, done on_done) override {
    http_reply reply = addresses_.ask(request);
    turned_away = !addresses_.moved() &&
                  read_remote_write_answer(reply).what == remote_write_answer::kind::not_now;
    on_done(std::move(reply));
  }
  void abort() override {}

  /// The last answer says nothing of the samples, and nobody else is there to be asked.
  bool turned_away = false;

 private:
  replay_addresses& addresses_;
};

/// Of a canonical line: its last word.
std::int64_t time_of(std::string_view line, std::int64_t otherwise) {
  line.remove_suffix(1);
  const std::string_view word = line.substr(line.rfind(' ') + 1);
  std::int64_t time_ns = 0;
  return read_number(word, time_ns) ? time_ns : otherwise;
}

void refuse(std::uint64_t lines, std::string_view words, replayed_batch& made) {
  if (lines == 0) {
    return;
  }
  made.refused += lines;
  if (made.words.find(words) == std::string::npos) {
    made.words.append(made.words.empty() ? "" : "; ").append(words);
  }
}

}  // namespace

series_replay::series_replay(const sink_settings& sink, parts made)
    : sink_name_(sink.name), parts_(std::move(made)) {
  const auto* settings = sink.as<remote_write_settings>();
  WEIR_ASSERT(settings != nullptr);
  settings_ = *settings;
  // What was sent of the series since then is not known here, and the server tells.
  settings_.out_of_order = out_of_order_mode::send;
  settings_.age_most.reset();
  settings_.connections_least = 1;
  settings_.connections_most = 1;
  parts_.names->close();
}

replayed_batch series_replay::send(const refused_batch& batch, const id_set& done) {
  replayed_batch made;
  numbered_lines lines = lines_to_send(batch, done);
  leave_out_future(lines, made);
  leave_out_unnamed(batch, lines, made);
  for (std::size_t at = 0; at < lines.size(); at += lines_at_once) {
    const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end =
        lines.begin() + static_cast<std::ptrdiff_t>(std::min(lines.size(), at + lines_at_once));
    if (!send_some(batch, numbered_lines(begin, end), made)) {
      break;
    }
  }
  return made;
}

/// By time, because a server may take samples of a series in that order alone.
series_replay::numbered_lines series_replay::lines_to_send(const refused_batch& batch,
                                                           const id_set& done) const {
  numbered_lines lines;
  const std::int64_t now_ns = parts_.now_ns();
  std::string_view text = batch.lines;
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n') + 1);
    text.remove_prefix(line.size());
    if (!done.contains(number)) {
      lines.push_back({line, number, time_of(line, now_ns)});
    }
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& one, const auto& other) { return one.time_ns < other.time_ns; });
  return lines;
}

void series_replay::leave_out_future(numbered_lines& lines, replayed_batch& made) const {
  const std::int64_t most_ms = to_milliseconds(parts_.now_ns()) + sample_batch::future_ms_max;
  const auto future = std::erase_if(
      lines, [&](const numbered_line& one) { return to_milliseconds(one.time_ns) > most_ms; });
  refuse(future, too_early, made);
}

void series_replay::leave_out_unnamed(const refused_batch& batch, numbered_lines& lines,
                                      replayed_batch& made) {
  numbered_lines named;
  append_named(batch, lines, named);
  refuse(lines.size() - named.size(), without_names, made);
  lines = std::move(named);
}

/// Halves of halves, down to the lines that ask for new names: mostly few do.
void series_replay::append_named(const refused_batch& batch, std::span<const numbered_line> lines,
                                 numbered_lines& named) {
  if (!asks_for_new_names(batch, lines)) {
    named.insert(named.end(), lines.begin(), lines.end());
  } else if (lines.size() > 1) {
    append_named(batch, lines.first(lines.size() / 2), named);
    append_named(batch, lines.subspan(lines.size() / 2), named);
  }
}

/// With a mapper of its own, which has no names at hand yet.
bool series_replay::asks_for_new_names(const refused_batch& batch,
                                       std::span<const numbered_line> lines) {
  std::string text;
  for (const numbered_line& one : lines) {
    text += one.text;
  }
  const std::uint64_t before = parts_.names->count().not_given;
  series_mapper mapper(settings_.mapping, parts_.names);
  mapper.begin(batch.database, batch.retention_policy);
  line_reader reader(options_of_canonical_lines());
  reader.feed(text);
  reader.finish();
  for (line_event event = reader.next(); event != line_event::more; event = reader.next()) {
    if (event == line_event::error) {
      continue;
    }
    const point_view& point = reader.point();
    mapper.take(point);
    static_cast<void>(mapper.labels());
    for (std::size_t i = 0; i < point.fields.size(); ++i) {
      bool exact = true;
      if (mapper.value_of(point.fields[i], exact)) {
        static_cast<void>(mapper.field(i));
      }
    }
  }
  return parts_.names->count().not_given != before;
}

bool series_replay::send_some(const refused_batch& batch, const numbered_lines& some,
                              replayed_batch& made) {
  weir::batch source;
  source.lane = {batch.database, batch.retention_policy};
  for (const numbered_line& one : some) {
    source.cut += one.text;
  }
  source.points = some.size();
  source.cut_position = log_position(1);
  waiting_transfer way(*parts_.addresses);
  // What it learns of samples holds for these lines alone: the same sample may come again.
  shard sends(sink_name_, settings_,
              {.http = way,
               .encoder = std::make_unique<encoder_v1>(),
               .encoder_v2 = settings_.version == 2 ? std::make_unique<encoder_v2>() : nullptr,
               .sent = nullptr,
               .now_ns = parts_.now_ns,
               .state_bytes = state_bytes,
               .counters = std::make_shared<sample_counters>(),
               .mapper = std::make_shared<series_mapper>(settings_.mapping, parts_.names),
               .versions = versions_},
              {}, {});
  attempt_result result;
  const auto try_it = [&] {
    sends.deliver(source, [&](attempt_result got) { result = std::move(got); });
    return result.verdict == attempt_verdict::retry && !way.turned_away;
  };
  while (try_it()) {
    if (!result.at_once) {
      parts_.wait(result.retry_after.value_or(std::chrono::seconds{1}));
    }
  }
  if (result.verdict != attempt_verdict::delivered) {
    made.failed = result.code == 0 ? result.message
                                   : fmt::format("answered {}: {}", result.code, result.message);
    return false;
  }
  std::string_view refused =
      result.refused.empty() ? std::string_view{} : std::string_view(result.refused.front().lines);
  std::uint64_t count = 0;
  for (const numbered_line& one : some) {
    // Lines of a batch that are refused come in its order.
    if (refused.starts_with(one.text)) {
      refused.remove_prefix(one.text.size());
      ++count;
    } else {
      made.taken.add(one.number);
    }
  }
  made.passed += some.size() - count;
  if (count > 0) {
    const refused_lines& by = result.refused.front();
    refuse(count, fmt::format("answered {}: {}", by.code, by.message), made);
  }
  return true;
}

}  // namespace weir
