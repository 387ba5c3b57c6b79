#include "firmware-gateway/app/web_starter.hpp"

#include <array>
#include <system_error>
#include <thread>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "cloud-sync/influx/name_lookup.hpp"
#include "firmware-gateway/app/service_notify.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

// This box's, for one that is listened to on all its addresses.
std::string own_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? name.data() : "localhost";
}

bool is_address(const std::string& host) {
  boost::system::error_code no_address;
  boost::asio::ip::make_address(host, no_address);
  return !no_address;
}

}  // namespace

std::string remedy_for(const Error& error, const Web& web) {
  if (error.code == std::errc::address_in_use)
    return fmt::format("another program has port {}, and `ss -ltnp` tells which", web.port);
  if (error.code == std::errc::address_not_available)
    return fmt::format(
        "this box does not have {} (yet): a cable, DHCP, or another address in [web] listen; 0.0.0.0 is all that it "
        "has",
        web.host);
  if (error.code == std::errc::permission_denied && error.context.starts_with("listen"))
    return fmt::format(
        "ports below 1024 need net.ipv4.ip_unprivileged_port_start={} in /etc/sysctl.d, or [web] listen another port",
        web.port);
  if (error.context.starts_with("[web]"))
    return "both are PEM files of one pair, readable for the group that the gateway runs as";
  if (error.context.starts_with("look up")) return "an address in [web] listen needs no name server";
  return {};
}

Expected<std::vector<std::string>> WebStarter::ask_system(const std::string& host) {
  const auto found = NameLookup::of_system(host);
  if (!found) return std::unexpected(found.error());
  std::vector<std::string> addresses;
  for (const auto& address : *found) addresses.push_back(address.to_string());
  return addresses;
}

WebStarter::WebStarter(const Web& web, Make make, Find find, std::chrono::milliseconds patience)
    : web_(web), make_(std::move(make)), find_(std::move(find)), patience_(patience), server_(make_()) {}

void WebStarter::begin(MonotonicTime now) {
  next_try_ = now;
  if (is_address(web_.host)) return look(now);
  search(now);
  if (searching_.valid() && searching_.wait_for(patience_) == std::future_status::ready) look(now);
}

void WebStarter::look(MonotonicTime now) {
  if (searching_.valid()) {
    if (searching_.wait_for(0s) == std::future_status::ready) return take(searching_.get());
    // It is not asked again as long as it hangs, and what it finds in the end is taken.
    if (told_.empty() && now - searching_since_ >= every)
      failed({make_error_code(std::errc::timed_out), "look up " + web_.host});
    return;
  }
  if (served() == true || now < next_try_) return;
  next_try_ = now + every;
  if (is_address(web_.host)) return attempt({web_.host});
  search(now);
}

void WebStarter::search(MonotonicTime now) {
  next_try_ = now + every;
  searching_since_ = now;
  std::packaged_task<Addresses()> task([find = find_, host = web_.host] { return find(host); });
  auto found = task.get_future();
  try {
    std::thread(std::move(task)).detach();
  } catch (const std::system_error& error) {  // no more threads
    return failed({error.code(), "look up " + web_.host});
  }
  searching_ = std::move(found);
}

void WebStarter::take(Addresses found) {
  if (found) return attempt(*found);
  failed(found.error());
}

void WebStarter::attempt(const std::vector<std::string>& addresses) {
  if (served()) server_ = make_();  // the first one is there already
  if (auto started = server_->start(addresses); !started) return failed(started.error());
  if (const auto& notice = server_->notice(); !notice.empty()) spdlog::warn("{}", notice);
  if (const auto& print = server_->fingerprint(); !print.empty())
    spdlog::info("the dashboard's certificate is self-made; a browser should show this SHA-256: {}", print);
  // As a browser wants it
  auto host = server_->notice().empty() ? web_.host : "127.0.0.1";
  if (host == "0.0.0.0" || host == "::") host = own_name();
  auto address = fmt::format("{}://{}:{}/", web_.tls() ? "https" : "http",
                             host.find(':') == std::string::npos ? host : "[" + host + "]", server_->port());
  if (!told_.empty()) {
    spdlog::info("the dashboard is served now: {}", address);
    show_status("");
    told_.clear();
  }
  const std::scoped_lock lock(mutex_);
  served_ = true;
  address_ = std::move(address);
}

void WebStarter::failed(const Error& error) {
  {
    const std::scoped_lock lock(mutex_);
    served_ = false;
  }
  auto trouble = "the dashboard can't be served: " + error.message();
  if (trouble == told_) return;
  const auto remedy = remedy_for(error, web_);
  spdlog::error("{}{}{}. Meters, alarms and sinks go on without it; it is tried again every {} s", trouble,
                remedy.empty() ? "" : "; ", remedy, every.count());
  show_status(trouble);
  told_ = std::move(trouble);
}

void WebStarter::stop() { server_->stop(); }

std::optional<bool> WebStarter::served() const {
  const std::scoped_lock lock(mutex_);
  return served_;
}

std::string WebStarter::address() const {
  const std::scoped_lock lock(mutex_);
  return address_.empty() ? "not served yet" : address_;
}

}  // namespace gateway
