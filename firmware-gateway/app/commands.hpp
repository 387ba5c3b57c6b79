// What each command of the program does. Each returns the process's exit status and tells people what they need on
// standard output and error.
#pragma once

#include <string>

namespace gateway {

[[nodiscard]] const char* version() noexcept;

struct RunArguments {
  std::string config;
  std::string data = "/var/lib/compound-gateway";
  std::string log_level = "info";
};
int run(const RunArguments& arguments);

struct CheckArguments {
  std::string config;
  std::string data;  // a data folder, for the plans with what meters taught; "": as the models say
};
int check(const CheckArguments& arguments);

struct ModelsArguments {
  std::string name;  // "": list all
  std::string folder;
  std::string config;  // a site whose own models are listed too; "": none
};
int models(const ModelsArguments& arguments);

struct ProbeArguments {
  std::string url;
  std::string units = "1-247";
  unsigned timeout_ms = 150;
};
int probe(const ProbeArguments& arguments);

struct OutboxArguments {
  std::string data = "/var/lib/compound-gateway";
  bool json = false;
  std::string sink;
  long long letter = 0;  // a dead letter's number; 0: not one of them
  bool all = false;      // of all sinks
  bool waiting = false;  // drop: not dead letters but what waits
  bool yes = false;      // don't ask
  std::size_t limit = 50;
};
// What is kept and not delivered; dead letters; sends them again; gives them or what waits up. Changes are made by the
// gateway that runs on the folder, or by its next start.
int outbox(const OutboxArguments& arguments);
int outbox_letters(const OutboxArguments& arguments);
int outbox_requeue(const OutboxArguments& arguments);
int outbox_drop(const OutboxArguments& arguments);

// Sends a test message to one [[notify]] and tells what the far end answered.
struct NotifyArguments {
  std::string config;
  std::string id;
};
int notify_test(const NotifyArguments& arguments);

struct SinkArguments {
  std::string config;
  std::string sink;  // "": all of them
};
int sink_test(const SinkArguments& arguments);

// Consumption, cost and indicators of a period, as a file. Works beside a running gateway.
struct AuditArguments {
  std::string config;
  std::string data = "/var/lib/compound-gateway";
  std::string from;
  std::string to;
  std::string format = "csv";
  std::string output;  // "": standard output
  std::string trace;   // a node whose counter readings are shown one by one; "": none
};
int audit(const AuditArguments& arguments);

// What a person tells of a meter: an exchange, with the old one's last reading and the new one's first; an amount to
// add to what it used in a time. Done by the gateway that runs on the data folder.
struct MeterEntryArguments {
  std::string config;
  std::string data = "/var/lib/compound-gateway";
  std::string meter;
  std::string by;
  std::string reason;
  bool yes = false;  // don't ask
};
struct ExchangeArguments : MeterEntryArguments {
  std::string old_reading;  // in kWh or m3, as written
  std::string new_reading;
};
struct CorrectArguments : MeterEntryArguments {
  std::string from;  // "2026-09-01 08:00", in site time
  std::string to;
  std::string amount;  // in kWh or m3, as written
};
int exchange(const ExchangeArguments& arguments);
int correct(const CorrectArguments& arguments);

// Who may log in at the dashboard. The password is asked for twice on the terminal, without echo; when standard input
// is no terminal its first line is taken.
struct UserArguments {
  std::string data = "/var/lib/compound-gateway";
  std::string name;
  std::string role;  // add only
};
int user_add(const UserArguments& arguments);
int user_list(const UserArguments& arguments);
int user_remove(const UserArguments& arguments);

}  // namespace gateway
