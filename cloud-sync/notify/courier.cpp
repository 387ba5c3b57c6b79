#include "cloud-sync/notify/courier.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include <curl/curl.h>
#include <dlfcn.h>

namespace gateway {
namespace {

constexpr std::size_t longest_answer = 4096;

// libcurl brings some thirty libraries with it, and megabytes of memory: it is loaded by the first message of a site
// that tells people by web or mail, and by nobody else.
struct CurlLibrary {
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_reset) easy_reset = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
  std::string problem;  // why there is none

  CurlLibrary() {
    void* library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    bool whole = library != nullptr;
    const auto find = [&](auto& function, const char* name) {
      if (library != nullptr)
        function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
      whole = whole && function != nullptr;
    };
    find(global_init, "curl_global_init");
    find(easy_init, "curl_easy_init");
    find(easy_cleanup, "curl_easy_cleanup");
    find(easy_reset, "curl_easy_reset");
    find(easy_setopt, "curl_easy_setopt");
    find(easy_perform, "curl_easy_perform");
    find(easy_getinfo, "curl_easy_getinfo");
    find(easy_strerror, "curl_easy_strerror");
    find(slist_append, "curl_slist_append");
    find(slist_free_all, "curl_slist_free_all");
    if (!whole) {
      const char* told = ::dlerror();
      problem = "libcurl can't be loaded: " + std::string(told != nullptr ? told : "a function is missing");
    } else if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
      problem = "libcurl does not start";
    }
  }
};
const CurlLibrary& curl_library() {
  static const CurlLibrary library;
  return library;
}

std::size_t give(char* buffer, std::size_t size, std::size_t count, void* from) {
  auto& text = *static_cast<std::string_view*>(from);
  const auto bytes = std::min(size * count, text.size());
  std::memcpy(buffer, text.data(), bytes);
  text.remove_prefix(bytes);
  return bytes;
}

std::size_t keep(char* data, std::size_t size, std::size_t count, void* into) {
  auto& out = *static_cast<std::string*>(into);
  const auto bytes = size * count;
  out.append(data, std::min(bytes, longest_answer - std::min(longest_answer, out.size())));
  return bytes;
}

int ended(void* stopping, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(stopping)->load() ? 1 : 0;
}

struct ListEnd {
  void operator()(curl_slist* list) const noexcept { curl_library().slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListEnd>;

List list_of(const std::vector<std::string>& texts) {
  List out;
  for (const auto& text : texts) {
    auto* longer = curl_library().slist_append(out.get(), text.c_str());
    if (longer != nullptr && longer != out.get()) {
      (void)out.release();
      out.reset(longer);
    }
  }
  return out;
}

std::string one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  while (text.ends_with(' ')) text.pop_back();
  return text.substr(0, 300);
}

// A certificate that is not trusted, or a log-in that is denied, does not mend itself.
bool is_configuration(CURLcode code) noexcept {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE || code == CURLE_LOGIN_DENIED ||
         code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_USE_SSL_FAILED ||
         code == CURLE_REMOTE_ACCESS_DENIED;
}

}  // namespace

struct Courier::Impl {
  struct End {
    void operator()(CURL* handle) const noexcept { curl_library().easy_cleanup(handle); }
  };
  static const CurlLibrary& library() { return curl_library(); }
  std::unique_ptr<CURL, End> curl;
  std::string ca_file;
  long timeout_ms;
  const std::atomic<bool>& stopping;
  char error[CURL_ERROR_SIZE] = "";

  Impl(std::string authorities, std::chrono::nanoseconds timeout, const std::atomic<bool>& told_to_stop)
      : ca_file(std::move(authorities)),
        timeout_ms(static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count())),
        stopping(told_to_stop) {}

  // At the first message. Nobody can be told without it; the answer says why.
  std::optional<Reply> unready() {
    if (library().problem.empty() && curl == nullptr) curl.reset(library().easy_init());
    if (curl != nullptr) return std::nullopt;
    return Reply{Reply::Outcome::refused_us, library().problem, {}, 0, {}};
  }

  template <class Value>
  void set(CURLoption option, Value value) {
    library().easy_setopt(curl.get(), option, value);
  }

  // Options of one message; the connection stays open for the next.
  void begin(const std::string& url, std::string& answer) {
    library().easy_reset(curl.get());
    error[0] = '\0';
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_ERRORBUFFER, error);
    set(CURLOPT_NOSIGNAL, 1L);  // signals belong to the main thread
    set(CURLOPT_TIMEOUT_MS, timeout_ms);
    set(CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
    set(CURLOPT_QUICK_EXIT, 1L);  // a look-up that hangs is left to its thread; else the end of all time limits waits
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, ended);
    set(CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(&stopping));
    set(CURLOPT_WRITEFUNCTION, keep);
    set(CURLOPT_WRITEDATA, &answer);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!ca_file.empty()) set(CURLOPT_CAINFO, ca_file.c_str());
  }

  Reply failed(CURLcode code) const {
    Reply out;
    out.outcome = is_configuration(code) ? Reply::Outcome::refused_us : Reply::Outcome::try_again;
    out.said = one_line(error[0] != '\0' ? error : library().easy_strerror(code));
    return out;
  }
};

Courier::Courier(const std::filesystem::path& ca_file, std::chrono::nanoseconds timeout,
                 const std::atomic<bool>& stopping)
    : impl_(std::make_unique<Impl>(ca_file.string(), timeout, stopping)) {}
Courier::~Courier() = default;

Reply Courier::post(const HttpPost& request) {
  if (auto problem = impl_->unready()) return *problem;
  std::string body;
  impl_->begin(request.url, body);
  const auto headers = list_of(request.headers);
  impl_->set(CURLOPT_HTTPHEADER, headers.get());
  impl_->set(CURLOPT_USERAGENT, "compound-gateway");
  impl_->set(CURLOPT_PROTOCOLS_STR, "http,https");
  impl_->set(CURLOPT_POSTFIELDS, request.body.data());
  impl_->set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  const auto code = impl_->library().easy_perform(impl_->curl.get());
  if (code != CURLE_OK) return impl_->failed(code);
  Reply out;
  impl_->library().easy_getinfo(impl_->curl.get(), CURLINFO_RESPONSE_CODE, &out.status);
  curl_off_t wait = 0;
  if (impl_->library().easy_getinfo(impl_->curl.get(), CURLINFO_RETRY_AFTER, &wait) == CURLE_OK && wait > 0)
    out.retry_after = std::chrono::seconds{std::min<curl_off_t>(wait, 3600)};
  using enum Reply::Outcome;
  const auto status = out.status;
  out.outcome = status >= 200 && status < 300                     ? taken
                : status == 408 || status == 429 || status >= 500 ? try_again
                : status == 400 || status == 413 || status == 422 ? refused_message
                                                                  : refused_us;
  out.said = one_line("HTTP " + std::to_string(status) + (body.empty() ? "" : ": " + body));
  out.body = std::move(body);
  return out;
}

Reply Courier::send(const Mail& mail) {
  if (auto problem = impl_->unready()) return *problem;
  std::string answer;
  impl_->begin(mail.url, answer);
  const auto recipients = list_of(mail.to);
  std::string_view text = mail.text;
  impl_->set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  impl_->set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  if (!mail.user.empty()) {
    impl_->set(CURLOPT_USERNAME, mail.user.c_str());
    impl_->set(CURLOPT_PASSWORD, mail.password.c_str());
  }
  impl_->set(CURLOPT_MAIL_FROM, mail.from.c_str());
  impl_->set(CURLOPT_MAIL_RCPT, recipients.get());
  impl_->set(CURLOPT_READFUNCTION, give);
  impl_->set(CURLOPT_READDATA, &text);
  impl_->set(CURLOPT_UPLOAD, 1L);
  const auto code = impl_->library().easy_perform(impl_->curl.get());
  long status = 0;
  impl_->library().easy_getinfo(impl_->curl.get(), CURLINFO_RESPONSE_CODE, &status);
  Reply out = code == CURLE_OK ? Reply{} : impl_->failed(code);
  out.status = status;
  if (code == CURLE_OK) {
    out.outcome = Reply::Outcome::taken;
    out.said = "SMTP " + std::to_string(status);
  } else if (status >= 500 && out.outcome == Reply::Outcome::try_again) {
    // RFC 5321, 4.2.1: 5yz is for good. 552 and 554 are about the message, the rest about who sends or gets it.
    out.outcome = status == 552 || status == 554 ? Reply::Outcome::refused_message : Reply::Outcome::refused_us;
  }
  // libcurl's word for a MAIL FROM or RCPT TO that was answered with other than 2yz. 421: the server is going away.
  out.of_recipient = code == CURLE_SEND_ERROR && status >= 400 && status != 421;
  return out;
}

}  // namespace gateway
