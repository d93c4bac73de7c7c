// SPDX-License-Identifier: Apache-2.0
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>

#include "base/text/ascii.hpp"
#include "base/text/json_text.hpp"
#include "base/text/terminal_text.hpp"
#include "observe/journal.hpp"

namespace weir {
namespace {

constexpr const char* text_pattern = "%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v";
constexpr const char* json_pattern =
    R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":"%v"})";

std::atomic<journal_format> format{journal_format::text};

using texts = std::vector<std::string>;

/// Replaced as a whole, because any thread may be writing.
struct hidden_texts {
  std::mutex lock;
  std::shared_ptr<const texts> all = std::make_shared<const texts>();
};

hidden_texts& hidden() {
  static hidden_texts instance;
  return instance;
}

std::shared_ptr<const texts> secrets() {
  hidden_texts& from = hidden();
  const std::lock_guard hold(from.lock);
  return from.all;
}

constexpr std::string_view hidden_text = "***";

/// Length of the longest end of `text` that begins `secret` without being all of it.
std::size_t begun_bytes(std::string_view text, std::string_view secret) {
  std::size_t bytes = std::min(text.size(), secret.size() - 1);
  while (!text.ends_with(secret.substr(0, bytes))) {
    --bytes;
  }
  return bytes;
}

/// Servers' messages are cut to a length, and the cut ("...") may lie inside a secret: hides the
/// part of it that is left.
void hide_cut_secret(std::string& message, std::string_view secret) {
  constexpr std::string_view cut = "...";
  constexpr std::size_t least_bytes =
      3;  // fewer reveal nothing, and many harmless words end in them
  for (std::size_t at = message.find(cut); at != std::string::npos;
       at = message.find(cut, at + cut.size())) {
    const std::size_t bytes = begun_bytes(std::string_view(message).substr(0, at), secret);
    if (bytes >= least_bytes) {
      message.replace(at - bytes, bytes, hidden_text);
      at += hidden_text.size() - bytes;
    }
  }
}

std::string without_secrets(std::string_view message) {
  std::string out(message);
  const auto all = secrets();
  for (const std::string& secret : *all) {
    for (std::size_t at = out.find(secret); at != std::string::npos;
         at = out.find(secret, at + hidden_text.size())) {
      out.replace(at, secret.size(), hidden_text);
    }
    hide_cut_secret(out, secret);
  }
  return out;
}

constexpr std::chrono::seconds limited_interval{10};

spdlog::level::level_enum spdlog_level(journal_level level) {
  switch (level) {
    case journal_level::debug:
      return spdlog::level::debug;
    case journal_level::info:
      return spdlog::level::info;
    case journal_level::warning:
      return spdlog::level::warn;
    case journal_level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto created = std::make_shared<spdlog::logger>(
        "weir", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    created->set_pattern(text_pattern, spdlog::pattern_time_type::utc);
    created->flush_on(spdlog::level::debug);
    return created;
  }();
  return *instance;
}

/// A message may hold any bytes that a client or server sent: makes it one line that a terminal
/// shows as it is, without secrets.
std::string printable(std::string_view raw) {
  const std::string whole = without_secrets(raw);
  std::string_view message = whole;
  std::string out;
  out.reserve(message.size());
  if (format == journal_format::json) {
    append_json_visible(message, out);
    return out;
  }
  while (!message.empty()) {
    const glyph next = first_glyph(message);
    if (next.shown_as == glyph::kind::control) {
      out.append("\\x");
      append_hex(static_cast<unsigned char>(next.code), hex_digits_lower, out);
    } else {
      append_visible(message.substr(0, next.bytes), next, out);
    }
    message.remove_prefix(next.bytes);
  }
  return out;
}

struct limited_site {
  std::chrono::steady_clock::time_point next_allowed;
  std::uint64_t held_back = 0;
};

/// Whether a line of this site may be written now; then `held_back` is how many were held back
/// since the last one.
bool is_allowed(std::string_view site, std::uint64_t& held_back) {
  static std::mutex mutex;
  static std::map<std::string, limited_site, std::less<>> sites;
  const auto now = std::chrono::steady_clock::now();
  const std::scoped_lock lock(mutex);
  auto found = sites.find(site);
  if (found == sites.end()) {
    found = sites.emplace(std::string(site), limited_site{now, 0}).first;
  }
  if (now < found->second.next_allowed) {
    ++found->second.held_back;
    return false;
  }
  held_back = found->second.held_back;
  found->second = {now + limited_interval, 0};
  return true;
}

}  // namespace

void journal(journal_level level, std::string_view message) {
  logger().log(spdlog_level(level), printable(message));
}

void journal_limited(std::string_view site, journal_level level, std::string_view message) {
  std::uint64_t held_back = 0;
  if (!is_allowed(site, held_back)) {
    return;
  }
  std::string line = printable(message);
  if (held_back > 0) {
    line += " (" + std::to_string(held_back) + " more like it were held back)";
  }
  logger().log(spdlog_level(level), line);
}

void set_journal_format(journal_format wanted) {
  format = wanted;
  logger().set_pattern(wanted == journal_format::json ? json_pattern : text_pattern,
                       spdlog::pattern_time_type::utc);
}

void set_journal_secrets(std::vector<std::string> texts) {
  std::erase(texts, "");
  auto all = std::make_shared<const std::vector<std::string>>(std::move(texts));
  hidden_texts& at = hidden();
  const std::lock_guard hold(at.lock);
  at.all.swap(all);
}

void set_journal_level(journal_level level) {
  logger().set_level(spdlog_level(level));
}

}  // namespace weir
