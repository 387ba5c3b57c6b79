// A name server that is away: getaddrinfo of this program, and of every library in it, hangs for *.hangs.example until
// it is back, and then says 127.0.0.1. For one file of a test program.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string_view>

#include <dlfcn.h>
#include <netdb.h>

namespace gateway::test {

class NameServer {
 public:
  // Away for as long as this lives.
  NameServer() { set(true); }
  ~NameServer() { back(); }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  void back() { set(false); }
  // How many wait for it.
  [[nodiscard]] int waiting() const {
    const std::scoped_lock lock(state().mutex);
    return state().waiting;
  }
  static void wait_for_it() {
    std::unique_lock lock(state().mutex);
    ++state().waiting;
    state().changed.wait(lock, [] { return !state().away; });
    --state().waiting;
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool away = false;
    int waiting = 0;
  };
  static State& state() {
    static auto* const all = new State;  // threads that wait in it are joined by nobody
    return *all;
  }
  static void set(bool away) {
    const std::scoped_lock lock(state().mutex);
    state().away = away;
    state().changed.notify_all();
  }
};

}  // namespace gateway::test

extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
  static const auto of_system = reinterpret_cast<decltype(&::getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  if (host == nullptr || !std::string_view(host).ends_with(".hangs.example"))
    return of_system(host, service, hints, found);
  gateway::test::NameServer::wait_for_it();
  return of_system("127.0.0.1", service, hints, found);
}
