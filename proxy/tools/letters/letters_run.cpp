// SPDX-License-Identifier: Apache-2.0
#include "tools/letters/letters_run.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <optional>

#include "base/clock_posix.hpp"
#include "files/file_operations.hpp"
#include "letters/letter_segments.hpp"
#include "net/fetch_curl.hpp"
#include "tools/letters/letters_exit.hpp"
#include "tools/letters/letters_print.hpp"
#include "tools/letters/letters_replay.hpp"
#include "tools/screen/progress_line_posix.hpp"

namespace weir {
namespace {

// Lines refused again that are told one by one.
constexpr std::size_t told_max = 10;
constexpr std::chrono::seconds answer_timeout{60};
constexpr std::size_t answer_bytes_max = std::size_t{8} << 20;

/// One run of `weir letters replay`.
class replay {
 public:
  replay(letters_job& job, replay_server to, const letters_arguments& given)
      : job_(job),
        to_(std::move(to)),
        dry_run_(given.dry_run),
        shown_(progress("replaying", "letters", to_send(job, given)), given.quiet) {}

  [[nodiscard]] outcome run();
  [[nodiscard]] std::string summary() const;
  [[nodiscard]] bool all_passed() const noexcept {
    return refused_ == 0 && cut_ == 0 && unparsable_ == 0;
  }

 private:
  /// Counted where somebody sees it alone.
  [[nodiscard]] static std::optional<std::uint64_t> to_send(const letters_job& job,
                                                            const letters_arguments& given);
  [[nodiscard]] outcome send_ready(bool all);
  [[nodiscard]] outcome send(const replay_batch& batch);
  void note(const replay_batch& batch, const replay_outcome& answered);

  letters_job& job_;
  const replay_server to_;
  const bool dry_run_;
  fetch_curl http_{true};
  replay_planner planner_;
  std::uint64_t passed_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t cut_ = 0;
  std::uint64_t unparsable_ = 0;
  std::uint64_t already_ = 0;
  std::map<std::string, std::uint64_t> refused_by_code_;
  progress_line shown_;
};

std::optional<std::uint64_t> replay::to_send(const letters_job& job,
                                             const letters_arguments& given) {
  if (!progress_line::is_seen(given.quiet)) {
    return std::nullopt;
  }
  std::uint64_t count = 0;
  const auto scanned = scan_letters(posix_file_system(), job.directory, [&](const letter& each) {
    count += job.filter.matches(each) && !job.replayed.contains(each.id) ? 1 : 0;
    return true;
  });
  return scanned ? std::optional(count) : std::nullopt;
}

outcome replay::run() {
  outcome sent = nothing{};
  const auto scanned = scan_letters(posix_file_system(), job_.directory, [&](const letter& each) {
    if (!job_.filter.matches(each)) {
      return true;
    }
    if (job_.replayed.contains(each.id)) {
      ++already_;
      return true;
    }
    switch (planner_.add(each)) {
      case replayable::yes:
        break;
      case replayable::cut:
        ++cut_;
        break;
      case replayable::unparsable:
        ++unparsable_;
        break;
    }
    sent = send_ready(false);
    return sent.ok();
  });
  if (!scanned) {
    return scanned.error();
  }
  sent = sent.ok() ? send_ready(true) : sent;
  shown_.wipe();
  return sent;
}

outcome replay::send_ready(bool all) {
  while (const auto batch = planner_.take(all)) {
    if (auto sent = send(*batch); !sent) {
      return sent;
    }
  }
  return nothing{};
}

outcome replay::send(const replay_batch& batch) {
  if (dry_run_) {
    passed_ += batch.ids_by_line.size();
    return nothing{};
  }
  transfer_request request;
  request.url = to_.url + "/write?" + batch.query();
  request.headers = {"Content-Type: text/plain; charset=utf-8",
                     "Expect:", "User-Agent: weir-letters", "X-Weir-Letters: no"};
  if (!to_.authorization.empty()) {
    request.headers.push_back(to_.authorization);
  }
  request.body = {std::string_view(batch.body)};
  request.unix_socket = to_.unix_path;
  request.timeout = answer_timeout;
  request.answer_bytes_max = answer_bytes_max;
  const http_reply reply = http_.ask(request);
  if (!reply.answered) {
    return failure{to_.url + ": " + reply.detail};
  }
  shown_.show(passed_ + refused_ + cut_ + unparsable_);
  const replay_outcome answered = read_replay_answer(batch, reply.status, reply.body);
  if (!answered.failed.empty()) {
    return failure{to_.url + " " + answered.failed};
  }
  note(batch, answered);
  // After each batch: whatever happens next, these are not sent twice.
  return replace_file(job_.directory + "/replayed", job_.replayed.text(), durability::process);
}

void replay::note(const replay_batch& batch, const replay_outcome& answered) {
  std::map<std::uint64_t, const replay_refusal*> refused;
  for (const replay_refusal& each : answered.refused) {
    refused[each.id] = &each;
  }
  for (const auto& [line, id] : batch.ids_by_line) {
    const auto found = refused.find(id);
    if (found == refused.end()) {
      job_.replayed.add(id);
      ++passed_;
      continue;
    }
    ++refused_;
    ++refused_by_code_[found->second->code];
    if (refused_ <= told_max) {
      shown_.wipe();
      std::printf("letter %llu was refused again: %s (%s)\n", static_cast<unsigned long long>(id),
                  visible(found->second->message, 300).c_str(), found->second->code.c_str());
    }
  }
}

std::string replay::summary() const {
  std::string out =
      fmt::format("{} {}", passed_, dry_run_ ? "letters would be sent" : "letters passed");
  for (const auto& [code, count] : refused_by_code_) {
    out += fmt::format(", {} refused again ({})", count, code);
  }
  if (unparsable_ > 0) {
    out += fmt::format(
        ", {} not sent: they are no line protocol as they stand (to correct them: weir letters "
        "file)",
        unparsable_);
  }
  if (cut_ > 0) {
    out += fmt::format(", {} not sent: only their beginning was kept (letters.line)", cut_);
  }
  if (already_ > 0) {
    out += fmt::format(", {} passed over: replayed before", already_);
  }
  return out + "\n";
}

std::optional<replay_server> server_for(const letters_arguments& arguments,
                                        const settings& configured) {
  if (!arguments.url.empty()) {
    std::string url = arguments.url;
    while (url.ends_with('/')) {
      url.pop_back();
    }
    return replay_server{.url = url};
  }
  auto own = server_of(configured.http.listen, !configured.http.tls.certificate.empty());
  return own ? std::optional(signed_as_administrator(std::move(*own), configured)) : std::nullopt;
}

}  // namespace

result<id_set> load_replayed(const std::string& directory) {
  const std::string path = directory + "/replayed";
  const auto content = read_small_file(path);
  if (!content) {
    return content.error();
  }
  auto parsed = id_set::parse(content.value().value_or(""));
  if (!parsed) {
    return failure{path + ": " + parsed.error().message};
  }
  return parsed;
}

int run_replay(const letters_arguments& arguments, letters_job& job) {
  const auto server = server_for(arguments, job.configured);
  if (!server) {
    return complain("http.listen has no fixed port; say where weir is: --url http://HOST:PORT",
                    exit_bad_arguments);
  }
  directory_lock lock;
  const auto segments = list_letter_segments(posix_file_system(), job.directory);
  if (!segments) {
    return complain(segments.error().message, exit_not_all);
  }
  if (!segments.value().empty() && !arguments.dry_run) {
    if (const std::string why = lock.take(job.directory + "/replay.lock"); !why.empty()) {
      return complain("another replay is under way: " + why, exit_not_all);
    }
    // Again, now that no other replay changes the file of marks.
    auto replayed = load_replayed(job.directory);
    if (!replayed) {
      return complain(replayed.error().message, exit_not_all);
    }
    job.replayed = std::move(replayed).value();
    job.replayed.forget_below(segments.value().front());
  }
  // What arrives from now on is for the next time.
  const std::int64_t now_ns = wall_clock_ns();
  job.filter.until_ns = std::min(job.filter.until_ns.value_or(now_ns), now_ns);
  replay sending(job, *server, arguments);
  const outcome sent = sending.run();
  std::fputs(sending.summary().c_str(), stdout);
  if (!sent) {
    std::fflush(stdout);
    return complain(sent.error().message + "; the letters that did not pass are still there",
                    exit_not_all);
  }
  return sending.all_passed() ? 0 : exit_not_all;
}

}  // namespace weir
