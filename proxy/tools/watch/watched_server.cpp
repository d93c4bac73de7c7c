// SPDX-License-Identifier: Apache-2.0
#include "tools/watch/watched_server.hpp"

#include <fmt/format.h>

#include "base/text/ascii.hpp"
#include "base/text/terminal_text.hpp"
#include "codec/base64.hpp"
#include "net/server_message.hpp"
#include "tools/letters/letters_replay.hpp"

namespace weir {
namespace {

constexpr std::string_view api_path = "/api/weir/v1/";
constexpr std::size_t words_bytes_max = 200;

std::string_view first_line(std::string_view text) {
  return trimmed(text.substr(0, text.find('\n')), " \t\r");
}

std::string basic(std::string_view user) {
  std::string out = "Authorization: Basic ";
  append_base64(std::string(user), out);
  return out;
}

bool has_control(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string watched_server::shown() const {
  return unix_path.empty() ? url : "unix:" + unix_path;
}

result<watched_server> server_at(std::string_view url) {
  constexpr std::string_view unix_scheme = "unix:";
  if (url.starts_with(unix_scheme) && url.find('/') != url.npos) {
    return watched_server{.url = "http://localhost",
                          .unix_path = std::string(url.substr(unix_scheme.size()))};
  }
  std::string whole(url);
  if (whole.find("://") == std::string::npos) {
    whole.insert(0, "http://");
  }
  const std::size_t authority = whole.find("://") + 3;
  const bool is_http = whole.starts_with("http://") || whole.starts_with("https://");
  while (whole.size() > authority && whole.ends_with('/')) {
    whole.pop_back();
  }
  if (whole.find('@', authority) != std::string::npos) {
    return failure{
        "no name and password in the URL: the list of processes shows them; set "
        "WEIR_USER=NAME:PASSWORD, or use --user-file"};
  }
  if (!is_http || url == unix_scheme || whole.size() == authority || has_control(whole) ||
      whole.find_first_of("/?# ", authority) != std::string::npos) {
    return failure{fmt::format(
        "\"{}\" is no address of a weir; write http://HOST:PORT or unix:PATH", visible(url))};
  }
  return watched_server{.url = whole};
}

result<watched_server> server_of_configuration(const settings& configured) {
  const http_settings& http = configured.http;
  auto found = server_of(http.admin_listen.empty() ? http.listen : http.admin_listen,
                         !http.tls.certificate.empty());
  if (!found) {
    return failure{
        "the configuration has no listener with a fixed port; say where weir is: --url "
        "http://HOST:PORT"};
  }
  replay_server to = signed_as_administrator(std::move(*found), configured);
  return watched_server{to.url, to.unix_path, to.authorization};
}

result<std::string> authorization_of(const watch_credentials& given) {
  for (const auto& [text, is_token] :
       {std::pair(&given.token_file, true), std::pair(&given.user_file, false),
        std::pair(&given.token, true), std::pair(&given.user, false)}) {
    const std::string_view found = first_line(*text);
    if (found.empty()) {
      continue;
    }
    if (has_control(found)) {
      return failure{"a control character stands in the credentials"};
    }
    if (is_token) {
      return "Authorization: Token " + std::string(found);
    }
    if (found.find(':') == found.npos) {
      return failure{"the user is written NAME:PASSWORD, and there is no colon"};
    }
    return basic(found);
  }
  return std::string();
}

transfer_request watch_request(const watched_server& server, std::string_view path) {
  transfer_request request;
  request.url = server.url + std::string(api_path) + std::string(path);
  request.headers = {"User-Agent: weir", "Accept-Encoding: identity"};
  if (!server.authorization.empty()) {
    request.headers.push_back(server.authorization);
  }
  request.unix_socket = server.unix_path;
  request.timeout = std::chrono::seconds{10};
  request.answer_bytes_max = std::size_t{16} << 20;
  return request;
}

std::string why_not_seen(const watched_server& server, int status, std::string_view detail,
                         std::string_view body) {
  const std::string where = visible(server.shown());
  if (status == 0) {
    return fmt::format(
        "no weir answers at {}: {}. Is it running (systemctl status weir)? Elsewhere: --url "
        "http://HOST:PORT, or --config FILE with which it runs",
        where, detail.empty() ? "no answer" : visible(detail));
  }
  const std::string words = visible(server_message(body).substr(0, words_bytes_max));
  if (status == 401 || status == 403) {
    return fmt::format(
        "{} answered {} ({}): weir has users, or shows this to its own machine alone. Name an "
        "administrator: WEIR_USER=NAME:PASSWORD or WEIR_TOKEN in the environment, --user-file or "
        "--token-file",
        where, status, words);
  }
  if (status == 404) {
    return fmt::format(
        "{} answers, but it is no weir, or one without this page (404: {}). With http.admin_listen "
        "the page is there: --url, or --config FILE with which weir runs",
        where, words);
  }
  if (status == 200) {
    return fmt::format("{} answers, but it is no weir: {}", where, visible(detail));
  }
  return fmt::format("{} answered {}: {}", where, status, words);
}

}  // namespace weir
