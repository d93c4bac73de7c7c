// SPDX-License-Identifier: Apache-2.0
#include "net/relay_curl.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <list>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "net/curl_exchange_curl.hpp"

namespace weir {
namespace {

// Of an answer's head; more is no head of a database.
constexpr std::size_t head_bytes_max = std::size_t{256} << 10;
constexpr int poll_ms_max = 1'000;
// While nothing is under way: until it is woken.
constexpr int idle_ms_max = std::numeric_limits<int>::max();
constexpr long connections_kept = 16;

/// A request and its handle. The relay's thread.
struct journey {
  relay_request request;
  std::shared_ptr<relayed> shared;
  std::size_t url = 0;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  relay_head head;
  std::size_t head_bytes = 0;
  bool head_given = false;
  bool paused = false;
  char error[CURL_ERROR_SIZE] = {};

  journey(relay_request what, std::shared_ptr<relayed> of)
      : request(std::move(what)), shared(std::move(of)) {}
  ~journey() {
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    shared->on_change(nullptr);
  }
  journey(const journey&) = delete;
  journey& operator=(const journey&) = delete;

  [[nodiscard]] bool prepare();
  [[nodiscard]] bool has_header(std::string_view name) const;
  void set_headers();
  void set_method();
  [[nodiscard]] bool take_header(std::string_view line);

  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* user);
  static std::size_t on_write(char* bytes, std::size_t size, std::size_t count, void* user);
};

std::string_view without_end(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

bool journey::has_header(std::string_view name) const {
  return std::any_of(request.headers.begin(), request.headers.end(), [&](const std::string& each) {
    return each.size() > name.size() && each[name.size()] == ':' &&
           curl_strnequal(each.c_str(), name.data(), name.size()) != 0;
  });
}

// curl adds some of its own where they are not taken away.
void journey::set_headers() {
  for (const std::string& each : request.headers) {
    // A header without a value curl takes for one to leave out.
    const std::size_t value = each.find_first_not_of(' ', each.find(':') + 1);
    headers = curl_slist_append(headers, value == std::string::npos
                                             ? (each.substr(0, each.find(':')) + ";").c_str()
                                             : each.c_str());
  }
  for (const char* name : {"Accept", "Content-Type", "Expect"}) {
    if (!has_header(name)) {
      headers = curl_slist_append(headers, (std::string(name) + ":").c_str());
    }
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
}

void journey::set_method() {
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (!request.body.empty() || (request.method != "GET" && request.method != "DELETE")) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

bool journey::prepare() {
  if (easy == nullptr) {
    easy = curl_easy_init();
  } else {
    curl_easy_reset(easy);
    curl_slist_free_all(std::exchange(headers, nullptr));
  }
  if (easy == nullptr) {
    return false;
  }
  set_address(easy, request.urls[url]);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
  // No bound on the whole: a query may run for minutes, and ends when its client goes.
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  set_method();
  set_headers();
  return true;
}

bool journey::take_header(std::string_view line) {
  head_bytes += line.size();
  if (head_given) {
    return true;  // a trailer, which nobody waits for
  }
  if (head_bytes > head_bytes_max) {
    return false;
  }
  line = without_end(line);
  if (line.starts_with("HTTP/")) {
    head = {};
    return true;
  }
  if (!line.empty()) {
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      std::string_view value = line.substr(colon + 1);
      value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
      head.headers.emplace_back(line.substr(0, colon), value);
    }
    return true;
  }
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200) {
    head.status = static_cast<int>(status);
    head_given = true;
    shared->put_head(std::move(head));
  }
  return true;
}

std::size_t journey::on_header(char* bytes, std::size_t size, std::size_t count, void* user) {
  return static_cast<journey*>(user)->take_header({bytes, size * count}) ? size * count : 0;
}

std::size_t journey::on_write(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& self = *static_cast<journey*>(user);
  if (self.shared->put({bytes, size * count})) {
    return size * count;
  }
  self.paused = true;
  return CURL_WRITEFUNC_PAUSE;
}

}  // namespace

struct relay_curl::state {
  explicit state(std::size_t most) : requests_max(most) { start_curl(); }

  const std::size_t requests_max;
  CURLM* multi = curl_multi_init();
  std::mutex lock;
  std::vector<std::unique_ptr<journey>> arrived;
  bool stopped = false;
  std::thread thread;
  std::atomic<std::size_t> under_way{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> failures{0};
  /// The thread's.
  std::list<std::unique_ptr<journey>> running;

  void run();
  void take_arrived();
  void look_at_changes();
  void take_finished();
  void begin(std::unique_ptr<journey> one);
  void finish(journey& one, CURLcode code);
  void end(journey& one, std::string why);
};

relay_curl::relay_curl(std::size_t requests_max) : state_(std::make_unique<state>(requests_max)) {}

relay_curl::~relay_curl() {
  stop();
  curl_multi_cleanup(state_->multi);
}

std::shared_ptr<relayed> relay_curl::send(relay_request request, std::function<void()> wake) {
  state& of = *state_;
  const std::lock_guard hold(of.lock);
  if (of.stopped || of.multi == nullptr || of.under_way.load() >= of.requests_max) {
    return nullptr;
  }
  auto shared = std::make_shared<relayed>(std::move(wake));
  shared->on_change([multi = of.multi] { curl_multi_wakeup(multi); });
  of.arrived.push_back(std::make_unique<journey>(std::move(request), shared));
  of.under_way.fetch_add(1);
  of.requests.fetch_add(1);
  if (!of.thread.joinable()) {
    curl_multi_setopt(of.multi, CURLMOPT_MAXCONNECTS, connections_kept);
    of.thread = std::thread([&of] { of.run(); });
  }
  curl_multi_wakeup(of.multi);
  return shared;
}

void relay_curl::stop() {
  {
    const std::lock_guard hold(state_->lock);
    state_->stopped = true;
  }
  if (state_->thread.joinable()) {
    curl_multi_wakeup(state_->multi);
    state_->thread.join();
  }
}

relay_curl::counts relay_curl::count() const noexcept {
  return {state_->requests.load(), state_->failures.load(), state_->under_way.load()};
}

void relay_curl::state::run() {
  for (;;) {
    {
      const std::lock_guard hold(lock);
      if (stopped) {
        break;
      }
    }
    take_arrived();
    look_at_changes();
    int still = 0;
    curl_multi_perform(multi, &still);
    take_finished();
    curl_multi_poll(multi, nullptr, 0, running.empty() ? idle_ms_max : poll_ms_max, nullptr);
  }
  take_arrived();
  while (!running.empty()) {
    end(*running.front(), "weir is ending");
  }
}

void relay_curl::state::take_arrived() {
  std::vector<std::unique_ptr<journey>> now;
  {
    const std::lock_guard hold(lock);
    now.swap(arrived);
  }
  for (std::unique_ptr<journey>& one : now) {
    begin(std::move(one));
  }
}

void relay_curl::state::begin(std::unique_ptr<journey> one) {
  journey& placed = *running.emplace_back(std::move(one));
  if (!placed.prepare() || curl_multi_add_handle(multi, placed.easy) != CURLM_OK) {
    end(placed, "libcurl did not take the request");
  }
}

/// Of requests that nobody waits for any more, and of those that have room again.
void relay_curl::state::look_at_changes() {
  for (auto each = running.begin(); each != running.end();) {
    journey& one = **each;
    ++each;  // `end` removes it
    if (one.shared->abandoned()) {
      end(one, {});
    } else if (one.paused && one.shared->has_room()) {
      one.paused = false;
      curl_easy_pause(one.easy, CURLPAUSE_CONT);
    }
  }
}

void relay_curl::state::take_finished() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg == CURLMSG_DONE) {
      journey* one = nullptr;
      const CURLcode code = message->data.result;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &one);
      finish(*one, code);
    }
  }
}

void relay_curl::state::finish(journey& one, CURLcode code) {
  // The only bound on time is that of connecting.
  const bool not_sent = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
                        code == CURLE_OPERATION_TIMEDOUT;
  if (not_sent && one.url + 1 < one.request.urls.size()) {
    curl_multi_remove_handle(multi, one.easy);
    ++one.url;
    if (one.prepare() && curl_multi_add_handle(multi, one.easy) == CURLM_OK) {
      return;
    }
  }
  std::string why;
  if (code != CURLE_OK) {
    why = one.error[0] != '\0' ? one.error : curl_easy_strerror(code);
    failures.fetch_add(1);
  }
  end(one, std::move(why));
}

void relay_curl::state::end(journey& one, std::string why) {
  curl_multi_remove_handle(multi, one.easy);
  one.shared->end(std::move(why));
  under_way.fetch_sub(1);
  running.remove_if([&one](const auto& each) { return each.get() == &one; });
}

}  // namespace weir
